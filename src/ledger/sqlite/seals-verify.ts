// The chain of seals computed again from the rows; what was changed is named row by row.
//
// Each block is checked against the chain stored before it, so that one change is one difference and not a thousand.

import type { Database } from 'better-sqlite3'
import type { Damage, Difference, SealCount } from '../verify.ts'
import {
  ATTEMPTS_PER_EXCHANGE, chainOf, headOf, MOST_ROWS, NO_CHAIN, rowsOf, type ExchangeRanges, type PrunedRanges,
  type Ranges, type Run, type SealRow
} from './seals.ts'
import {
  BlockBytes, createRowReaders, DICTIONARIES, digestBytes, rowInWords, type SealedRow, type SealedTable
} from './seals-rows.ts'

export interface SealReport {
  readonly seals: SealCount
  /** Sums over what was pruned; undefined: nothing was. */
  readonly pruned: Pruned | undefined
  readonly differences: readonly Difference[]
}

/** Sums over every exchange that was deleted for its age. */
export interface Pruned {
  readonly below: number
  readonly hour: number
  readonly exchanges: number
  readonly attempts: number
  readonly errors: number
  readonly costNanoUsd: bigint
}

const PAGE = 256
const KINDS = new Set<string>([...DICTIONARIES, 'exchanges', 'pruned'])

/** Call within one read transaction. About 8 us a row. */
export function verifySeals (sqlite: Database): SealReport {
  const pruned = prunedOf(sqlite)
  const check = new SealCheck(sqlite, pruned?.below ?? 0)
  for (const seal of sealsOf(sqlite)) check.add(seal)
  check.end()
  return { seals: check.count(), pruned, differences: check.differences() }
}

/** What the seals say was pruned. */
export function prunedOf (sqlite: Database): Pruned | undefined {
  const texts = sqlite.prepare<[], string>("SELECT ranges FROM seals WHERE ranges LIKE '{\"of\":\"pruned\",%'").pluck()
  const parts = texts.all().map(rangesOf).filter((ranges) => ranges?.of === 'pruned')
  return parts.length === 0 ? undefined : parts.reduce(added, NOTHING_PRUNED)
}

const NOTHING_PRUNED: Pruned = { below: 0, hour: 0, exchanges: 0, attempts: 0, errors: 0, costNanoUsd: 0n }

function added (sum: Pruned, part: PrunedRanges): Pruned {
  return {
    below: Math.max(sum.below, part.below),
    hour: Math.max(sum.hour, part.hour),
    exchanges: sum.exchanges + part.exchanges,
    attempts: sum.attempts + part.attempts,
    errors: sum.errors + part.errors,
    costNanoUsd: sum.costNanoUsd + BigInt(part.cost)
  }
}

function * sealsOf (sqlite: Database): Generator<SealRow> {
  const page = sqlite.prepare<[number], SealRow>(`SELECT * FROM seals WHERE id > ? ORDER BY id LIMIT ${PAGE}`)
  for (let rows = page.all(-Infinity); rows.length > 0; rows = page.all(rows.at(-1)?.id ?? Infinity)) yield * rows
}

/** Undefined: not what this version writes, so somebody else did. */
function rangesOf (text: string): Ranges | undefined {
  try {
    const ranges = JSON.parse(text) as Ranges
    const isOurs = ranges.of === 'pruned' ? /^\d+$/.test(ranges.cost) : isBlock(ranges.runs)
    return isOurs && KINDS.has(ranges.of) ? ranges : undefined
  } catch {
    return undefined // not JSON, or not such JSON
  }
}

/** Looked at before rows are counted by it: who can write the file can write anything. */
function isBlock (runs: readonly Run[]): boolean {
  return runs.length > 0 && runs.reduce((rows, [first, end]) => rows + end - first, 0) <= MOST_ROWS
}

function endOf (runs: readonly Run[]): number {
  return runs.at(-1)?.[1] ?? 0
}

class SealCheck {
  readonly #sqlite: Database
  readonly #prunedBelow: number
  readonly #readers: ReturnType<typeof createRowReaders>
  readonly #bytes = new BlockBytes()
  readonly #found = new Map<Damage, { count: number, first: string }>()
  /** By table, the first id behind the blocks so far. */
  readonly #ends = new Map<SealedTable, number>()
  #last: Pick<SealRow, 'id' | 'chain'> = { id: 0, chain: NO_CHAIN }
  #rows = 0

  constructor (sqlite: Database, prunedBelow: number) {
    this.#sqlite = sqlite
    this.#prunedBelow = prunedBelow
    this.#readers = createRowReaders(sqlite)
  }

