// Kept answers on SQLite: their rows are written with those of the ledger, in its transactions.

import type { Database } from 'better-sqlite3'
import type { Clock } from '../../core/clock.ts'
import {
  IDEMPOTENT_MS, type IdempotentAnswers, type IdempotentRequest, type KeptAnswer, type Remembered
} from '../idempotency.ts'
import type { GroupCommit } from './group-commit.ts'
import { createIdempotentRows, type IdempotentRows } from './idempotency-rows.ts'

export interface SqliteAnswersParts {
  readonly sqlite: Database
  readonly commits: Pick<GroupCommit, 'add'>
  readonly clock: Clock
  /** Bytes of all bodies that are kept. */
  readonly limitBytes: number
}

/** Expired rows go within so long, whether or not somebody asks. */
const SWEEP_MS = 10 * 60 * 1000
/** Rows per transaction: a body may take a thousand pages, and each is touched when it goes. */
const SWEPT_AT_ONCE = 16

export class SqliteAnswers implements IdempotentAnswers {
  readonly #parts: SqliteAnswersParts
  #rows: IdempotentRows | undefined
  /** Of all bodies, and what that was when the last transaction ended. */
  #bytes = 0
  #committedBytes = 0
  #cancelSweep: (() => void) | undefined
  #isStopped = false

  constructor (parts: SqliteAnswersParts) {
    this.#parts = parts
    const isUsed = parts.sqlite.prepare('SELECT 1 FROM idempotent_answers').get() !== undefined
    if (isUsed) this.#sweepAfter(0)
  }

  find (key: Buffer): Remembered | undefined {
    return this.#table.find(key, this.#expiredMs)
  }

  /** Part of the transaction that opens exchange `row`. @throws when the key is taken. */
  insert (row: number, request: IdempotentRequest): void {
    const createdAtMs = this.#parts.clock.nowMs()
    this.#bytes -= this.#table.insert(row, request, { createdAtMs, expiredMs: createdAtMs - IDEMPOTENT_MS })
    this.#sweepAfter(SWEEP_MS)
  }

  keep (key: Buffer, answer: KeptAnswer): Promise<void> {
    return this.#write(() => {
      if (!this.#table.end(key, answer)) return
      this.#bytes += answer.body?.length ?? 0
      while (this.#bytes > this.#parts.limitBytes) this.#bytes -= this.#table.dropOldestBody() ?? this.#bytes
    })
  }

  free (key: Buffer): Promise<void> {
    return this.#write(() => { this.#table.free(key) })
  }

  /** The transaction was committed. */
  afterCommit (): void {
    this.#committedBytes = this.#bytes
  }

  afterRollback (): void {
    this.#bytes = this.#committedBytes
  }

  /** No write of its own accord any more. */
  stop (): void {
    this.#isStopped = true
    this.#cancelSweep?.()
  }

  get #expiredMs (): number {
    return this.#parts.clock.nowMs() - IDEMPOTENT_MS
  }

  /** Made when first needed: a broker whose clients send no keys prepares nothing. */
  get #table (): IdempotentRows {
    if (this.#rows) return this.#rows
    this.#rows = createIdempotentRows(this.#parts.sqlite)
    this.#bytes = this.#committedBytes = this.#rows.bytes()
    return this.#rows
  }

  #sweepAfter (delayMs: number): void {
    if (this.#isStopped) return
    this.#cancelSweep ??= this.#parts.clock.after(delayMs, () => {
      this.#cancelSweep = undefined
      this.#sweep()
    })
  }

  async #sweep (): Promise<void> {
    let rows = 0
    try {
      await this.#write(() => {
        const swept = this.#table.deleteExpired(this.#expiredMs, SWEPT_AT_ONCE)
        rows = swept.rows
        this.#bytes -= swept.bytes
      })
    } catch {} // the store is out, and says so itself; the next sweep finds the same rows
    this.#sweepAfter(rows === SWEPT_AT_ONCE ? 0 : SWEEP_MS)
  }

  #write (apply: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#parts.commits.add({ mayBeKept: false, apply, undo: nothing, done: resolve, failed: reject, kept: nothing })
    })
  }
}

function nothing (): void {}
