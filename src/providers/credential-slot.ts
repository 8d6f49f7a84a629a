// One credential of a pool: how busy it is, and since which outcome it rests. What rests it is in `note`.

import type { Outcome } from '../core/outcome.ts'
import type { Secret } from '../core/secret.ts'

/** For a 429 that names no wait, or one that makes no sense; doubled with every further one in a row. */
export const FIRST_THROTTLE_MS = 1_000
export const LONGEST_UNTOLD_THROTTLE_MS = 60_000
export const LONGEST_THROTTLE_MS = 5 * 60_000
/** A wait of zero is no wait: without a floor a throttled credential would be asked in a tight loop. */
export const SHORTEST_THROTTLE_MS = 1_000
/**
 * After a 401 only a person can help, so one call per so long finds out whether somebody did. It begins short: some
 * providers answer 401 for one model or one request, and that must not take the credential from everybody.
 */
export const FIRST_UNAUTHORISED_MS = 5_000
export const UNAUTHORISED_RETRY_MS = 10 * 60_000
export const DECLINED_IN_A_ROW = 3
export const FIRST_DECLINED_MS = 30_000
export const LONGEST_DECLINED_MS = 10 * 60_000
export const FAILURES_IN_A_ROW = 3
export const FIRST_BACK_OFF_MS = 5_000
export const LONGEST_BACK_OFF_MS = 5 * 60_000

export type Rest = 'throttled' | 'failing' | 'unauthorised' | 'declined'

/** Safe to print: the secret masks itself, everything else is private. Times are monotonic ms. */
export class CredentialSlot {
  readonly id: string
  readonly provider: string
  readonly secret: Secret | undefined
  #inFlight = 0
  #takenAt = 0
  #readyAtMs = 0
  #rest: Rest | undefined
  #failures = 0
  /** Throttled in a row without a word about the wait. */
  #untold = 0
  /** Refused in a row. */
  #refused = 0
  /** Exchanges declined in a row. */
  #declined = 0
  #isProbe = false

  constructor (id: string, provider: string, secret: Secret | undefined) {
    this.id = id
    this.provider = provider
    this.secret = secret
  }

  isReady (nowMs: number): boolean {
    return this.#readyAtMs <= nowMs
  }

  /** Fit and without a failure since its last answer: proof that the provider itself is up. */
  isWorking (nowMs: number): boolean {
    return this.#failures === 0 && this.isReady(nowMs)
  }

  /** Ms until it may be taken. */
  waitMs (nowMs: number): number {
    return Math.max(this.#readyAtMs - nowMs, 0)
  }

  /** Its provider turned it away: what it waits for is a person, or luck. */
  get isRefused (): boolean {
    return this.#rest === 'unauthorised' || this.#rest === 'declined'
  }

  /** Less busy, or as busy and unused for longer. */
  isBefore (other: CredentialSlot): boolean {
    return this.#inFlight === other.#inFlight ? this.#takenAt < other.#takenAt : this.#inFlight < other.#inFlight
  }

  /** `turn` grows with every take. */
  take (turn: number, nowMs: number): void {
    this.#inFlight++
    this.#takenAt = turn
    if (this.#rest !== 'unauthorised') return
    this.#isProbe = true
    this.#readyAtMs = nowMs + this.#refusedMs // one probe at a time
  }

  /** @throws when it was not taken: somebody's bookkeeping is wrong. */
  giveBack (): void {
    if (this.#inFlight === 0) throw new Error(`credential ${this.id} was given back more often than taken`)
    this.#inFlight--
  }

  /**
   * What an attempt teaches about this credential. `refused` and `abandoned` teach nothing; a `cut` answer had begun,
   * so the credential is good; `declined` is counted per exchange (`noteDeclined`), not per attempt. Failures of the
   * provider count only when `isOtherWorking`: else all of them would rest at once for an outage, and that is health's
   * decision, per backend.
   */
  note (outcome: Outcome, nowMs: number, isOtherWorking: boolean): void {
    switch (outcome.kind) {
      case 'answered': return this.#recover(nowMs)
      case 'throttled': return this.#throttle(outcome.retryAfterMs, nowMs)
      case 'unauthorised': return this.#refuse(nowMs)
      case 'failed':
      case 'unreachable':
      case 'stalled': return this.#fail(nowMs, isOtherWorking)
      default: // refused, declined, abandoned, cut
    }
  }

  /** Three exchanges in a row rest it; after a rest every further one does, for twice as long. */
  noteDeclined (nowMs: number): void {
    if (this.#rest === 'unauthorised' || !this.isReady(nowMs)) return
    this.#declined++
    if (this.#declined < DECLINED_IN_A_ROW) return
    const restMs = FIRST_DECLINED_MS * 2 ** (this.#declined - DECLINED_IN_A_ROW)
    this.#rest = 'declined'
    this.#readyAtMs = nowMs + Math.min(restMs, LONGEST_DECLINED_MS)
  }

  /** A throttled key may still finish what it was doing, and a revoked one too: such answers prove nothing new. */
  #recover (nowMs: number): void {
    this.#failures = 0
    this.#declined = 0
    if (this.isReady(nowMs)) this.#untold = 0
    if (this.#rest === 'throttled' && !this.isReady(nowMs)) return
    if (this.#rest === 'unauthorised' && !this.#isProbe) return
    this.#rest = undefined
    this.#isProbe = false
    this.#refused = 0
    this.#readyAtMs = 0
  }

  #throttle (retryAfterMs: number | undefined, nowMs: number): void {
    if (this.#rest === 'unauthorised' && !this.#isProbe) return
    const untilMs = nowMs + this.#throttleMs(retryAfterMs, nowMs)
    this.#readyAtMs = this.#isProbe ? untilMs : Math.max(this.#readyAtMs, untilMs)
    this.#rest = 'throttled'
    this.#isProbe = false
  }

  /** Calls that were under way together and come back throttled together count as one. */
  #throttleMs (retryAfterMs: number | undefined, nowMs: number): number {
    if (retryAfterMs !== undefined && retryAfterMs >= 0) {
      return Math.min(Math.max(retryAfterMs, SHORTEST_THROTTLE_MS), LONGEST_THROTTLE_MS)
    }
    if (this.isReady(nowMs)) this.#untold++
    return Math.min(FIRST_THROTTLE_MS * 2 ** Math.max(this.#untold - 1, 0), LONGEST_UNTOLD_THROTTLE_MS)
  }

  /** Calls that were under way together count as one. */
  #refuse (nowMs: number): void {
    if (this.#rest !== 'unauthorised' || this.#isProbe) this.#refused++
    this.#rest = 'unauthorised'
    this.#isProbe = false
    this.#readyAtMs = nowMs + this.#refusedMs
  }

  get #refusedMs (): number {
    return Math.min(FIRST_UNAUTHORISED_MS * 2 ** Math.max(0, this.#refused - 1), UNAUTHORISED_RETRY_MS)
  }

  #fail (nowMs: number, isOtherWorking: boolean): void {
    this.#failures++
    if (this.#failures < FAILURES_IN_A_ROW || !isOtherWorking || !this.isReady(nowMs)) return
    const backOffMs = FIRST_BACK_OFF_MS * 2 ** (this.#failures - FAILURES_IN_A_ROW)
    this.#rest = 'failing'
    this.#readyAtMs = nowMs + Math.min(backOffMs, LONGEST_BACK_OFF_MS)
  }
}
