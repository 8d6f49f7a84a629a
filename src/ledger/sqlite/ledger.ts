// The ledger on SQLite: what is open is kept in memory, what is promised is on disk.
//
// What must hold: a promise resolves after the commit of its row and never before; an exchange is in `running` from
// `open` until its settlement is committed. One the store refused is kept and tried again, so a second one is refused;
// one that was refused for its values can be tried again by the caller.

import { systemClock } from '../../core/clock.ts'
import { generationId } from '../../core/ids.ts'
import type {
  AttemptIntent, AttemptResult, ExchangeIntent, Ledger, OpenExchange, Settled, Settlement
} from '../ledger.ts'
import { Checkpoints } from './checkpoints.ts'
import type { OpenDatabase } from './database.ts'
import { createDictionary, type BackendId, type Dictionary } from './dictionary.ts'
import { GroupCommit, unavailable, type Work } from './group-commit.ts'
import { createMark, type Mark } from './mark.ts'
import type { OutageParts } from './outage.ts'
import { recoverRows } from './recovery.ts'
import { createRollup, type Rollup } from './rollup.ts'
import { createRows, MOST_ATTEMPTS, type ExchangeNames, type Rows } from './rows.ts'

/** An exchange between its `open` and its committed settlement. */
interface Running {
  readonly createdAtMs: number
  names: ExchangeNames
  attempts: number
  backend: BackendId | undefined
  /** A settlement is on its way to the disk, or kept until the disk takes it. */
  isEnding: boolean
}

type Steps = Pick<Work, 'apply'> & Partial<Work>

/** What the ledger needs of the process around it. */
export interface LedgerOutside extends Pick<OutageParts, 'clock' | 'alarm'> {
  /** The program of the thread that copies the write-ahead log into the file; absent: commits do it. */
  readonly checkpointThread?: URL | undefined
}

const SILENT: LedgerOutside = { clock: systemClock, alarm: nothing }

const NO_NAMES: ExchangeNames = { ip: 0, key: 0, requestedModel: 0 }

/** The only writer of its database, which it closes when it is closed. Call `recover` once before anything else. */
export class SqliteLedger implements Ledger {
  readonly #database: OpenDatabase
  readonly #dictionary: Dictionary
  readonly #rollup: Rollup
  readonly #rows: Rows
  readonly #mark: Mark
  readonly #commits: GroupCommit
  readonly #checkpoints: Checkpoints | undefined
  readonly #running = new Map<number, Running>()
  readonly #firstRow: number
  readonly #outside: LedgerOutside
  #nextRow: number
  #oldestSkipped: number | undefined
  #isClosed = false

