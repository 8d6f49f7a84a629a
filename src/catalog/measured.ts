// How backends did lately, as cards and orders of the list read it; routing/performance.ts measures it.

export interface Percentiles {
  readonly p50: number
  readonly p75: number
  readonly p90: number
  readonly p99: number
}

/** Over the last `windowMs`; undefined: too little was seen. */
export interface Measured {
  /** Ms to the first output. */
  latencyMs (backendId: string, windowMs: number): Percentiles | undefined
  /** Output tokens per second. */
  throughput (backendId: string, windowMs: number): Percentiles | undefined
  /** Percent. */
  uptime (backendId: string, windowMs: number): number | undefined
}

export const FIVE_MINUTES_MS = 5 * 60_000
export const HALF_HOUR_MS = 30 * 60_000
export const DAY_MS = 24 * 60 * 60_000
