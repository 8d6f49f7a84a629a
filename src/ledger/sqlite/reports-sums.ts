// What a report adds up, in SQL: of hours, and of the longer spans that hours were added up to.

import { INPUT_KINDS, OUTPUT_KINDS, type UsageKind } from '../../core/usage.ts'

/** Measures of `usage_spans`, in the order they are read in. */
export const MEASURES = [
  'requests', 'errors', 'unpriced', 'prompt', 'completion', 'cached', 'reasoning', 'usd', 'nano_usd',
  'first_ms', 'last_ms'
] as const

const total = (kinds: readonly UsageKind[]): string => kinds.join(' + ')

/** Each measure of a row of `usage_hourly`. One hour of money fits 64 bits, many may not: dollars and the rest. */
const OF_HOUR: { readonly [measure in typeof MEASURES[number]]: string } = {
  requests: 'requests',
  errors: 'errors',
  unpriced: 'unpriced',
  prompt: total(INPUT_KINDS),
  completion: total(OUTPUT_KINDS),
  cached: 'cache_read',
  reasoning: 'reasoning',
  usd: 'cost_nano_usd / 1000000000',
  nano_usd: 'cost_nano_usd % 1000000000',
  first_ms: 'first_request_at_ms',
  last_ms: 'last_request_at_ms'
}

export const HOUR_MEASURES = MEASURES.map((measure) => `${OF_HOUR[measure]} AS ${measure}`).join(', ')
export const SPAN_MEASURES = MEASURES.join(', ')

const FOLDS: { readonly [measure: string]: string } = { first_ms: 'min', last_ms: 'max' }

/** Aggregates over rows that have the measures as columns. */
export const ADDED_UP = MEASURES.map((measure) => `${FOLDS[measure] ?? 'sum'}(${measure})`).join(', ')
