// The ledger on SQLite: what is open is kept in memory, what is promised is on disk.
//
// What must hold: a promise resolves after the commit of its row and never before; an exchange is in `running` from
// `open` until its settlement is committed. One the store refused is kept and tried again, so a second one is refused;
// one that was refused for its values can be tried again by the caller.

import { systemClock } from '../../core/clock.ts'
import { generationId } from '../../core/ids.ts'
import type {
  AttemptBounds, AttemptIntent, AttemptProgress, AttemptResult, BudgetCrossing, ExchangeIntent, Fitting, Ledger,
  OpenExchange, OrphanPolicy, Settled, Settlement, Shrink, Spender
} from '../ledger.ts'
import type { BudgetAnswer } from '../budget-answer.ts'
import { BudgetBooks } from './budget-books.ts'
import { Checkpoints } from './checkpoints.ts'
import type { OpenDatabase } from './database.ts'
import { createDictionary, type Dictionary } from './dictionary.ts'
import { GroupCommit, unavailable } from './group-commit.ts'
import { SqliteAnswers } from './idempotency.ts'
import { createMark, type Mark } from './mark.ts'
import type { OutageParts } from './outage.ts'
import { createOrphans } from './progress-orphans.ts'
import { createProgressNotes, Progressing, type NoteProgress } from './progress.ts'
import { recoverRows } from './recovery.ts'
import { createRollup, HOUR_MS } from './rollup.ts'
import { createRows, type ExchangeNames } from './rows.ts'
import { createSpans, type Spans } from './reports-spans.ts'
import { createPruner } from './retention.ts'
import { SealSchedule } from './seals-schedule.ts'
import { createSealer } from './seals.ts'
import { startUpkeep, type Chore } from './upkeep.ts'
import { Opening, Retrying, Settling, type Books, type Running } from './writes.ts'

/** What the ledger needs of the process around it. */
export interface LedgerOutside extends Pick<OutageParts, 'clock' | 'alarm'> {
  /** The program of the thread that copies the write-ahead log into the file; absent: commits do it. */
  readonly checkpointThread?: URL | undefined
  /** Use of a budget has reached a threshold; called after the commit, never inside it. */
  readonly budgetCrossed?: (crossing: BudgetCrossing) => void
  /** What all kept answers may take. */
  readonly answersBytes?: number | undefined
  /** Rows are sealed and hours added up in the background; absent: they wait for a process that does. */
  readonly hasUpkeep?: boolean
  /** What becomes of attempts that a killed process left open; absent: `hold`. */
  readonly orphans?: OrphanPolicy
  /** Rows of requests older than this are pruned in the background; absent: kept for ever. */
  readonly keepMs?: number | undefined
}

const SILENT: LedgerOutside = { clock: systemClock, alarm: nothing }

const MOST_ANSWERS_BYTES = 256 * 1024 * 1024

// Ids of rows that were pruned are never given out again.
const FIRST_ROW = `SELECT max(1, coalesce((SELECT max(id) + 1 FROM exchanges), 1),
  coalesce((SELECT value FROM marks WHERE name = 'sealed:exchanges'), 1))`

const NO_NAMES: ExchangeNames = { ip: 0, key: 0, requestedModel: 0 }

/** The only writer of its database, which it closes when it is closed. Call `recover` once before anything else. */
export class SqliteLedger implements Ledger {
  /** What was answered under Idempotency-Keys. */
  readonly answers: SqliteAnswers
  readonly #database: OpenDatabase
  readonly #dictionary: Dictionary
  readonly #spans: Spans
  readonly #budgets: BudgetBooks
  readonly #books: Books
  readonly #mark: Mark
  readonly #commits: GroupCommit
  readonly #checkpoints: Checkpoints | undefined
  readonly #seals: SealSchedule | undefined
  readonly #running = new Map<number, Running>()
  readonly #noteProgress: NoteProgress
  readonly #firstRow: number
  readonly #outside: LedgerOutside
  #nextRow: number
  #oldestSkipped: number | undefined
  #isClosed = false
  #stopUpkeep: (() => void) | undefined

