// The heart: one client request, recorded, tried in order, relayed once, settled once.
//
// What must hold here: nothing is sent before its row is committed (P1); every path ends in exactly one settlement
// (P2); after the first byte to the client no other backend is asked (P6).

import { GatewayError } from '../core/errors.ts'
import { OUTCOME_RULES, type Outcome } from '../core/outcome.ts'
import type { Plan } from '../routing/plan.ts'
import type { PlainAnswer } from '../wire/format.ts'
import { additionsOf } from './additions.ts'
import { costHeaders, exchangeHeaders } from './answer-headers.ts'
import type { Ask, Exchange } from './ask.ts'
import { Attempt } from './attempt.ts'
import { neverSent, type Attempted } from './attempted.ts'
import { Books, type Ending, type Priced } from './books.ts'
import { failureOf, nothingEligible } from './failure.ts'
import { isUntouched, textHeader, usageOf } from './lanes.ts'
import type { LiveStream } from './live-stream.ts'
import type { Outlet } from './outlet.ts'
import type { ExchangeParts } from './parts.ts'
import { refuse } from './refuse.ts'
import { Relay, type RelayEnd } from './relay.ts'
import { attemptResult, priceAnswer, priceFailure } from './settle.ts'
import { Turns, type Turn } from './turns.ts'

export function createExchange (parts: ExchangeParts): Exchange {
  return (ask, outlet) => new Run(ask, outlet, parts).go()
}

class Run {
  readonly #ask: Ask
  readonly #outlet: Outlet
  readonly #parts: ExchangeParts
  readonly #books: Books
  readonly #attempts: Attempted[] = []
  #policy = ''
  /** Whose credential is taken. */
  #turn: Turn | undefined
  #isGone = false
  #running: { abandon (): void } | undefined

  constructor (ask: Ask, outlet: Outlet, parts: ExchangeParts) {
    this.#ask = ask
    this.#outlet = outlet
    this.#parts = parts
    this.#books = new Books(ask, parts)
  }

