// The last measurements of one kind at one backend, and their percentiles over a window of time.

import type { Percentiles } from '../catalog/measured.ts'

/** Enough for a 99th percentile that is not just the worst one; 4 KB at the most. */
const MOST_SAMPLES = 256

interface Sorted {
  readonly windowMs: number
  readonly atMs: number
  readonly percentiles: Percentiles | undefined
}

/** A ring: the newest takes the place of the oldest. */
export class Samples {
  readonly #atMs: number[] = []
  readonly #values: number[] = []
  #next = 0
  #sorted: readonly Sorted[] = []

  /** `nowMs`: monotonic. */
  add (nowMs: number, value: number): void {
    this.#atMs[this.#next] = nowMs
    this.#values[this.#next] = value
    this.#next = (this.#next + 1) % MOST_SAMPLES
    if (this.#sorted.length > 0) this.#sorted = []
  }

  /** Undefined: nothing was measured within the window. */
  percentiles (nowMs: number, windowMs: number): Percentiles | undefined {
    const known = this.#sorted.find((sorted) => sorted.windowMs === windowMs && sorted.atMs === nowMs)
    if (known) return known.percentiles
    const values = this.#values.filter((_, at) => nowMs - (this.#atMs[at] as number) < windowMs)
    const percentiles = percentilesOf(Float64Array.from(values).sort())
    const others = this.#sorted.filter((sorted) => sorted.windowMs !== windowMs)
    this.#sorted = [...others, { windowMs, atMs: nowMs, percentiles }]
    return percentiles
  }
}

/** By nearest rank: each of them is a value that was measured. */
function percentilesOf (sorted: Float64Array): Percentiles | undefined {
  if (sorted.length === 0) return undefined
  const at = (percent: number) => sorted[Math.ceil(sorted.length * percent / 100) - 1] as number
  return { p50: at(50), p75: at(75), p90: at(90), p99: at(99) }
}
