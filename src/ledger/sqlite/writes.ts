// The three writes of the ledger as work of a group commit: what each does to rows, sums and memory, and takes back.
//
// Classes and not closures: two of them are made for every exchange, with five functions each.

import { GatewayError } from '../../core/errors.ts'
import type { AttemptResult, ExchangeIntent, OpenExchange, Settled, Settlement } from '../ledger.ts'
import type { BudgetBooks, Step } from './budget-books.ts'
import type { Held } from './budget-claims.ts'
import type { BackendId } from './dictionary.ts'
import type { Work } from './group-commit.ts'
import type { SqliteAnswers } from './idempotency.ts'
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
  /** Undefined: there were no budgets when it began. */
  held: Held | undefined
  /** A settlement is on its way to the disk, or kept until the disk takes it. */
  isEnding: boolean
}

/** What the writes change. */
export interface Books {
  readonly rows: Rows
  readonly rollup: Rollup
  readonly budgets: Pick<BudgetBooks, 'open' | 'retry' | 'settle'>
  readonly answers: Pick<SqliteAnswers, 'insert'>
  /** By row, in the order they were opened. */
  readonly running: Map<number, Running>
  readonly alarm: OutageParts['alarm']
}

/** The promise of a write. */
export interface Waiting<Value> {
  resolve (value: Value): void
  reject (error: Error): void
}

/** What an exchange begins with; without an attempt nothing was eligible. */
export interface First extends Pick<Step, 'shrink'> {
  readonly intent: ExchangeIntent
  readonly attempt: Step['attempt'] | undefined
}

export class Opening implements Work {
  readonly mayBeKept = false
  readonly #books: Books
  readonly #exchange: Running
  readonly #first: First
  readonly #waiting: Waiting<OpenExchange>
  #refusal: GatewayError | undefined

  constructor (
    books: Books, exchange: Running, first: First, waiting: Waiting<OpenExchange>
  ) {
    this.#books = books
    this.#exchange = exchange
    this.#first = first
    this.#waiting = waiting
  }

  apply (): void {
    const exchange = this.#exchange
    const { rows, budgets } = this.#books
    const { intent, attempt, shrink } = this.#first
    const { row } = exchange.opened
    const reserved = attempt && budgets.open(intent, { attempt, shrink })
    if (reserved instanceof GatewayError) return this.#refuse(reserved)
    exchange.held = reserved?.held
    exchange.names = rows.insertExchange(row, intent, reserved?.held.set)
    if (!attempt) return
    exchange.backend = rows.insertAttempt(row, 1, exchange.createdAtMs, reserved?.attempt ?? attempt)
    exchange.attempts = 1
    if (intent.idempotent) this.#books.answers.insert(row, intent.idempotent)
  }

  undo (): void {
    this.#refusal = undefined
  }

  done (): void {
    if (this.#refusal) this.failed(this.#refusal)
    else this.#waiting.resolve(this.#exchange.opened)
  }

  failed (error: Error): void {
    this.#books.running.delete(this.#exchange.opened.row)
    this.#waiting.reject(error)
  }

  kept (): void {}

  /** A budget has no room: the exchange ends as it begins, and its neighbours in the batch go on. */
  #refuse (refusal: GatewayError): void {
    const { rows, rollup } = this.#books
    const { intent } = this.#first
    const { row, id } = this.#exchange.opened
    const names = rows.insertExchange(row, intent, undefined)
    rows.closeExchange(row, { status: refusal.status, durationMs: 0, error: refusal.code, attempt: undefined })
    rollup.countRows(row, { createdAtMs: intent.createdAtMs, ...names }, true)
    Object.assign(refusal.extras.metadata ?? {}, { exchange: id })
    this.#refusal = refusal
  }
}

export class Retrying implements Work {
  readonly mayBeKept = false
  readonly #books: Books
  readonly #exchange: Running
  readonly #step: Step & { readonly ended: AttemptResult }
  readonly #waiting: Waiting<void>
  #before: Pick<Running, 'attempts' | 'backend' | 'held'>
  #refusal: GatewayError | undefined

  constructor (
    books: Books, exchange: Running, step: Step & { readonly ended: AttemptResult },
    waiting: Waiting<void>
  ) {
    this.#books = books
    this.#exchange = exchange
    this.#step = step
    this.#waiting = waiting
    this.#before = exchange
  }

  apply (): void {
    const exchange = this.#exchange
    const { attempts, backend, held, opened: { row } } = exchange
    this.#before = { attempts, backend, held }
    refuseRetry(row, attempts)
    const { ended, attempt } = this.#step
    const reserved = held && this.#books.budgets.retry(held, ended, this.#step)
    if (reserved instanceof GatewayError) {
      this.#refusal = reserved
      return
    }
    const holds = reserved?.held
    exchange.held = holds
    if (holds?.set !== undefined && holds.set !== held?.set) this.#books.rows.changeBudgets(row, holds.set)
    this.#books.rows.closeAttempt(row, attempts, ended)
    const begun = reserved?.attempt ?? attempt
    exchange.backend = this.#books.rows.insertAttempt(row, attempts + 1, exchange.createdAtMs, begun)
    exchange.attempts = attempts + 1
  }

  undo (): void {
    const { attempts, backend, held } = this.#before
    Object.assign(this.#exchange, { attempts, backend, held })
    this.#refusal = undefined
  }

  done (): void {
    if (this.#refusal) this.#waiting.reject(this.#refusal)
    else this.#waiting.resolve()
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
    const { rows, budgets } = this.#books
    const { attempts, held, opened: { row } } = this.#exchange
    const { attempt } = this.#settlement
    if (held) budgets.settle(held, attempt)
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
