// A metric as Prometheus has it: a name with what it means, and its values at this moment.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format

export type Labels = Readonly<Record<string, string | number>>

export interface Sample {
  readonly labels: Labels
  readonly value: number
  /** Of the histogram's parts: `…_bucket`, `…_sum`, `…_count`; absent: the family's own. */
  readonly metricName?: string
}

export interface Family {
  /** `aibroker_…`, with its unit last; counters end in `_total`. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** Read at every scrape, and never before. */
  samples (): readonly Sample[]
}

/** A gauge with one value. */
export function gauge (name: string, help: string, read: () => number): Family {
  return { name, help, type: 'gauge', samples: () => [{ labels: {}, value: read() }] }
}
