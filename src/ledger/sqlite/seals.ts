// Seals: what is settled is chained in blocks, so that `aibroker verify` finds whatever is changed afterwards.
//
// DESIGN. What must hold:
// - Only rows that never change again are sealed: committed rows of the dictionaries, and settled exchanges with their
//   attempts. Nothing of it is done for a request; blocks are made between commits (seals-schedule.ts).
// - chain = SHA-256(chain before ‖ id ‖ time ‖ length and text of `ranges` ‖ SHA-256(bytes of all rows)). With the hash
//   of the rows in between, a block whose rows were pruned keeps its place in the chain: the hash takes the place of
//   its digests.
// - A block covers everything from the end of the one before it to its own end, so nothing can be put in between.
//   It ends right behind its last row: ids behind may still be given out (again, when a commit failed).
// - Everything is in the file and nothing in memory: `aibroker prune` adds its seals beside a running broker.

import { createHash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import {
  BlockBytes, createRowReaders, DICTIONARIES, type Dictionary, type SealedRow, type SealedTable
} from './seals-rows.ts'

/** Consecutive ids: the first and the one after the last. */
export type Run = readonly [first: number, end: number]

/** What a seal is over; stored as JSON. */
export type Ranges =
  | { readonly of: Dictionary, readonly runs: readonly Run[] }
  | ExchangeRanges
  | PrunedRanges

/** Exchanges and their attempts; each exchange has one, numbered 1, unless `tries` lists it with its numbers. */
export interface ExchangeRanges {
  readonly of: 'exchanges'
  readonly runs: readonly Run[]
  readonly tries?: ReadonlyArray<readonly [exchange: number, ...numbers: number[]]>
}

/** Exchanges below `below` were deleted; these are the sums over those deleted since the seal of this kind before. */
export interface PrunedRanges {
  readonly of: 'pruned'
  readonly below: number
  /** Hours (since the epoch) below this one have lost exchanges. */
  readonly hour: number
  readonly exchanges: number
  readonly attempts: number
  readonly errors: number
  /** Whole decimal nano-USD. */
  readonly cost: string
}

export interface SealRow {
  readonly id: number
  readonly ranges: string
  readonly digests: Buffer
  readonly chain: Buffer
  readonly sealed_at_ms: number
}

/** The rows a block is over, in the order of their digests. */
export function rowsOf (ranges: Ranges): SealedRow[] {
  if (ranges.of === 'pruned') return []
  const rows = ranges.runs.flatMap(([first, end]) =>
    Array.from({ length: end - first }, (_, at): SealedRow => ({ table: ranges.of, id: first + at })))
  if (ranges.of !== 'exchanges') return rows
  const tries = new Map<number, readonly number[]>(ranges.tries?.map(([id, ...numbers]) => [id, numbers]))
  const exchanges = new Set([...rows.map(({ id }) => id), ...tries.keys()])
  const attempts = [...exchanges].sort((a, b) => a - b).flatMap((exchange) =>
    (tries.get(exchange) ?? [1]).map((number) => exchange * ATTEMPTS_PER_EXCHANGE + number))
  return [...rows, ...attempts.map((id): SealedRow => ({ table: 'attempts', id }))]
}

/** What a chain is made over, besides the chain before. */
export type ChainedParts = Pick<SealRow, 'id' | 'ranges' | 'sealed_at_ms'> & { readonly rowsHash: Buffer }

/** Rows of one block: half a millisecond of event loop at the most. An exchange is never parted from its attempts. */
export const MOST_ROWS = 64
export const NO_CHAIN = Buffer.alloc(32)
export const ATTEMPTS_PER_EXCHANGE = 256
// Rows are committed in the order of their ids, so behind an open one nothing is settled for good.
const FIRST_OPEN = `SELECT min(id) FROM
  (SELECT id, status FROM exchanges WHERE id >= ? ORDER BY id LIMIT ${MOST_ROWS / 2}) WHERE status IS NULL`

export function chainOf (before: Buffer, { id, ranges, sealed_at_ms: sealedAtMs, rowsHash }: ChainedParts): Buffer {
  const text = Buffer.from(ranges)
  const numbers = Buffer.alloc(20)
  numbers.writeBigInt64BE(BigInt(id), 0)
  numbers.writeBigInt64BE(BigInt(sealedAtMs), 8)
  numbers.writeUInt32BE(text.length, 16)
  return createHash('sha256').update(before).update(numbers).update(text).update(rowsHash).digest()
}

/** The part of a chain that fits a mark. */
export function headOf (chain: Buffer): number {
  return chain.readUIntBE(0, 6)
}

export function runsOf (ids: readonly number[]): Run[] {
  const runs: Array<[number, number]> = []
  for (const id of ids) {
    const last = runs.at(-1)
    if (last?.[1] === id) last[1]++
    else runs.push([id, id + 1])
  }
  return runs
}

/** Adds seals to the chain; call within a transaction. */
export function createSealWriter (sqlite: Database) {
  const last = sqlite.prepare<[], Pick<SealRow, 'id' | 'chain'>>('SELECT id, chain FROM seals ORDER BY id DESC LIMIT 1')
  const insert = sqlite.prepare('INSERT INTO seals (id, ranges, digests, chain, sealed_at_ms) VALUES (?, ?, ?, ?, ?)')
  const mark = sqlite.prepare('INSERT OR REPLACE INTO marks (name, value) VALUES (?, ?)')
  return (block: Ranges, { rowsHash, digests }: { rowsHash: Buffer, digests: Buffer }, nowMs: number): void => {
    const before = last.get() ?? { id: 0, chain: NO_CHAIN }
    const parts = { id: before.id + 1, ranges: JSON.stringify(block), sealed_at_ms: nowMs, rowsHash }
    const chain = chainOf(before.chain, parts)
    insert.run(parts.id, parts.ranges, digests, chain, nowMs)
    mark.run('seals', parts.id)
    mark.run('seal_head', headOf(chain))
    if (block.of !== 'pruned') mark.run(`sealed:${block.of}`, block.runs.at(-1)?.[1] ?? 0)
  }
}

export interface Sealer {
  /**
   * Seals the next block in a transaction of its own: rows of one dictionary, or exchanges up to the first open one.
   * @returns how many rows; 0 when nothing waits.
   */
  next (nowMs: number): number
}

export function createSealer (sqlite: Database): Sealer {
  const readers = createRowReaders(sqlite)
  const bytes = new BlockBytes()
  const write = createSealWriter(sqlite)
  const sealedBelow = sqlite.prepare<[string], number>('SELECT value FROM marks WHERE name = ?').pluck()
  const firstOpen = sqlite.prepare<[number], number | null>(FIRST_OPEN).pluck()
  const cursor = (table: SealedTable) => sealedBelow.get(`sealed:${table}`) ?? 0

  /** Reads the next rows into `bytes`. */
  const readNext = (): Ranges | undefined => {
    for (const table of DICTIONARIES) {
      bytes.clear()
      for (const row of readers[table](cursor(table), Infinity, MOST_ROWS)) bytes.add(table, row)
      if (bytes.rows.length > 0) return { of: table, runs: runsOf(bytes.rows.map(({ id }) => id)) }
    }
    const first = cursor('exchanges')
    return readExchanges(readers, bytes, first, firstOpen.get(first) ?? Infinity)
  }

  const next = sqlite.transaction((nowMs: number): number => {
    const block = readNext()
    if (!block) return 0
    write(block, { rowsHash: bytes.hash(), digests: bytes.digests() }, nowMs)
    return bytes.rows.length
  })
  return { next: (nowMs) => next.immediate(nowMs) }
}

type Readers = ReturnType<typeof createRowReaders>

/** Exchanges of [first, below) into `bytes`, behind them their attempts, as many as fit a block. */
function readExchanges (readers: Readers, bytes: BlockBytes, first: number, below: number): Ranges | undefined {
  const exchanges = readers.exchanges(first, below, MOST_ROWS / 2)
  const last = Number(exchanges.at(-1)?.[0] ?? 0)
  if (exchanges.length === 0) return undefined
  for (const row of exchanges) bytes.add('exchanges', row)
  const ids = bytes.rows.map(({ id }) => id)
  const attempts = readers.attempts(first * ATTEMPTS_PER_EXCHANGE, (last + 1) * ATTEMPTS_PER_EXCHANGE, -1)
  for (const row of attempts) bytes.add('attempts', row)
  const tries = triesOf(ids, attempts.map(([id]) => Number(id)))
  return { of: 'exchanges', runs: runsOf(ids), ...tries.length > 0 && { tries } }
}

function triesOf (exchanges: readonly number[], attempts: readonly number[]): Array<[number, ...number[]]> {
  const numbers = new Map<number, number[]>(exchanges.map((id) => [id, []]))
  for (const id of attempts) {
    const exchange = Math.floor(id / ATTEMPTS_PER_EXCHANGE)
    const list = numbers.get(exchange) ?? []
    numbers.set(exchange, list)
    list.push(id % ATTEMPTS_PER_EXCHANGE)
  }
  return [...numbers].sort(([a], [b]) => a - b)
    .filter(([, list]) => list.length !== 1 || list[0] !== 1)
    .map(([id, list]): [number, ...number[]] => [id, ...list])
}
