// How backends did lately, as cards, orders of the list and plans read it; routing/performance.ts measures it.

export interface Percentiles {
  readonly p50: number
  readonly p75: number
  readonly p90: number
  readonly p99: number
}

export interface Measured {
  /** Ms to the first output over the last `windowMs`, at most 30 minutes; undefined: nothing was seen. */
  latencyMs (backendId: string, windowMs: number): Percentiles | undefined
  /** Output tokens per second of the whole call; `p99` is what 99 % of the calls stay below. As above. */
  throughput (backendId: string, windowMs: number): Percentiles | undefined
  /** Percent of successes among successes and failures, over at most a day; undefined: fewer than 20 of them. */
  uptime (backendId: string, windowMs: number): number | undefined
}

export const FIVE_MINUTES_MS = 5 * 60_000
export const HALF_HOUR_MS = 30 * 60_000
export const DAY_MS = 24 * 60 * 60_000
