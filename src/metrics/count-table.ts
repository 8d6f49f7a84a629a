// Counters of one family by the values of its labels, for every combination that occurred.
//
// DESIGN. The values lead from map to map, one level per label: joining them to one key made counting three times as
// dear. A label's value is a word of ours or a name of the catalog, never what a client wrote: whoever counts here
// must have made sure of that. A catalog can still be changed for ever, so the number of combinations has a limit, and
// those that come later are counted together under `other`.

import type { Family, Sample } from './family.ts'

const MOST_ROWS = 2_000
const OTHER = 'other'

interface Row {
  readonly labels: Readonly<Record<string, string>>
  value: number
}

/** After the values of some labels: what may follow, or the row. */
class Node {
  readonly next = new Map<string, Node>()
  row: Row | undefined
}

export class CountTable<Label extends string> implements Family {
  readonly name: string
  readonly help: string
  readonly type = 'counter'
  readonly #labels: readonly Label[]
  readonly #root = new Node()
  readonly #rows: Row[] = []

  constructor (name: string, help: string, labels: readonly Label[]) {
    this.name = name
    this.help = help
    this.#labels = labels
  }

  /** `values` in the order of the labels. */
  add (values: readonly string[], amount = 1): void {
    let node: Node | undefined = this.#root
    for (const value of values) node = node?.next.get(value)
    const row = node?.row ?? this.#rowFor(values)
    row.value += amount
  }

  samples (): readonly Sample[] {
    return this.#rows.map(({ labels, value }) => ({ labels, value }))
  }

  #rowFor (wanted: readonly string[]): Row {
    const values = this.#rows.length < MOST_ROWS ? wanted : this.#labels.map(() => OTHER)
    const node = this.#nodeFor(values)
    if (node.row) return node.row
    const labels = Object.fromEntries(this.#labels.map((label, at) => [label, values[at] ?? '']))
    node.row = { labels, value: 0 }
    this.#rows.push(node.row)
    return node.row
  }

  #nodeFor (values: readonly string[]): Node {
    let node = this.#root
    for (const value of values) {
      const next = node.next.get(value) ?? new Node()
      node.next.set(value, next)
      node = next
    }
    return node
  }
}
