// aibroker prune: rows of old requests are deleted; usage, budgets and totals stay as they are.

import { systemClock } from '../core/clock.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { CommandFailure } from './failure.ts'
import { plainJson } from './plain-text.ts'
import { formatMoment, readSpanMs } from './times.ts'
import type { OpenDatabase } from '../ledger/sqlite/database.ts'
import type { PruneCount, Pruner } from '../ledger/sqlite/retention.ts'
import type { Terminal } from './terminal.ts'

interface Flags extends BooksFlags, JsonFlag {
  readonly olderThan: string
  readonly dryRun?: boolean
}

const HOUR_MS = 3_600_000
/** A running broker gets its turn between two transactions. */
const REST_MS = 5
/** A broker that writes all the time lets a command in sooner or later. */
const MOST_REFUSALS = 100

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Deletes the rows of requests that are older than that, in whole hours and oldest first. Usage, budgets ' +
      'and totals stay. Works beside a running broker, some hundred rows at a time; rows wait for their seal before ' +
      'they can go. The file does not shrink: its free room is used again. AIBROKER_RETENTION_DAYS does the same ' +
      'in a running broker, always.')
    .requiredOption('--older-than <span>', '90d, 12w or 36h')
    .option('--dry-run', 'only count what would go')
    .addHelpText('after', examples(['aibroker prune --older-than 90d --dry-run', 'aibroker prune --older-than 90d']))
    .action((flags: Flags) => prune(flags, terminal))
}

async function prune (flags: Flags, terminal: Terminal): Promise<void> {
  const nowMs = systemClock.nowMs()
  const beforeMs = nowMs - readSpanMs('--older-than', flags.olderThan)
  const isDryRun = flags.dryRun ?? false
  const count = await withBooks(flags, terminal, isDryRun ? 'reader' : 'guest', (books) => run(books, beforeMs, isDryRun))
  const { exchanges, attempts } = count
  const before = formatMoment(Math.floor(beforeMs / HOUR_MS) * HOUR_MS)
  if (flags.json) return terminal.print(plainJson({ before, dry_run: isDryRun, exchanges, attempts }))
  terminal.print(`${exchanges} exchanges with ${attempts} attempts from before ${before} ` +
    (isDryRun ? 'would be deleted' : 'were deleted; usage, budgets and totals are as before'))
}

async function run ({ sqlite }: OpenDatabase, beforeMs: number, isDryRun: boolean): Promise<PruneCount> {
  const { createPruner, PruneRefusal } = await import('../ledger/sqlite/retention.ts')
  try {
    const pruner = createPruner(sqlite)
    return isDryRun ? pruner.count(beforeMs) : await pruneAll(pruner, beforeMs)
  } catch (error) {
    if (error instanceof PruneRefusal) throw new CommandFailure('failed', error.message, error)
    throw error
  }
}

async function pruneAll (pruner: Pruner, beforeMs: number): Promise<PruneCount> {
  const sum = { exchanges: 0, attempts: 0 }
  for (let refusals = 0; ;) {
    const count = pruneSome(pruner, beforeMs, refusals >= MOST_REFUSALS)
    refusals = count ? 0 : refusals + 1
    if (count?.exchanges === 0) return sum
    sum.exchanges += count?.exchanges ?? 0
    sum.attempts += count?.attempts ?? 0
    await new Promise((resolve) => { setTimeout(resolve, REST_MS) })
  }
}

/** Undefined: a broker is writing just now. */
function pruneSome (pruner: Pruner, beforeMs: number, isLastTry: boolean): PruneCount | undefined {
  try {
    return pruner.next(beforeMs, systemClock.nowMs())
  } catch (error) {
    if (isLastTry || (error as { code?: string }).code !== 'SQLITE_BUSY') throw error
    return undefined
  }
}