  add (seal: SealRow): void {
    if (seal.id !== this.#last.id + 1) this.#note('seal_missing', `seal ${this.#last.id + 1}`)
    const before = this.#last.id + 1 === seal.id ? this.#last.chain : undefined
    this.#last = seal
    const ranges = rangesOf(seal.ranges)
    if (!ranges) return this.#note('seal_broken', `seal ${seal.id}`)
    this.#checkBlock(seal, ranges, before)
  }

  /** Seals cut off at the end show in the marks, and so does a mark that was moved to leave rows out. */
  end (): void {
    const marks = new Map(this.#sqlite.prepare<[], [string, number]>('SELECT name, value FROM marks').raw().all())
    const mark = (name: string) => marks.get(name) ?? 0
    if (mark('seals') !== this.#last.id || mark('seal_head') !== headOf(this.#last.chain)) {
      this.#note('seal_missing', `the last seal is ${this.#last.id}, the mark says ${mark('seals')}`)
    }
    const moved = [...DICTIONARIES, 'exchanges' as const]
      .filter((table) => mark(`sealed:${table}`) !== (this.#ends.get(table) ?? 0))
      .map((table) => `sealed:${table}`)
    if (mark('pruned_below') !== this.#prunedBelow) moved.push('pruned_below')
    for (const name of moved) this.#note('seal_missing', `mark ${name}`)
  }

  count (): SealCount {
    const waiting = this.#sqlite.prepare<[number], number>('SELECT count(*) FROM exchanges WHERE id >= ? AND status IS NOT NULL')
    return {
      seals: this.#last.id,
      rows: this.#rows,
      waiting: waiting.pluck().get(this.#ends.get('exchanges') ?? 0) ?? 0,
      head: this.#last.id === 0 ? undefined : this.#last.chain.toString('hex')
    }
  }

  differences (): Difference[] {
    return [...this.#found].map(([name, { count, first }]) => ({ name, count, first }))
  }

  /** Rows that chain are as they were; of others the digests say which. */
  #checkBlock (seal: SealRow, ranges: Ranges, before: Buffer | undefined): void {
    const bytes = this.#bytes
    this.#readRows(ranges)
    const isChained = (rowsHash: Buffer) => before && chainOf(before, { ...seal, rowsHash }).equals(seal.chain)
    const isBroken = ranges.of === 'exchanges' && endOf(ranges.runs) <= this.#prunedBelow
      ? !isChained(this.#nothingLeft(seal))
      : !this.#isExplained(seal, ranges, isChained(bytes.hash()))
    if (before && isBroken) this.#note('seal_broken', `seal ${seal.id}`)
  }

  /** @returns the hash of the rows as they were. */
  #nothingLeft ({ digests }: SealRow): Buffer {
    for (const row of this.#bytes.rows) this.#note('row_slipped_in', rowInWords(row))
    return digests
  }

  /** True when all is well, or when the rows that differ are named. */
  #isExplained (seal: SealRow, ranges: Ranges, isChained: boolean | undefined): boolean {
    const { rows } = this.#bytes
    this.#rows += rows.length
    if (isChained) return this.#bytes.digests(digestBytes(seal.digests, rows.length)).equals(seal.digests)
    const sealed = rowsOf(ranges)
    const size = digestBytes(seal.digests, sealed.length)
    return this.#compare({ rows: sealed, digests: seal.digests }, { rows, digests: this.#bytes.digests(size) }, size)
  }

  /** Everything from the end of the block before to the end of this one. */
  #readRows (ranges: Ranges): void {
    this.#bytes.clear()
    if (ranges.of === 'pruned') return
    const first = this.#ends.get(ranges.of) ?? -Infinity
    const end = endOf(ranges.runs)
    this.#ends.set(ranges.of, end)
    for (const row of this.#readers[ranges.of](first, end, -1)) this.#bytes.add(ranges.of, row)
    if (ranges.of === 'exchanges') this.#readAttempts(first, ranges)
  }

  #readAttempts (first: number, { runs }: ExchangeRanges): void {
    const end = endOf(runs) * ATTEMPTS_PER_EXCHANGE
    for (const row of this.#readers.attempts(first * ATTEMPTS_PER_EXCHANGE, end, -1)) this.#bytes.add('attempts', row)
  }

  /** @returns false when no row differs. */
  #compare (sealed: Digested, found: Digested, size: number): boolean {
    const digestAt = (digests: Buffer, at: number) => digests.subarray(size * at, size * (at + 1))
    const digests = new Map(sealed.rows.map((row, at) => [rowInWords(row), digestAt(sealed.digests, at)]))
    let differing = 0
    const note = (damage: Damage, words: string) => {
      differing++
      this.#note(damage, words)
    }
    for (const [at, row] of found.rows.entries()) {
      const words = rowInWords(row)
      const digest = digests.get(words)
      digests.delete(words)
      if (!digest) note('row_slipped_in', words)
      else if (!digest.equals(digestAt(found.digests, at))) note('sealed_row_changed', words)
    }
    for (const words of digests.keys()) note('sealed_row_missing', words)
    return differing > 0
  }

  #note (damage: Damage, first: string): void {
    const known = this.#found.get(damage)
    if (known) known.count++
    else this.#found.set(damage, { count: 1, first })
  }
}

interface Digested {
  readonly rows: readonly SealedRow[]
  readonly digests: Buffer
}
