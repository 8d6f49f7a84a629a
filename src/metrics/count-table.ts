// Counters of one family by the values of its labels: one map, one entry per combination that occurred.
//
// DESIGN. A label's value is a word of ours or a name of the catalog, never what a client wrote: whoever counts here
// must have made sure of that. A catalog can still be changed for ever, so the number of combinations has a limit, and
// those that come later are counted together under `other`.

import type { Family, Sample } from './family.ts'

const MOST_ROWS = 2_000
const OTHER = 'other'

interface Row {
  readonly labels: Readonly<Record<string, string>>
  value: number
}

export class CountTable<Label extends string> implements Family {
  readonly name: string
  readonly help: string
  readonly type = 'counter'
  readonly #labels: readonly Label[]
  readonly #rows = new Map<string, Row>()

  constructor (name: string, help: string, labels: readonly Label[]) {
    this.name = name
    this.help = help
    this.#labels = labels
  }

  /** `values` in the order of the labels. */
  add (values: readonly string[], amount = 1): void {
    const row = this.#rows.get(keyOf(values)) ?? this.#rowFor(values)
    row.value += amount
  }

  samples (): readonly Sample[] {
    return [...this.#rows.values()].map(({ labels, value }) => ({ labels, value }))
  }

  #rowFor (wanted: readonly string[]): Row {
    const values = this.#rows.size < MOST_ROWS ? wanted : this.#labels.map(() => OTHER)
    const key = keyOf(values)
    const known = this.#rows.get(key)
    if (known) return known
    const row: Row = { labels: Object.fromEntries(this.#labels.map((label, at) => [label, values[at] ?? ''])), value: 0 }
    this.#rows.set(key, row)
    return row
  }
}

/** Label values are words and names; none holds a line feed. */
function keyOf (values: readonly string[]): string {
  return values.length === 1 ? values[0] ?? '' : values.join('\n')
}