  constructor (database: OpenDatabase, outside: LedgerOutside = SILENT) {
    const { sqlite } = database
    this.#outside = outside
    this.#database = database
    this.#dictionary = createDictionary(sqlite)
    this.#rollup = createRollup(sqlite)
    this.#rows = createRows(sqlite, this.#dictionary)
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
    this.#firstRow = 1 + Number(sqlite.prepare('SELECT coalesce(max(id), 0) FROM exchanges').pluck().get())
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
    const { closed, skipped } = recoverRows({
      sqlite: this.#database.sqlite, dictionary: this.#dictionary, rows: this.#rows, rollup: this.#rollup
    }, this.#firstRow, nowMs)
    for (const { row, error } of skipped) {
      this.#outside.alarm(`exchange ${row} of an earlier process cannot be booked and stays open`, error)
    }
    this.#oldestSkipped = skipped[0]?.row
    this.#mark.start(this.#oldestSkipped ?? this.#firstRow)
    return closed
  }

  async open (intent: ExchangeIntent, attempt: AttemptIntent | undefined): Promise<OpenExchange> {
    if (this.#isClosed) throw unavailable('it is closed')
    const row = this.#nextRow++
    const { createdAtMs } = intent
    const exchange: Running = { createdAtMs, names: NO_NAMES, attempts: 0, backend: undefined, isEnding: false }
    this.#running.set(row, exchange)
    return this.#write({
      apply: () => {
        exchange.names = this.#rows.insertExchange(row, intent)
        if (!attempt) return
        exchange.backend = this.#rows.insertAttempt(row, 1, createdAtMs, attempt)
        exchange.attempts = 1
      },
      failed: () => { this.#running.delete(row) }
    }, { row, id: generationId(row, intent.tag, createdAtMs) })
  }

  async retry ({ row }: OpenExchange, ended: AttemptResult, next: AttemptIntent): Promise<void> {
    const exchange = this.#openOf(row)
    const rows = this.#rows
    let { attempts, backend } = exchange
    return this.#write({
      apply () {
        ({ attempts, backend } = exchange)
        refuseRetry(row, attempts)
        rows.closeAttempt(row, attempts, ended)
        exchange.backend = rows.insertAttempt(row, attempts + 1, exchange.createdAtMs, next)
        exchange.attempts = attempts + 1
      },
      undo () { Object.assign(exchange, { attempts, backend }) }
    }, undefined)
  }

  async settle ({ row, id }: OpenExchange, settlement: Settlement): Promise<Settled> {
    const exchange = this.#openOf(row)
    exchange.isEnding = true
    let isKept = false
    return this.#write<Settled>({
      apply: () => {
        this.#rows.closeExchange(row, settlement)
        if (settlement.attempt) this.#rows.closeAttempt(row, exchange.attempts, settlement.attempt)
        else if (exchange.attempts > 0) this.#rows.orphanAttempts(row, 'settled without a result')
        this.#count(row, exchange, settlement)
      },
      done: () => { this.#running.delete(row) },
      kept () { isKept = true },
      failed: (error) => {
        exchange.isEnding = false
        if (isKept) this.#outside.alarm(`exchange ${id} could not be settled; it will be at the next start`, error)
      }
    }, 'committed', 'kept')
  }

  async flush (): Promise<void> {
    this.#commits.flush()
  }

  /** Tries what is kept once more. Open exchanges stay open in the file; the next `recover` closes them. */
  async close (): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const lost = this.#commits.stop()
    if (lost > 0) {
      this.#outside.alarm(`${lost} ended exchanges could not be written; the next start books their upper bound`,
        unavailable(this.outage ?? 'write failed'))
    }
    await this.#checkpoints?.stop()
    this.#database.close()
  }

  /** Resolves with `value` when committed, or with `kept` as soon as the work is kept; only some work can be. */
  #write<Value> (steps: Steps, value: Value, kept?: Value): Promise<Value> {
    if (this.#isClosed) return Promise.reject(unavailable('it is closed'))
    return new Promise((resolve, reject) => {
      this.#commits.add({
        apply: steps.apply,
        undo: steps.undo ?? nothing,
        ...kept !== undefined && {
          kept () {
            steps.kept?.()
            resolve(kept)
          }
        },
        done () {
          steps.done?.()
          resolve(value)
        },
        failed (error) {
          steps.failed?.(error)
          reject(error)
        }
      })
    })
  }

  #openOf (row: number): Running {
    const exchange = this.#running.get(row)
    if (!exchange || exchange.isEnding) throw new Error(`exchange ${row} was settled already`)
    return exchange
  }

  #count (row: number, exchange: Running, { attempt, error }: Settlement): void {
    const { createdAtMs, names, attempts, backend } = exchange
    const counted = { createdAtMs, ip: names.ip, key: names.key, requestedModel: names.requestedModel }
    const isError = error !== undefined
    // Earlier attempts are read back from their rows; with one attempt, nearly always, everything is in hand.
    if (attempts === 1 && backend && attempt) this.#rollup.countOne(counted, backend, attempt, isError)
    else this.#rollup.countRows(row, counted, isError)
  }

  #beforeCommit (): void {
    this.#rollup.write()
    this.#mark.write(this.#oldestSkipped ?? this.#running.keys().next().value ?? this.#nextRow)
  }

  #afterCommit (): void {
    this.#dictionary.keep()
    this.#mark.keep()
    this.#checkpoints?.noteCommit()
  }

  #afterRollback (): void {
    this.#dictionary.forget()
    this.#rollup.clear()
  }
}

function nothing (): void {}

function refuseRetry (row: number, attempts: number): void {
  if (attempts === 0) throw new Error(`exchange ${row} has no attempt to retry`)
  if (attempts >= MOST_ATTEMPTS) throw new Error(`exchange ${row} has ${MOST_ATTEMPTS} attempts, the most there can be`)
}