  async go (): Promise<void> {
    this.#outlet.onGone(() => {
      this.#isGone = true
      this.#running?.abandon()
    })
    try {
      await this.#serve(this.#parts.router.plan(this.#ask))
    } catch (error) {
      await this.#endWithError(error)
    }
  }

  async #serve (plan: Plan): Promise<void> {
    this.#policy = plan.policy
    const turns = new Turns(plan, this.#parts.providers(), this.#parts.credentials)
    const first = turns.next(undefined)
    await this.#books.open(plan, first)
    if (!first) throw nothingEligible(plan, this.#parts)
    const attempted = await this.#tryInOrder(first, turns)
    const { plain, live } = attempted
    if (plain) return await this.#deliverPlain(attempted, plain)
    if (live) return await this.#deliverStream(attempted, live)
    throw attempted.outcome.kind === 'abandoned'
      ? new GatewayError('client_gone')
      : failureOf(plan.requestedModel, this.#attempts)
  }

  /** Asks one backend after the other until one answers, refuses the request itself, or nobody is left. */
  async #tryInOrder (first: Turn, turns: Turns): Promise<Attempted> {
    for (let turn = first; ;) {
      const attempted = await this.#attempt(turn)
      if (OUTCOME_RULES[attempted.outcome.kind].next !== 'next') return attempted
      const next = turns.next(attempted.outcome)
      if (!next) return attempted
      await this.#books.retry(attemptResult(attempted, priceFailure(this.#ask, attempted, this.#parts)), next)
      turn = next
    }
  }

  async #attempt (turn: Turn): Promise<Attempted> {
    this.#turn = turn
    const attempted = this.#isGone ? neverSent(turn) : await this.#call(turn)
    this.#attempts.push(attempted)
    if (attempted.outcome.kind === 'unauthorised') {
      this.#parts.alarm(`${turn.provider.id} refused the credential ${turn.credential.id} (${attempted.outcome.status})`)
    }
    // A stream keeps its credential busy until its end, and only its end says whether the backend is well.
    if (!attempted.live) this.#giveBack(attempted.outcome)
    return attempted
  }

  #giveBack (outcome: Outcome): void {
    const turn = this.#turn
    this.#turn = undefined
    if (!turn) return
    this.#parts.credentials.giveBack(turn.credential, outcome)
    this.#parts.health.note(turn.candidate.backend.id, outcome)
  }

  async #call (turn: Turn): Promise<Attempted> {
    const number = this.#attempts.length + 1
    const attempt = new Attempt({
      ask: this.#ask,
      turn,
      parts: this.#parts,
      additionsFor: (usage) => this.#additions(turn, priceAnswer(this.#ask, turn, usage, this.#parts), number)
    })
    this.#running = attempt.send()
    return await attempt.result
  }

  async #deliverPlain (attempted: Attempted, plain: PlainAnswer): Promise<void> {
    const { turn } = attempted
    const usage = plain.value && (usageOf(turn.provider, plain.value) ?? plain.value)
    const cost = priceAnswer(this.#ask, turn, usage, this.#parts)
    const bytes = isUntouched(this.#ask, turn.provider)
      ? plain.bytes
      : this.#ask.wire.finishAnswer(plain, this.#additions(turn, cost, this.#attempts.length))
    await this.#settle({ status: 200, error: undefined }, attempted, cost)
    this.#outlet.begin(200, [
      ...this.#headers(attempted), ...costHeaders(cost),
      'content-type', textHeader(attempted.headers, 'content-type') || 'application/json',
      'content-length', String(bytes.length)
    ])
    this.#outlet.end(bytes)
  }

  async #deliverStream (attempted: Attempted, live: LiveStream): Promise<void> {
    const { turn } = attempted
    const relay = new Relay(live, this.#outlet, this.#parts.clock)
    this.#running = relay
    this.#outlet.begin(200, [
      ...this.#headers(attempted), 'x-accel-buffering', 'no',
      'content-type', textHeader(attempted.headers, 'content-type')
    ])
    const end = await relay.start(this.#isGone).end
    const outcome = outcomeOf(end, attempted)
    this.#giveBack(outcome)
    const cost = priceAnswer(this.#ask, turn, live.reader.usage, this.#parts)
    await this.#settle(endingOf(end), { ...attempted, outcome, durationMs: this.#books.elapsedMs }, cost)
    this.#closeStream(end, attempted)
  }

  #closeStream (end: RelayEnd, { turn, headers }: Attempted): void {
    if (end.kind === 'complete') return this.#outlet.end(end.tail)
    if (end.kind === 'cut') {
      const error = new GatewayError('stream_cut', { provider: turn.provider.displayName, reason: end.reason })
      const frame = this.#ask.wire.errorFrame(error, this.#books.id, textHeader(headers, 'content-type'))
      if (frame) this.#outlet.write(frame)
    }
    this.#outlet.cut()
  }

  async #endWithError (cause: unknown): Promise<void> {
    const error = cause instanceof GatewayError ? cause : new GatewayError('internal', {}, { cause })
    if (error.code === 'internal') this.#parts.alarm('an exchange failed on a bug of the broker', cause)
    const last = this.#attempts[this.#attempts.length - 1]
    if (!this.#books.hasRow) this.#books.report({ status: error.status, error: error.code }, [], undefined)
    await this.#settleError(error, last)
    if (error.code === 'client_gone') return this.#outlet.cut()
    refuse(this.#outlet, this.#ask, error, {
      id: this.#books.id, attempts: this.#attempts, provider: last && this.#providerName(last.turn)
    })
  }

  async #settleError ({ status, code }: GatewayError, last: Attempted | undefined): Promise<void> {
    // An attempt that a bug ended has no result: the ledger books it at its bound, and the one before keeps its own.
    const ended = this.#turn && this.#turn !== last?.turn ? undefined : last
    this.#giveBack({ kind: 'abandoned' })
    this.#running?.abandon()
    if (!this.#books.needsSettlement) return
    const cost = ended && priceFailure(this.#ask, ended, this.#parts)
    await this.#settle({ status, error: code }, ended, cost)
  }

  async #settle (ending: Ending, attempted: Attempted | undefined, cost: Priced | undefined): Promise<void> {
    await this.#books.settle(ending, attempted, cost)
    this.#books.report(ending, this.#attempts, cost)
  }

  #headers (attempted: Attempted): string[] {
    return exchangeHeaders({
      id: this.#books.id, attempts: this.#attempts.length, attempted, provider: this.#providerName(attempted.turn)
    })
  }

  #additions (turn: Turn, cost: Priced, attempts: number) {
    const facts = {
      policy: this.#policy, attempts, durationMs: this.#books.elapsedMs, provider: this.#providerName(turn)
    }
    return additionsOf(this.#ask, turn, cost, facts)
  }

  #providerName (turn: Turn): string {
    return this.#parts.providerLabel ?? turn.provider.id
  }
}

function outcomeOf (end: RelayEnd, attempted: Attempted): Outcome {
  if (end.kind === 'complete') return attempted.outcome
  return end.kind === 'cut' ? { kind: 'cut', reason: end.reason } : { kind: 'abandoned' }
}

function endingOf (end: RelayEnd): Ending {
  if (end.kind === 'complete') return { status: 200, error: undefined }
  return end.kind === 'cut' ? { status: 200, error: 'stream_cut' } : { status: 499, error: 'client_gone' }
}
