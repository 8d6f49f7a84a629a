// Durations of one family in buckets, by the values of its labels, as a Prometheus histogram.

import type { Family, Sample } from './family.ts'

/** Seconds. Generations take from a tenth of a second (first event) to many minutes (reasoning). */
const BOUNDS_S = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]
const MOST_ROWS = 500

interface Row {
  readonly labels: Readonly<Record<string, string>>
  /** How many ended in each bucket, not cumulated; the last is for those beyond every bound. */
  readonly counts: number[]
  sumMs: number
}

export class DurationTable<Label extends string> implements Family {
  readonly name: string
  readonly help: string
  readonly type = 'histogram'
  readonly #label: Label
  readonly #rows = new Map<string, Row>()

  /** `label` may hold words of ours and names of the catalog only (see count-table.ts). */
  constructor (name: string, help: string, label: Label) {
    this.name = name
    this.help = help
    this.#label = label
  }

  add (value: string, durationMs: number): void {
    const row = this.#rows.get(value) ?? this.#rowFor(value)
    const seconds = durationMs / 1_000
    let at = 0
    while (at < BOUNDS_S.length && seconds > (BOUNDS_S[at] ?? 0)) at++
    row.counts[at] = (row.counts[at] ?? 0) + 1
    row.sumMs += durationMs
  }

  samples (): readonly Sample[] {
    return [...this.#rows.values()].flatMap((row) => this.#samplesOf(row))
  }

  #rowFor (wanted: string): Row {
    const value = this.#rows.size < MOST_ROWS ? wanted : 'other'
    const known = this.#rows.get(value)
    if (known) return known
    const row: Row = { labels: { [this.#label]: value }, counts: BOUNDS_S.map(() => 0).concat(0), sumMs: 0 }
    this.#rows.set(value, row)
    return row
  }

  #samplesOf ({ labels, counts, sumMs }: Row): Sample[] {
    let count = 0
    const buckets = counts.map((inBucket, at) => {
      count += inBucket
      return { metricName: `${this.name}_bucket`, labels: { ...labels, le: BOUNDS_S[at] ?? '+Inf' }, value: count }
    })
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sumMs / 1_000 },
      { metricName: `${this.name}_count`, labels, value: count }
    ]
  }
}
