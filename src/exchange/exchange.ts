// The heart: one client request, recorded, tried in order, delivered once, settled once.
//
// What must hold here: nothing is sent before its row is committed (P1); every path ends in exactly one settlement
// (P2); after the first byte to the client another backend may only carry on what was delivered (P6).

import { mergeDeadlines } from '../core/deadlines.ts'
import { GatewayError } from '../core/errors.ts'
import { OUTCOME_RULES, type Outcome } from '../core/outcome.ts'
import type { AttemptProgress } from '../ledger/ledger.ts'
import type { Plan } from '../routing/plan.ts'
import type { Identity } from '../wire/format.ts'
import { additionsOf } from './additions.ts'
import { exchangeHeaders } from './answer-headers.ts'
import type { Ask } from './ask.ts'
import { Attempt } from './attempt.ts'
import { neverSent, type Attempted } from './attempted.ts'
import { Books, type Ending, type Priced } from './books.ts'
import { ClientStream } from './client-stream.ts'
import { deliverPlain } from './deliver-plain.ts'
import { StreamDelivery } from './deliver-stream.ts'
import type { Delivering } from './delivering.ts'
import { endWithError } from './end-with-error.ts'
import { failureOf, modelsOf, nothingEligible } from './failure.ts'
import { openrouterMetadata } from './openrouter-metadata.ts'
import { laneOf } from './lane.ts'
import { lossesOf } from './losses.ts'
import type { Outlet } from './outlet.ts'
import type { ExchangeParts } from './parts.ts'
import { isLate, performedOf } from './performed.ts'
import { Runs, type Running } from './running.ts'
import { attemptResult, priceAnswer, priceFailure } from './settle.ts'
import type { Stoppable } from './stoppable.ts'
import { Turns, type Turn } from './turns.ts'

const NO_LESSON: Outcome = { kind: 'abandoned' }

export function createExchange (parts: ExchangeParts): Running {
  const runs = new Runs()
  return {
    async exchange (ask, outlet) {
      const run = new Run(ask, outlet, parts)
      runs.add(run)
      await run.go()
      runs.remove(run)
    },
    interrupt () { runs.interrupt() },
    ended: () => runs.ended(),
    get count () { return runs.count }
  }
}

class Run implements Delivering {
  readonly ask: Ask
  readonly outlet: Outlet
  readonly parts: ExchangeParts
  readonly #books: Books
  readonly client: ClientStream
  readonly attempts: Attempted[] = []
  readonly #startedMs: number
  readonly #delivery: StreamDelivery
  #plan: Plan | undefined
  /** Backends whose failure in this exchange is noted: a request that provokes one, tried twice, is no second one. */
  #blamed: readonly string[] = []
  /** Whose credential is taken. */
  #turn: Turn | undefined
  #running: Stoppable | undefined
  #endDrain: (() => void) | undefined
  #endAtMs = Infinity
  /** Why nothing more is to be done: the client left, or the broker has to go. */
  stop: Delivering['stop']

  constructor (ask: Ask, outlet: Outlet, parts: ExchangeParts) {
    this.ask = ask
    this.outlet = outlet
    this.parts = parts
    this.#startedMs = parts.clock.monotonicMs()
    this.#books = new Books(ask, parts)
    this.client = new ClientStream({ outlet, clock: parts.clock, keepAliveMs: ask.isExact ? 0 : parts.keepAliveMs })
    this.#delivery = new StreamDelivery(this)
  }

  get id (): string {
    return this.#books.id
  }

