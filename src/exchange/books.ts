// The rows of one exchange: recorded before anything is sent, settled exactly once, then reported.

import type { GatewayError } from '../core/errors.ts'
import type { AttemptIntent, AttemptProgress, AttemptResult, OpenExchange, Shrink } from '../ledger/ledger.ts'
import type { Cost, Measured } from '../metering/cost.ts'
import type { Plan } from '../routing/plan.ts'
import type { Ask } from './ask.ts'
import type { Attempted } from './attempted.ts'
import { boundedCandidate } from './bounded.ts'
import type { ExchangeParts } from './parts.ts'
import { attemptIntent, attemptResult, exchangeIntent, ledgerRefusal } from './settle.ts'
import { toldBy } from './told.ts'
import type { Turn } from './turns.ts'
import { changedTurn } from './changed-turn.ts'
import { fittingOutput } from './clamp.ts'

export type Priced = Cost & Measured

export interface Ending {
  /** The HTTP status the client got; 499 when it left first. */
  readonly status: number
  readonly error: string | undefined
}

export class Books {
  readonly #ask: Ask
  readonly #parts: ExchangeParts
  readonly #startedMs: number
  #open: OpenExchange | undefined
  #requestId: string | undefined
  /** Of an exchange that a budget ended as it began: it has a row, and nothing to settle. */
  #refusedId: string | undefined
  /** The limit of output tokens that a budget leaves; undefined: as the client asked. */
  #fitting: number | undefined
  #isSettled = false

  constructor (ask: Ask, parts: ExchangeParts) {
    this.#ask = ask
    this.#parts = parts
    this.#startedMs = parts.clock.monotonicMs()
  }

  /** The generation id; a request that never got a row has an id for the log alone. */
  get id (): string {
    if (this.#open) return this.#open.id
    if (this.#refusedId !== undefined) return this.#refusedId
    this.#requestId ??= `req-${this.#parts.nextTag()}`
    return this.#requestId
  }

  get hasRow (): boolean {
    return this.#open !== undefined
  }

  get needsSettlement (): boolean {
    return this.#open !== undefined && !this.#isSettled
  }

  get elapsedMs (): number {
    return this.#parts.clock.monotonicMs() - this.#startedMs
  }

  /**
   * Resolves when the rows are committed, with the turn as it has to be made: smaller, where only that fits a budget.
   * @throws GatewayError `ledger_unavailable`, `budget_exceeded` …; the turn's credential is free.
   */
  open (plan: Plan, first: Turn): Promise<Turn> {
    return this.#write(first, async () => {
      const turn = this.#dated(this.#bounded(first))
      const intent = exchangeIntent(this.#ask, plan, this.#parts)
      this.#open = await this.#parts.ledger.open(intent, this.#intentOf(turn), this.#shrink(turn))
      return this.#fitted(turn)
    })
  }

  /** Records an exchange for which there is nobody to ask. @throws GatewayError `ledger_unavailable`. */
  async openEmpty (plan: Plan): Promise<void> {
    try {
      this.#open = await this.#parts.ledger.open(exchangeIntent(this.#ask, plan, this.#parts), undefined)
    } catch (error) {
      throw ledgerRefusal(error)
    }
  }

  /** Closes the failed attempt and records the next one. Resolves and throws as `open`. */
  retry (ended: AttemptResult, next: Turn): Promise<Turn> {
    return this.#write(next, async () => {
      const turn = this.#dated(this.#bounded(next))
      const attempt = this.#intentOf(this.#fitted(turn))
      await this.#parts.ledger.retry(this.#open as OpenExchange, ended, attempt, this.#shrink(turn))
      return this.#fitted(turn)
    })
  }

  /** What is known while it runs; nobody waits for it. */
  note (seen: AttemptProgress): void {
    if (this.#open && !this.#isSettled) this.#parts.ledger.progress(this.#open, seen)
  }

  #intentOf (turn: Turn): AttemptIntent {
    return attemptIntent(turn, this.#parts, this.#ask.principal.unknownPrice)
  }

  /** Its moment is part of its price. */
  #dated (turn: Turn): Turn {
    const { price } = turn.candidate.backend
    return price?.terms?.hours ? { ...turn, sentAtMs: this.#parts.clock.nowMs() } : turn
  }

  #bounded (turn: Turn): Turn {
    const candidate = boundedCandidate(this.#ask, turn.candidate, this.#parts.ledger)
    return candidate === turn.candidate ? turn : { ...turn, candidate }
  }

  /** The books say what is left at the moment they reserve it, and reserve what this makes of the turn. */
  #shrink (turn: Turn): Shrink {
    return (room) => {
      const fitting = fittingOutput(this.#ask, turn, room)
      if (fitting === undefined) return undefined
      this.#fitting = fitting
      return this.#intentOf(this.#fitted(turn))
    }
  }

  #fitted (turn: Turn): Turn {
    return this.#fitting === undefined ? turn : changedTurn(this.#ask, turn, { clampedOutput: this.#fitting })
  }

  /**
   * Books the end. An answer in hand waits for no disk: a settlement the store refuses is kept and tried again by the
   * ledger, which tells of the outage once. One that can never be written is told here, and recovery closes its row.
   */
  async settle ({ status, error }: Ending, attempted: Attempted | undefined, cost: Priced | undefined): Promise<void> {
    if (this.#isSettled) return
    this.#isSettled = true
    const open = this.#open as OpenExchange
    const attempt = attempted && cost ? attemptResult(attempted, cost, toldBy(this.#ask, attempted)) : undefined
    const durationMs = this.elapsedMs
    try {
      await this.#parts.ledger.settle(open, { status, error, durationMs, attempt })
    } catch (refusal) {
      this.#parts.alarm(`exchange ${open.id} could not be settled; it will be at the next start`, refusal)
    }
  }

  report ({ status, error }: Ending, attempts: readonly Attempted[], cost: Priced | undefined): void {
    const { principal, task, envelope } = this.#ask
    const last = attempts[attempts.length - 1]
    this.#parts.report({
      id: this.id,
      ip: principal.ip,
      keyId: principal.keyId,
      task,
      isStream: envelope.isStream,
      requestedModel: envelope.model,
      provider: last && (this.#parts.providerLabel ?? last.turn.provider.id),
      modelId: last?.turn.candidate.backend.modelId,
      status,
      error,
      attempts: attempts.length,
      durationMs: this.elapsedMs,
      firstEventMs: last?.firstEventMs,
      usage: cost?.usage ?? {},
      cost: cost?.amount,
      grade: cost?.grade
    })
  }

  async #write (turn: Turn, write: () => Promise<Turn>): Promise<Turn> {
    try {
      return await write()
    } catch (error) {
      this.#parts.credentials.giveBack(turn.credential, { kind: 'abandoned' })
      this.#parts.health.note(turn.candidate.backend.id, { kind: 'abandoned' })
      const refusal = ledgerRefusal(error)
      this.#refusedId = idIn(refusal)
      throw refusal
    }
  }
}

/** The ledger names the exchange it has recorded as refused. */
function idIn ({ extras: { metadata } }: GatewayError): string | undefined {
  const id = metadata?.['exchange']
  return typeof id === 'string' ? id : undefined
}
