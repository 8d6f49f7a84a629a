// The three writes of the ledger as work of a group commit: what each does to rows, sums and memory, and takes back.
//
// Classes and not closures: two of them are made for every exchange, with five functions each.

import type { AttemptIntent, AttemptResult, ExchangeIntent, OpenExchange, Settled, Settlement } from '../ledger.ts'
import type { BackendId } from './dictionary.ts'
import type { Work } from './group-commit.ts'
import type { OutageParts } from './outage.ts'
import type { Rollup } from './rollup.ts'
import { MOST_ATTEMPTS, type ExchangeNames, type Rows } from './rows.ts'

/** An exchange between its `open` and its committed settlement. */
export interface Running {
  readonly opened: OpenExchange
  readonly createdAtMs: number
  names: ExchangeNames
  attempts: number
  backend: BackendId | undefined
  /** A settlement is on its way to the disk, or kept until the disk takes it. */
  isEnding: boolean
}

/** What the writes change. */
export interface Books {
  readonly rows: Rows
  readonly rollup: Rollup
  /** By row, in the order they were opened. */
  readonly running: Map<number, Running>
  readonly alarm: OutageParts['alarm']
}

/** The promise of a write. */
export interface Waiting<Value> {
  resolve (value: Value): void
  reject (error: Error): void
}

export class Opening implements Work {
  readonly mayBeKept = false
  readonly #books: Books
  readonly #exchange: Running
  readonly #intents: readonly [ExchangeIntent, AttemptIntent | undefined]
  readonly #waiting: Waiting<OpenExchange>

  constructor (
    books: Books, exchange: Running, intents: readonly [ExchangeIntent, AttemptIntent | undefined],
    waiting: Waiting<OpenExchange>
  ) {
    this.#books = books
    this.#exchange = exchange
    this.#intents = intents
    this.#waiting = waiting
  }

  apply (): void {
    const exchange = this.#exchange
    const { rows } = this.#books
    const [intent, attempt] = this.#intents
    const { row } = exchange.opened
    exchange.names = rows.insertExchange(row, intent)
    if (!attempt) return
    exchange.backend = rows.insertAttempt(row, 1, exchange.createdAtMs, attempt)
    exchange.attempts = 1
  }

  undo (): void {}

  done (): void {
    this.#waiting.resolve(this.#exchange.opened)
  }

  failed (error: Error): void {
    this.#books.running.delete(this.#exchange.opened.row)
    this.#waiting.reject(error)
  }

  kept (): void {}
}

export class Retrying implements Work {
  readonly mayBeKept = false
  readonly #books: Books
  readonly #exchange: Running
  readonly #steps: { readonly ended: AttemptResult, readonly next: AttemptIntent }
  readonly #waiting: Waiting<void>
  #before: Pick<Running, 'attempts' | 'backend'>

  constructor (
    books: Books, exchange: Running, steps: { readonly ended: AttemptResult, readonly next: AttemptIntent },
    waiting: Waiting<void>
  ) {
    this.#books = books
    this.#exchange = exchange
    this.#steps = steps
    this.#waiting = waiting
    this.#before = exchange
  }

  apply (): void {
    const exchange = this.#exchange
    const { attempts, backend, opened: { row } } = exchange
    this.#before = { attempts, backend }
    refuseRetry(row, attempts)
    const { ended, next } = this.#steps
    this.#books.rows.closeAttempt(row, attempts, ended)
    exchange.backend = this.#books.rows.insertAttempt(row, attempts + 1, exchange.createdAtMs, next)
    exchange.attempts = attempts + 1
  }

  undo (): void {
    const { attempts, backend } = this.#before
    Object.assign(this.#exchange, { attempts, backend })
  }

  done (): void {
    this.#waiting.resolve()
  }

  failed (error: Error): void {
    this.#waiting.reject(error)
  }

  kept (): void {}
}

export class Settling implements Work {
  readonly mayBeKept = true
  readonly #books: Books
  readonly #exchange: Running
  readonly #settlement: Settlement
  readonly #waiting: Waiting<Settled>
  #isKept = false

  constructor (books: Books, exchange: Running, settlement: Settlement, waiting: Waiting<Settled>) {
    this.#books = books
    this.#exchange = exchange
    this.#settlement = settlement
    this.#waiting = waiting
  }

  apply (): void {
    const { rows } = this.#books
    const { attempts, opened: { row } } = this.#exchange
    const { attempt } = this.#settlement
    rows.closeExchange(row, this.#settlement)
    if (attempt) rows.closeAttempt(row, attempts, attempt)
    else if (attempts > 0) rows.orphanAttempts(row, 'settled without a result')
    this.#count(row)
  }

  undo (): void {}

  done (): void {
    this.#books.running.delete(this.#exchange.opened.row)
    this.#waiting.resolve('committed')
  }

  kept (): void {
    this.#isKept = true
    this.#waiting.resolve('kept')
  }

  failed (error: Error): void {
    this.#exchange.isEnding = false
    if (this.#isKept) {
      this.#books.alarm(`exchange ${this.#exchange.opened.id} could not be settled; it will be at the next start`, error)
    }
    this.#waiting.reject(error)
  }

  #count (row: number): void {
    const { createdAtMs, names, attempts, backend } = this.#exchange
    const { attempt, error } = this.#settlement
    const counted = { createdAtMs, ip: names.ip, key: names.key, requestedModel: names.requestedModel }
    const isError = error !== undefined
    // Earlier attempts are read back from their rows; with one attempt, nearly always, everything is in hand.
    if (attempts === 1 && backend && attempt) this.#books.rollup.countOne(counted, backend, attempt, isError)
    else this.#books.rollup.countRows(row, counted, isError)
  }
}

function refuseRetry (row: number, attempts: number): void {
  if (attempts === 0) throw new Error(`exchange ${row} has no attempt to retry`)
  if (attempts >= MOST_ATTEMPTS) throw new Error(`exchange ${row} has ${MOST_ATTEMPTS} attempts, the most there can be`)
}
