// Pruning: rows of old requests are deleted, block by sealed block; what they add up to stays.
//
// DESIGN. What must hold:
// - Only whole blocks under a seal are deleted, oldest first, and only when every exchange of the block was created
//   before the hour asked for. What is not sealed yet waits for its seal (some seconds).
// - `usage_hourly`, budgets, names, prices and adjustments are never touched.
// - A block is deleted only when its rows still are what was sealed: evidence is not removed. The hash of its rows
//   takes the place of its digests, so that the chain can be computed without them.
// - Every transaction adds a seal saying what was deleted and its sums; verification adds them to the rows left.
// - Nothing is kept in memory: a command may prune beside a running broker, at 500 rows a transaction.

import type { Database } from 'better-sqlite3'
import {
  ATTEMPTS_PER_EXCHANGE, chainOf, createSealWriter, MOST_ROWS, NO_CHAIN, type ExchangeRanges, type PrunedRanges,
  type SealRow
} from './seals.ts'
import { BlockBytes, createRowReaders } from './seals-rows.ts'
import { HOUR_MS } from './rollup.ts'

/** Rows of one transaction. */
export const MOST_PRUNED = 500

/** Rows that went, or that would. */
export interface PruneCount {
  readonly exchanges: number
  readonly attempts: number
}

export interface Pruner {
  /**
   * Deletes the oldest blocks whose exchanges were all created before `beforeMs`, one transaction's worth.
   * @returns how many rows went; no exchanges: nothing is left to delete.
   * @throws PruneRefusal when the rows are not what was sealed.
   */
  next (beforeMs: number, nowMs: number): PruneCount
  /** What `next` would delete, called until nothing is left. Reads only. */
  count (beforeMs: number): PruneCount
}

/** Rows that do not fit their seal are not deleted: a sentence for the operator. */
export class PruneRefusal extends Error {
  override readonly name = 'PruneRefusal'
}

interface Sums {
  readonly exchanges: number
  readonly errors: number
  readonly newestMs: number
}

interface Costs {
  readonly attempts: number
  readonly usd: bigint
  readonly nanoUsd: bigint
}

interface Block {
  readonly seal: SealRow
  /** Ids from the block before on. */
  readonly first: number
  readonly end: number
  readonly sums: Sums & Costs
}

const NEXT_SEAL = `
  SELECT * FROM seals WHERE id > ? AND ranges LIKE '{"of":"exchanges",%' ORDER BY id LIMIT 1`
const SUMS = `
  SELECT count(*) AS exchanges, count(error) AS errors, max(created_at_ms) AS newestMs
  FROM exchanges WHERE id >= ? AND id < ?`
const COSTS = `
  SELECT count(*) AS attempts, coalesce(sum(cost_nano_usd / 1000000000), 0) AS usd,
    coalesce(sum(cost_nano_usd % 1000000000), 0) AS nanoUsd
  FROM attempts WHERE id >= ? AND id < ?`

export function createPruner (sqlite: Database): Pruner {
  const blockAfter = createBlockReader(sqlite)
  const remove = createRemover(sqlite)
  const writeSeal = createSealWriter(sqlite)
  const mark = sqlite.prepare<[string], number>('SELECT value FROM marks WHERE name = ?').pluck()

  /** Blocks to prune in their order; at least one, and no more than `most` rows of them. */
  const blocksBefore = function * (beforeMs: number, most: number): Generator<Block> {
    let block = blockAfter(mark.get('pruned_seals') ?? 0, mark.get('pruned_below') ?? -Infinity)
    for (let rows = 0; block && block.sums.newestMs < beforeMs; block = blockAfter(block.seal.id, block.end)) {
      yield block
      rows += block.sums.exchanges + block.sums.attempts
      if (rows + MOST_ROWS > most) return
    }
  }

  const next = sqlite.transaction((beforeMs: number, nowMs: number): PruneCount => {
    const blocks = [...blocksBefore(hourOf(beforeMs) * HOUR_MS, MOST_PRUNED)]
    for (const block of blocks) remove(block)
    if (blocks.length > 0) writeSeal(prunedRanges(blocks), NOTHING, nowMs)
    return countOf(blocks)
  })
  return {
    next: (beforeMs, nowMs) => next.immediate(beforeMs, nowMs),
    count: (beforeMs) => countOf(blocksBefore(hourOf(beforeMs) * HOUR_MS, Infinity))
  }
}

