// Why an answer ended, in as few bytes as may be: the usual reasons are numbers, the others JSON.
//
// What must hold: a code never changes its meaning, so the table only grows at its end. SQLite writes 0 and 1 without a
// byte of their own. Measured on 100,000 attempts: 1.0 bytes a row where it is NULL, 0 or 1, and 2.0 with another code.

import type { Finish } from '../../core/finish.ts'

/** As OpenRouter calls it, and as the provider did. */
const PAIRS: ReadonlyArray<readonly [reason: string, native: string]> = [
  ['stop', 'stop'], ['tool_calls', 'tool_calls'], ['length', 'length'], ['content_filter', 'content_filter'],
  ['stop', 'end_turn'], ['tool_calls', 'tool_use'], ['length', 'max_tokens'], ['stop', 'stop_sequence'],
  ['content_filter', 'refusal'], ['stop', 'pause_turn'], ['stop', 'STOP'], ['length', 'MAX_TOKENS'],
  ['content_filter', 'SAFETY'], ['stop', 'completed'], ['length', 'max_output_tokens'], ['stop', 'eos'],
  ['tool_calls', 'function_call'], ['length', 'model_length']
]

const CODES = new Map(PAIRS.map(([reason, native], at) => [native, { reason, code: BigInt(at) }]))

/** A bigint, because numbers are bound as doubles, which a column without a type would keep as such. */
export function finishCode (finish: Finish | undefined): bigint | string | null {
  if (!finish) return null
  const { reason, native } = finish
  const known = CODES.get(native)
  return known?.reason === reason ? known.code : JSON.stringify([reason, native])
}

/** Undefined: not told. */
export function readFinish (kept: number | string | null): Finish | undefined {
  if (kept === null) return undefined
  const [reason, native] = typeof kept === 'string' ? JSON.parse(kept) as [string, string] : PAIRS[kept] ?? []
  return reason === undefined || native === undefined ? undefined : { reason, native }
}