  /** Never rejects. */
  async go (): Promise<void> {
    this.outlet.onGone(() => { this.#leave() })
    this.parts.retryBudget.noteRequest()
    try {
      await this.#serve(this.parts.router.plan(this.ask))
    } catch (error) {
      await this.#endWithError(error)
    }
  }

  /** The broker has to go: a stream that has begun is told in-band, anything else is refused. */
  interrupt (): void {
    if (this.stop === 'client_gone') return this.#running?.abandon() // a drain
    this.stop = 'draining'
    this.#running?.abandon()
  }

  #leave (): void {
    if (this.stop) return
    this.stop = 'client_gone'
    if (this.#turn?.provider.billsOnCancel && this.#running) {
      this.#endDrain = this.parts.drains.begin(() => { this.#running?.abandon() })
      if (this.#endDrain && this.#running.detach()) return
    }
    this.#running?.abandon()
  }

  async #serve (plan: Plan): Promise<void> {
    this.#plan = plan
    const turns = new Turns(plan, this.parts)
    const first = await this.#next(turns, undefined)
    if (!first) {
      await this.#books.openEmpty(plan)
      throw nothingEligible(plan, this.ask, this.parts)
    }
    const opened = await this.#books.open(plan, first)
    this.#delivery.choose(opened.candidate.model)
    for (let turn = opened; ;) {
      const attempted = await this.#attempt(turn)
      const rest = await this.#deliver(attempted)
      if (!rest) return
      const next = await this.#next(turns, rest)
      if (!next) throw this.#delivery.failure ?? failureOf(plan, this.attempts, this.parts)
      const cost = priceFailure(this.ask, rest, this.parts)
      this.#measure(rest, cost)
      turn = await this.#books.retry(attemptResult(rest, cost), this.#delivery.prepared(next))
    }
  }

  /** The next turn, after the wait it may need. @throws GatewayError when there is no time, or nobody, left. */
  async #next (turns: Turns, rest: Attempted | undefined): Promise<Turn | undefined> {
    this.#throwIfOver()
    const isSame = rest !== undefined && this.#delivery.isContinuationRefused(rest)
    let next = isSame ? turns.same() ?? turns.next(undefined) : turns.next(rest?.outcome)
    while (next && 'waitMs' in next) {
      await this.#pause(next.waitMs)
      this.#throwIfOver()
      next = turns.next(undefined)
    }
    return next
  }

