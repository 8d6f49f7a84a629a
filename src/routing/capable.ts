// Backends of one model differ in what they understand. Without `require_parameters` those that are known to understand
// a parameter serve the requests that use it; where there are none, it is left out towards those that are known not to.
// https://openrouter.ai/docs/guides/routing/provider-selection
//
// Tools are never left out: an answer without them is another answer. OpenRouter's backend judges for itself.

import { parametersOf } from '../catalog/card-abilities.ts'
import type { Envelope, SoftParameter } from '../core/ask.ts'
import type { Choice } from './choices.ts'
import type { Exclusion } from './plan.ts'
import { isAtOpenRouter } from './provider-names.ts'
import type { Row } from './roster.ts'
import type { Sifted } from './sift.ts'

/** Whether backends of the choice can differ in what the request uses: for most nothing is told that could. */
export function mayDiffer ({ parameters }: Envelope, { meant, rows }: Choice): boolean {
  if (!parameters) return false
  if (meant.kind === 'auto' && parameters.some((parameter) => parameter !== 'tools')) return true
  return rows.some(({ backend }) => backend.facts?.supportedParameters !== undefined)
}

/** Of `rows`, those that serve the request best. */
export function preferCapable (rows: readonly Row[], parameters: readonly SoftParameter[]): Sifted {
  let eligible = rows
  const excluded: Exclusion[] = []
  for (const parameter of parameters) {
    const isKnown = eligible.some((row) => understands(row, parameter) === true)
    if (!isKnown && parameter !== 'tools') continue
    const mayStay = (row: Row) => isAtOpenRouter(row) || understands(row, parameter) === (isKnown ? true : undefined)
    const refused = eligible.filter((row) => !mayStay(row))
    excluded.push(...refused.map((row) => isKnown ? lessCapable(row, parameter) : withoutTools(row)))
    eligible = eligible.filter(mayStay)
  }
  return { eligible, excluded }
}

/** Members that the backend is known not to understand, to be left out. */
export function droppedFor (row: Row, { parameters = [] }: Envelope): readonly string[] {
  return parameters.filter((parameter) => parameter !== 'tools' && understands(row, parameter) === false)
}

/** Undefined: nobody told. */
function understands (row: Row, parameter: SoftParameter): boolean | undefined {
  if (isAtOpenRouter(row)) return undefined
  const told = row.backend.facts?.supportedParameters
  if (!told) return parametersOf(row.model).includes(parameter) || undefined
  return told.includes(parameter) || (parameter === 'response_format' && told.includes('structured_outputs'))
}

function lessCapable ({ backend }: Row, parameter: SoftParameter): Exclusion {
  return { backend, code: 'less_capable', detail: parameter }
}

function withoutTools ({ backend }: Row): Exclusion {
  return { backend, code: 'missing_capability', detail: 'tool_calling' }
}
