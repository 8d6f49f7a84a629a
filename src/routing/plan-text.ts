// A plan as the ledger keeps it: short JSON, the same text for the same plan, so that equal plans share one row.
// Nothing of a single request is in it: no ceilings, no times, no exact waits.

import { TRANSLATIONS, type Translation } from '../core/ask.ts'
import { overrideText, readOverride, readsPriority, type PriorityOverride } from './override.ts'
import { EXCLUSIONS, type Candidate, type ExclusionCode, type Plan } from './plan.ts'

/** A plan as read back. */
export interface RecordedPlan {
  readonly policy: string
  readonly catalogVersion: string
  /** In the order they were to be tried, the first twelve. `backend` is its id, `model` the public name. */
  readonly candidates: ReadonlyArray<{
    readonly backend: string
    readonly model: string
    /** How it was told the request; undefined: as it came. */
    readonly translation: Translation | undefined
    /** Undefined: its priority was the file's, or was not asked for. */
    readonly override: PriorityOverride | undefined
  }>
  /** How many more were eligible, after those. */
  readonly rankedLower: number
  readonly excluded: ReadonlyArray<{
    readonly backend: string
    readonly code: ExclusionCode
    readonly detail: string | undefined
  }>
}

/** Its detail is a wait, different for every request. */
const UNRECORDED: ExclusionCode = 'credential_cooling'

/** An exchange tries six at the most; `auto` ranks hundreds, and those far down differ from request to request. */
const MOST_CANDIDATES = 12

/**
 * `{"policy","catalog","candidates":[[backend,model,translation,override]],"more","excluded":[[backend,code,detail]]}`;
 * of a candidate only what there is: nearly all have two cells.
 */
export function planText (plan: Plan): string {
  return JSON.stringify({
    policy: plan.policy,
    catalog: plan.catalogVersion,
    candidates: plan.candidates.slice(0, MOST_CANDIDATES).map((candidate) => cellsOf(candidate, plan.policy)),
    more: Math.max(0, plan.candidates.length - MOST_CANDIDATES),
    excluded: plan.excluded.map(({ backend, code, detail }) =>
      detail === undefined || code === UNRECORDED ? [backend.id, code] : [backend.id, code, detail])
  })
}

function cellsOf ({ backend, model, translation, override }: Candidate, policy: string): string[] {
  if (override && readsPriority(policy)) return [backend.id, model.name, translation ?? '', overrideText(override)]
  return translation === undefined ? [backend.id, model.name] : [backend.id, model.name, translation]
}

/** Undefined: the text is not one of ours, or of a version that is not known any more. */
export function readPlanText (text: string): RecordedPlan | undefined {
  const plan = parse(text) as { [name: string]: unknown } | null | undefined
  if (typeof plan !== 'object' || plan === null) return undefined
  const { policy, catalog, candidates, more, excluded } = plan
  if (typeof policy !== 'string' || typeof catalog !== 'string' || typeof more !== 'number') return undefined
  if (!isTable(candidates) || !isTable(excluded)) return undefined
  return {
    policy,
    catalogVersion: catalog,
    candidates: candidates.map(([backend = '', model = '', word, override]) => ({
      backend,
      model,
      translation: TRANSLATIONS.find((translation) => translation === word),
      override: readOverride(override)
    })),
    rankedLower: more,
    excluded: excluded.flatMap(([backend = '', word, detail]) => {
      const code = EXCLUSIONS.find((code) => code === word)
      return code ? [{ backend, code, detail }] : []
    })
  }
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // The caller says that the plan cannot be read.
  }
}

function isTable (value: unknown): value is string[][] {
  return Array.isArray(value) &&
    value.every((row) => Array.isArray(row) && row.every((cell) => typeof cell === 'string'))
}
