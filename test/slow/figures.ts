// Numbers of a measurement, as they are asserted and printed.

/** The value below which the share of `values` lies. @param share 0.99: the 99th percentile. */
export function percentile (values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** `p50 1.2, p99 3.4, most 5.6 ms` */
export function spread (values: readonly number[]): string {
  const [p50, p99, most] = [0.5, 0.99, 1].map((share) => percentile(values, share).toFixed(1))
  return `p50 ${p50}, p99 ${p99}, most ${most} ms`
}

export function mib (bytes: number): number {
  return Math.round(bytes / 1_024 / 1_024)
}