  #throwIfOver (): void {
    if (this.stop) throw new GatewayError(this.stop)
    const nowMs = this.parts.clock.monotonicMs()
    if (nowMs < this.#endAtMs) return
    const seconds = Math.round(this.#endAtMs - this.#startedMs) / 1000
    const model = this.#plan ? modelsOf(this.#plan) : this.ask.envelope.model
    throw this.#delivery.failure ?? new GatewayError('deadline_passed', { model, seconds })
  }

  async #pause (waitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const disarm = this.parts.clock.after(Math.min(waitMs, this.#endAtMs - this.parts.clock.monotonicMs()), resolve)
      const abandon = () => {
        disarm()
        resolve()
      }
      this.#running = { abandon, detach: () => false }
    })
  }

  async #attempt (turn: Turn): Promise<Attempted> {
    this.#turn = turn
    const attempted = this.stop ? neverSent(turn) : await this.#call(turn)
    this.attempts.push(attempted)
    if (attempted.outcome.kind === 'answered') this.parts.router.served(this.#plan as Plan, turn.candidate)
    if (attempted.outcome.kind === 'unauthorised') {
      this.parts.alarm(`${turn.provider.id} refused the credential ${turn.credential.id} (${attempted.outcome.status})`)
    }
    // A stream keeps its credential busy until its end, and only its end says whether the backend is well. An empty
    // answer says nothing: a client can ask for one (`stop` at the first token), and would open the breaker for all.
    if (attempted.live) this.parts.health.prove(turn.candidate.backend.id)
    else this.#giveBack(attempted.isEmpty ? NO_LESSON : attempted.outcome)
    return attempted
  }

  #call (turn: Turn): Promise<Attempted> {
    const { ask, parts } = this
    const number = this.attempts.length + 1
    const { provider, candidate: { model } } = turn
    const deadlines = mergeDeadlines(parts.deadlines, provider.deadlines, model.deadlines, ask.deadlines)
    this.#endAtMs = deadlines.totalMs === 0 ? Infinity : this.#startedMs + deadlines.totalMs
    const attempt = new Attempt({
      ask,
      lane: laneOf(ask, turn.candidate),
      turn,
      parts,
      deadlines,
      endAtMs: this.#endAtMs,
      sequel: this.#delivery.sequelFor(turn),
      identity: this.#identityOf(turn),
      additionsFor: (usage) => this.additions(turn, priceAnswer(ask, turn, usage, parts), number)
    })
    this.#running = attempt
    return attempt.send().result
  }

  #giveBack (outcome: Outcome): void {
    const turn = this.#turn
    this.#turn = undefined
    if (!turn) return
    const lesson = this.#lessonOf(outcome, turn.candidate.backend.id)
    this.parts.credentials.giveBack(turn.credential, lesson)
    this.parts.health.note(turn.candidate.backend.id, lesson)
  }

  #lessonOf (outcome: Outcome, backend: string): Outcome {
    if (OUTCOME_RULES[outcome.kind].blame !== 'provider') return outcome
    if (this.#isOwnDeadline(outcome) || this.#blamed.includes(backend)) return NO_LESSON
    this.#blamed = [...this.#blamed, backend]
    return outcome
  }

  /** A deadline that the client chose, or that the exchange ran into as a whole, says nothing about the backend. */
  #isOwnDeadline (outcome: Outcome): boolean {
    if (!isLate(outcome)) return false
    return this.ask.deadlines !== undefined || this.parts.clock.monotonicMs() >= this.#endAtMs
  }

  #measure (attempted: Attempted, { usage }: Priced): void {
    if (this.#isOwnDeadline(attempted.outcome)) return
    this.parts.performance.note(attempted.turn.candidate.backend.id, performedOf(attempted, usage))
  }

  /** Undefined: it is settled and told. Else what the attempt came to, and the next one has its turn. */
  async #deliver (attempted: Attempted): Promise<Attempted | undefined> {
    const { plain, live } = attempted
    if (plain) {
      await deliverPlain(this, attempted, plain)
      return undefined
    }
    if (!live) return attempted
    const relay = this.#delivery.relay(live, attempted.turn)
    this.#running = relay
    const ended = await this.#delivery.run(relay, attempted)
    this.attempts[this.attempts.length - 1] = ended.attempted // what the peek took for an answer may have broken
    this.#giveBack(ended.attempted.outcome)
    return await this.#delivery.finish(ended)
  }

  #endWithError (cause: unknown): Promise<void> {
    const settle = (ending: Ending) => this.#settleError(ending, this.attempts[this.attempts.length - 1])
    return endWithError(this, cause, { books: this.#books, delivery: this.#delivery, plan: this.#plan, settle })
  }

  async #settleError (ending: Ending, last: Attempted | undefined): Promise<void> {
    // An attempt that a bug ended has no result: the ledger books it at its bound, and the one before keeps its own.
    const ended = this.#turn && this.#turn !== last?.turn ? undefined : last
    this.#giveBack({ kind: 'abandoned' })
    this.#running?.abandon()
    if (!this.#books.needsSettlement) return
    const cost = ended && priceFailure(this.ask, ended, this.parts)
    await this.settle(ending, ended, cost)
  }

  note (seen: AttemptProgress): void {
    this.#books.note(seen)
  }

  async settle (ending: Ending, attempted: Attempted | undefined, cost: Priced | undefined): Promise<void> {
    this.#endDrain?.()
    if (attempted && cost) this.#measure(attempted, cost)
    if (attempted && cost?.usage.cache_read) this.parts.router.cached(this.#plan as Plan, attempted.turn.candidate)
    await this.#books.settle(ending, attempted, cost)
    this.#books.report(ending, this.attempts, cost)
  }

  /** What every answer carries; `attempted` undefined: nobody has answered yet. */
  headers (attempted: Attempted | undefined): string[] {
    const provider = attempted && this.providerName(attempted.turn)
    const { id, attempts: { length: attempts }, ask, ask: { wire: { idHeader } } } = this
    return exchangeHeaders({ id, attempts, attempted, provider, losses: lossesOf(ask, attempted), idHeader })
  }

  additions (turn: Turn, cost: Priced, attempts: number) {
    return additionsOf(this.ask, turn, cost, {
      policy: this.#plan?.policy ?? '',
      attempts,
      durationMs: this.#books.elapsedMs,
      provider: this.providerName(turn),
      metadata: openrouterMetadata(this, this.#plan, turn),
      identity: this.#identityOf(turn)
    })
  }

  #identityOf ({ candidate: { backend } }: Turn): Identity {
    return { id: this.id, model: backend.modelId, createdS: Math.floor(this.parts.clock.nowMs() / 1_000) }
  }

  providerName (turn: Turn): string {
    return this.parts.providerLabel ?? turn.provider.id
  }
}