  constructor (database: OpenDatabase, outside: LedgerOutside = SILENT) {
    const { sqlite } = database
    this.#outside = outside
    this.#database = database
    this.#dictionary = createDictionary(sqlite)
    this.#spans = createSpans(sqlite)
    this.#budgets = new BudgetBooks(sqlite, outside.clock, outside.budgetCrossed ?? nothing)
    this.answers = new SqliteAnswers({
      ...outside,
      sqlite,
      limitBytes: outside.answersBytes ?? MOST_ANSWERS_BYTES,
      commits: { add: (work) => { this.#commits.add(work) } }
    })
    this.#books = {
      answers: this.answers,
      rows: createRows(sqlite, this.#dictionary),
      rollup: createRollup(sqlite, this.#spans.touch),
      budgets: this.#budgets,
      running: this.#running,
      alarm: outside.alarm
    }
    this.#noteProgress = createProgressNotes(sqlite)
    this.#mark = createMark(sqlite)
    this.#commits = new GroupCommit(sqlite, {
      beforeCommit: () => { this.#beforeCommit() },
      afterCommit: () => { this.#afterCommit() },
      afterRollback: () => { this.#afterRollback() }
    }, outside)
    this.#checkpoints = outside.checkpointThread && new Checkpoints({
      ...outside,
      sqlite,
      thread: outside.checkpointThread,
      hold: () => { this.#commits.hold() },
      release: () => { this.#commits.release() }
    })
    this.#seals = outside.hasUpkeep ? new SealSchedule({ ...outside, sealer: createSealer(sqlite) }) : undefined
    this.#firstRow = Number(sqlite.prepare(FIRST_ROW).pluck().get())
    this.#nextRow = this.#firstRow
  }

  get outage (): string | undefined {
    return this.#commits.outage
  }

  /**
   * Closes every exchange an earlier process left open; what this process opened is left alone. One that cannot be
   * closed (the sums of its hour are full) stays open for the next start and is told to the operator.
   * @returns how many were closed.
   */
  recover (nowMs: number): number {
    const { sqlite } = this.#database
    const orphans = createOrphans(sqlite, this.#dictionary, this.#outside.orphans ?? 'hold')
    const parts = { ...this.#books, sqlite, dictionary: this.#dictionary, budgets: this.#budgets, orphans }
    const { closed, skipped } = recoverRows(parts, this.#firstRow, nowMs)
    for (const { row, error } of skipped) {
      this.#outside.alarm(`exchange ${row} of an earlier process cannot be booked and stays open`, error)
    }
    this.#oldestSkipped = skipped[0]?.row
    this.#mark.start(this.#oldestSkipped ?? this.#firstRow)
    this.#stopUpkeep ??= this.#startUpkeep()
    return closed
  }

  open (intent: ExchangeIntent, attempt: AttemptIntent | undefined, shrink?: Shrink): Promise<OpenExchange> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw unavailable('it is closed')
      const { createdAtMs } = intent
      const row = this.#nextRow++
      const opened = { row, id: generationId(row, intent.tag, createdAtMs) }
      const exchange: Running = {
        opened, createdAtMs, names: NO_NAMES, attempts: 0, backend: undefined, held: undefined, isEnding: false
      }
      this.#running.set(row, exchange)
      this.#commits.add(new Opening(this.#books, exchange, { intent, attempt, shrink }, { resolve, reject }))
    })
  }

  retry ({ row }: OpenExchange, ended: AttemptResult, attempt: AttemptIntent, shrink?: Shrink): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#commits.add(new Retrying(this.#books, this.#openOf(row), { ended, attempt, shrink }, { resolve, reject }))
    })
  }

  progress ({ row }: OpenExchange, seen: AttemptProgress): void {
    const exchange = this.#running.get(row)
    if (this.#isClosed || !exchange || exchange.isEnding || this.outage !== undefined) return
    this.#commits.add(new Progressing(this.#noteProgress, [row, exchange.attempts], seen))
  }

  settle ({ row }: OpenExchange, settlement: Settlement): Promise<Settled> {
    return new Promise((resolve, reject) => {
      const exchange = this.#openOf(row)
      exchange.isEnding = true
      this.#commits.add(new Settling(this.#books, exchange, settlement, { resolve, reject }))
    })
  }

  isBounded (spender: Spender, model: string): boolean {
    return this.#budgets.isBounded(spender, model)
  }

  askBudgets (spender: Spender, attempt: AttemptBounds, fitting: Fitting): BudgetAnswer[] {
    return this.#budgets.ask(spender, { attempt, fitting, nowMs: this.#outside.clock.nowMs() })
  }

  /** Call when the budget of that name changes on the ledger's own connection; what others change is noticed. */
  rereadBudget (name: string): void {
    this.#budgets.reread(name)
  }

  async flush (): Promise<void> {
    this.#commits.flush()
  }

  /** Tries what is kept once more. Open exchanges stay open in the file; the next `recover` closes them. */
  async close (): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.answers.stop()
    const lost = this.#commits.stop()
    if (lost > 0) {
      this.#outside.alarm(`${lost} ended exchanges could not be written; the next start books their upper bound`,
        unavailable(this.outage ?? 'write failed'))
    }
    this.#stopUpkeep?.()
    this.#seals?.stop()
    await this.#checkpoints?.stop()
    this.#database.close()
  }

  #startUpkeep (): () => void {
    const { keepMs, hasUpkeep, clock } = this.#outside
    const pruner = createPruner(this.#database.sqlite)
    const chores: Chore[] = []
    if (hasUpkeep) {
      const step = () => this.#spans.makeNext(Math.floor(clock.nowMs() / HOUR_MS))
      chores.push({ step, failure: 'hours of the ledger could not be added up' })
    }
    if (keepMs !== undefined) {
      const step = () => pruner.next(clock.nowMs() - keepMs, clock.nowMs()).exchanges > 0
      chores.push({ step, failure: 'old rows of the ledger could not be pruned' })
    }
    return chores.length > 0 ? startUpkeep(this.#outside, chores) : nothing
  }

  #openOf (row: number): Running {
    if (this.#isClosed) throw unavailable('it is closed')
    const exchange = this.#running.get(row)
    if (!exchange || exchange.isEnding) throw new Error(`exchange ${row} was settled already`)
    return exchange
  }

  #beforeCommit (): void {
    this.#books.rollup.write()
    this.#mark.write(this.#oldestSkipped ?? this.#running.keys().next().value ?? this.#nextRow)
  }

  #afterCommit (): void {
    this.#mark.keep()
    this.#budgets.afterCommit()
    this.answers.afterCommit()
    this.#checkpoints?.noteCommit()
    this.#seals?.noteCommit()
  }

  #afterRollback (): void {
    this.#dictionary.forget()
    this.#budgets.afterRollback()
    this.#books.rollup.clear()
    this.answers.afterRollback()
  }
}

function nothing (): void {}
