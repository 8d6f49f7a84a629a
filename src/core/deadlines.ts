// How long an exchange waits for what: the defaults come from the settings, and a provider, a model and a request may
// each override any of them. The later one wins; unset members fall through.

/** All in ms. Each is a bound on silence except `totalMs`. 0: no bound. */
export interface Deadlines {
  /** Name, connection and TLS. */
  readonly connectMs: number
  /** From the request sent to the response headers. */
  readonly firstByteMs: number
  /** From the response headers to the first event of a stream that shows output. */
  readonly firstEventMs: number
  /** The longest silence inside an answer that has begun. */
  readonly betweenMs: number
  /** From the arrival of the request to the last byte of the answer, all attempts together. */
  readonly totalMs: number
}

export type DeadlineName = keyof Deadlines

/** What a provider, a model or a request says about it. */
export type DeadlineOverrides = Partial<Deadlines>

/** The deadlines of one attempt; `overrides` from the weakest to the strongest. */
export function mergeDeadlines (
  defaults: Deadlines, ...overrides: ReadonlyArray<DeadlineOverrides | undefined>
): Deadlines {
  let merged = defaults
  for (const override of overrides) if (override) merged = { ...merged, ...override }
  return merged
}