function createBlockReader (sqlite: Database): (seal: number, first: number) => Block | undefined {
  const nextSeal = sqlite.prepare<[number], SealRow>(NEXT_SEAL)
  const sums = sqlite.prepare<[number, number], Sums>(SUMS)
  const costs = sqlite.prepare<[number, number], Costs>(COSTS).safeIntegers()
  return (id, first) => {
    const seal = nextSeal.get(id)
    if (!seal) return undefined
    const { runs } = JSON.parse(seal.ranges) as ExchangeRanges
    const end = runs.at(-1)?.[1] ?? 0
    const { attempts, ...cost } = costs.get(first * ATTEMPTS_PER_EXCHANGE, end * ATTEMPTS_PER_EXCHANGE) as Costs
    return { seal, first, end, sums: { ...sums.get(first, end) as Sums, ...cost, attempts: Number(attempts) } }
  }
}

function createRemover (sqlite: Database): (block: Block) => void {
  const readers = createRowReaders(sqlite)
  const bytes = new BlockBytes()
  const chainBefore = sqlite.prepare<[number], Buffer>('SELECT chain FROM seals WHERE id = ? - 1').pluck()
  const keepHash = sqlite.prepare('UPDATE seals SET digests = ? WHERE id = ?')
  const removeExchanges = sqlite.prepare('DELETE FROM exchanges WHERE id >= ? AND id < ?')
  const removeAttempts = sqlite.prepare('DELETE FROM attempts WHERE id >= ? AND id < ?')
  const mark = sqlite.prepare('INSERT OR REPLACE INTO marks (name, value) VALUES (?, ?)')
  return ({ seal, first, end }) => {
    const [from, to] = [first * ATTEMPTS_PER_EXCHANGE, end * ATTEMPTS_PER_EXCHANGE]
    bytes.clear()
    for (const row of readers.exchanges(first, end, -1)) bytes.add('exchanges', row)
    for (const row of readers.attempts(from, to, -1)) bytes.add('attempts', row)
    const rowsHash = bytes.hash()
    if (!chainOf(chainBefore.get(seal.id) ?? NO_CHAIN, { ...seal, rowsHash }).equals(seal.chain)) {
      throw new PruneRefusal(`the rows under seal ${seal.id} are not what was sealed: nothing from there on is pruned. ` +
        'Run "aibroker verify" to see which they are.')
    }
    removeExchanges.run(first, end)
    removeAttempts.run(from, to)
    keepHash.run(rowsHash, seal.id)
    mark.run('pruned_seals', seal.id)
    mark.run('pruned_below', end)
  }
}

/** A seal over no rows. */
const NOTHING = { rowsHash: new BlockBytes().hash(), digests: Buffer.alloc(0) }

function prunedRanges (blocks: readonly Block[]): PrunedRanges {
  const sums = blocks.map((block) => block.sums)
  const newestMs = Math.max(...sums.map((sum) => sum.newestMs))
  return {
    of: 'pruned',
    below: blocks.at(-1)?.end ?? 0,
    hour: hourOf(newestMs) + 1,
    ...countOf(blocks),
    errors: sums.reduce((total, { errors }) => total + errors, 0),
    cost: sums.reduce((total, { usd, nanoUsd }) => total + usd * 1_000_000_000n + nanoUsd, 0n).toString()
  }
}

function countOf (blocks: Iterable<Block>): PruneCount {
  const count = { exchanges: 0, attempts: 0 }
  for (const { sums } of blocks) {
    count.exchanges += sums.exchanges
    count.attempts += sums.attempts
  }
  return count
}

function hourOf (ms: number): number {
  return Math.floor(ms / HOUR_MS)
}
