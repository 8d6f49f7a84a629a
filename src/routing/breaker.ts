// The breaker of one backend: who fails is left alone for a while, then one call at a time finds out if it is back.
//
// DESIGN. Passive: it learns from the outcomes of real requests and sends none of its own, so it never costs anything.
// - closed: every call may go. Three exchanges in a row that failed by the provider's fault open it: two tries of one
//   request are one failure, so that a request that provokes it does not close the backend for everybody.
// - open: no call may go until the rest is over: 1 s, after every failed probe twice as long, at most 20 s, each 20 %
//   shorter or longer by chance, so that the backends of one provider do not come back in step.
// - half open: one call may go, the probe. An answer, or the beginning of one, closes the breaker, a failure opens it
//   for longer, any other outcome (the client left, the request was wrong) proves nothing and frees the place.
// What must hold: a call that was under way when the breaker opened says nothing about now. Outcomes do not say which
// call they are of, so the breaker counts how many are such stragglers, and failures are taken for theirs first. It is
// exact while no probe runs; beside a probe a mix-up costs at worst the time after which a probe without an outcome
// loses its place. That is as long as the longest rest: a lost probe, or one that streams for minutes, is never worse
// than one that failed.

import { OUTCOME_RULES, type Outcome } from '../core/outcome.ts'

export type BreakerState = 'closed' | 'open' | 'half_open'

/** Monotonic and wall clock at the moment of a call. */
export interface Moment {
  readonly monotonicMs: number
  readonly wallMs: number
}

export const FAILURES_BEFORE_REST = 3
export const FIRST_REST_MS = 1_000
export const LONGEST_REST_MS = 20_000
const JITTER = 0.2
/** After so long without an outcome a probe has lost its place. */
const PROBE_MS = LONGEST_REST_MS
/** What is said to those who come while a probe is under way: nobody knows how long it takes. */
const PROBE_WAIT_MS = 1_000

export class Breaker {
  readonly #random: () => number
  #failures = 0
  /** 0: closed. */
  #restMs = 0
  #restsUntilMs = 0
  #probeSinceMs: number | undefined
  /** Claimed and not ended. */
  #inFlight = 0
  /** How many of them began before the breaker opened, or lost the probe's place. */
  #stragglers = 0
  #lastFailure: Outcome | undefined
  #lastFailureAtMs: number | undefined
  #lastFailureMonotonicMs = -Infinity
  #changedAtMs: number

  /** `random` gives numbers in [0, 1). */
  constructor (random: () => number, wallMs: number) {
    this.#random = random
    this.#changedAtMs = wallMs
  }

  /** Failures in a row. */
  get failures (): number { return this.#failures }
  get lastFailure (): Outcome | undefined { return this.#lastFailure }
  /** Wall ms. */
  get lastFailureAtMs (): number | undefined { return this.#lastFailureAtMs }
  /** Ms since the last failure that no answer has followed; Infinity: there is none. */
  sinceFailureMs (nowMs: number): number {
    return this.#failures === 0 ? Infinity : nowMs - this.#lastFailureMonotonicMs
  }

  /** Wall ms when it opened or closed, at first when it was made. */
  get changedAtMs (): number { return this.#changedAtMs }

  state (nowMs: number): BreakerState {
    if (this.#restMs === 0) return 'closed'
    return nowMs < this.#restsUntilMs ? 'open' : 'half_open'
  }

  /** Ms until a call may go; 0: now. While a probe is under way a guess. */
  waitMs (nowMs: number): number {
    if (this.#restMs === 0) return 0
    if (nowMs < this.#restsUntilMs) return this.#restsUntilMs - nowMs
    if (this.#probeSinceMs === undefined) return 0
    return Math.max(0, Math.min(PROBE_WAIT_MS, this.#probeSinceMs + PROBE_MS - nowMs))
  }

  /** Whether a call may go now; one that may ends in `note`. */
  claim (nowMs: number): boolean {
    if (this.waitMs(nowMs) > 0) return false
    if (this.#restMs > 0) {
      if (this.#probeSinceMs !== undefined) this.#stragglers++
      this.#probeSinceMs = nowMs
    }
    this.#inFlight++
    return true
  }

  /**
   * A stream has begun to answer: others need not wait for its end. The next failure opens the breaker again, though,
   * until an answer was whole.
   */
  prove ({ monotonicMs, wallMs }: Moment): void {
    if (this.state(monotonicMs) !== 'half_open') return
    this.#failures = FAILURES_BEFORE_REST - 1
    this.#restMs = 0
    this.#probeSinceMs = undefined
    this.#changedAtMs = wallMs
  }

  /** What a call came to. Calls that were never claimed are heard as well. */
  note (outcome: Outcome, now: Moment): void {
    this.#inFlight = Math.max(0, this.#inFlight - 1)
    if (outcome.kind === 'answered') this.#succeed(now)
    else if (OUTCOME_RULES[outcome.kind].blame === 'provider') this.#fail(outcome, now)
    else if (!this.#takeStraggler()) this.#probeSinceMs = undefined
    this.#stragglers = Math.min(this.#stragglers, this.#inFlight)
  }

  #succeed ({ monotonicMs, wallMs }: Moment): void {
    const state = this.state(monotonicMs)
    const isStraggler = state !== 'closed' && this.#probeSinceMs === undefined && this.#takeStraggler()
    if (isStraggler || state === 'open') return
    this.#failures = 0
    if (state === 'closed') return
    this.#restMs = 0
    this.#probeSinceMs = undefined
    this.#changedAtMs = wallMs
  }

  #fail (outcome: Outcome, now: Moment): void {
    const state = this.state(now.monotonicMs)
    if (this.#takeStraggler() || state === 'open') return
    this.#failures++
    this.#lastFailure = outcome
    this.#lastFailureAtMs = now.wallMs
    this.#lastFailureMonotonicMs = now.monotonicMs
    if (state === 'half_open' || this.#failures >= FAILURES_BEFORE_REST) this.#open(now)
  }

  #open ({ monotonicMs, wallMs }: Moment): void {
    this.#restMs = this.#restMs === 0 ? FIRST_REST_MS : Math.min(LONGEST_REST_MS, this.#restMs * 2)
    this.#restsUntilMs = monotonicMs + this.#restMs * (1 - JITTER + 2 * JITTER * this.#random())
    this.#probeSinceMs = undefined
    this.#stragglers = this.#inFlight
    this.#changedAtMs = wallMs
  }

  /** Whether the call that ended counts as one from before the rest. */
  #takeStraggler (): boolean {
    if (this.#stragglers === 0) return false
    this.#stragglers--
    return true
  }
}
