// Whose turn it is: the plan's candidates in order, for each the credentials fit to try, and the waits between.
//
// DESIGN. One exchange makes at most six calls, and waits at most five seconds for providers that said "later".
// - After a failure the same backend is asked once more after a short, jittered wait, if the retry budget allows it and
//   it did not fail in the exchange before, too; then the next one is, at once. One that could not be reached, or that
//   broke off, is asked again only when nobody else is left; one that was silent never is.
// - After a 429 another credential is tried, then another backend; only when none is left is it worth waiting for the
//   soonest of them.
// - A request that is too long for one window goes only to larger ones.
// - Where the client named several models, what is final for one of them is not for the next; and nobody is asked twice
//   while one of the others was not asked at all.

import { OUTCOME_RULES, type Outcome, type OutcomeKind } from '../core/outcome.ts'
import type { Credential, Credentials } from '../providers/credentials.ts'
import type { Providers, ResolvedProvider } from '../providers/registry.ts'
import type { Health } from '../routing/health.ts'
import type { Candidate, Plan } from '../routing/plan.ts'
import type { RetryBudget } from '../routing/retry-budget.ts'

/** Calls of one exchange at the most: an outage must not be multiplied by a long plan. */
export const MOST_TURNS = 6
/** Waits of one exchange for throttled providers, all together. Beyond it the client is told how long to wait. */
export const PATIENCE_MS = 5_000
const LATENESS = 0.25
/** Before the same backend is asked again; doubled every time, and half of it is chance. */
export const FIRST_GAP_MS = 250

/** After these another credential of the same backend may do better. */
const BLAMES_CREDENTIAL: ReadonlySet<OutcomeKind> = new Set<OutcomeKind>(['unauthorised', 'declined', 'throttled'])

export interface Turn {
  readonly candidate: Candidate
  readonly provider: ResolvedProvider
  readonly credential: Credential
  /** Wall clock, ms: the moment of its row, kept where the price is another one by the time of day. */
  readonly sentAtMs?: number | undefined
}

/** A credential is taken and its backend claimed; or first this much time has to pass. */
export type Next = Turn | { readonly waitMs: number }

export interface TurnParts {
  providers (): Providers
  readonly credentials: Credentials
  readonly health: Pick<Health, 'claim' | 'note' | 'isFaltering'>
  readonly retryBudget: Pick<RetryBudget, 'mayRetry'>
  /** In [0, 1). */
  readonly random: () => number
  /** Whether a backend may be asked what another one's content policy refused. */
  readonly mayReroutePolicy: boolean
}

export class Turns {
  readonly #candidates: readonly Candidate[]
  readonly #parts: TurnParts
  /** Of the moment the exchange began: a reload in between changes nothing. */
  readonly #providers: Providers
  #current: Candidate | undefined
  #taken = 0
  #gapMs = FIRST_GAP_MS
  #patienceMs = PATIENCE_MS
  /** Not to be asked again in this exchange. */
  #spent: readonly Candidate[] = []
  /** Asked again only when nobody else is left. */
  #lastResort: readonly Candidate[] = []
  /** Who has had its second try. */
  #repeated: readonly Candidate[] = []
  /** Who declined this exchange, and where: not asked there again, and told to the pool once each. */
  #declined: readonly Turn[] = []
  #last: Turn | undefined

  constructor (plan: Plan, parts: TurnParts) {
    this.#candidates = plan.candidates
    this.#parts = parts
    this.#providers = parts.providers()
  }

  /** What to do after `last` (undefined at the start and after a wait); undefined: nobody is left. */
  next (last: Outcome | undefined): Next | undefined {
    const gapMs = last && this.#judge(last)
    if (this.#taken === MOST_TURNS) return undefined
    if (gapMs !== undefined) return { waitMs: gapMs }
    return this.#take(this.#candidates) ?? this.#takeAgain() ?? this.#wait()
  }

  /** The same backend once more, asked differently; undefined: it is not free. */
  same (): Turn | undefined {
    return this.#current && this.#taken < MOST_TURNS ? this.#takeOf(this.#current) : undefined
  }

  /** Notes what the outcome means for its backend. Milliseconds until the same one is asked again, if it is. */
  #judge (last: Outcome): number | undefined {
    const current = this.#current as Candidate
    if (last.kind === 'declined') this.#noteDeclined()
    if (BLAMES_CREDENTIAL.has(last.kind)) return undefined
    this.#current = undefined
    if (last.kind === 'refused') {
      this.#spendAllWithout(last)
      return undefined
    }
    const { again } = OUTCOME_RULES[last.kind]
    const mayRepeat = again !== 'never' && !isSilent(last) && !this.#repeated.includes(current)
    if (mayRepeat && again === 'first' && this.#mayRepeatNow(current)) return this.#repeat(current)
    this.#spent = [...this.#spent, current]
    if (mayRepeat) this.#lastResort = [...this.#lastResort, current]
    return undefined
  }

  #mayRepeatNow ({ backend, choice }: Candidate): boolean {
    return choice === undefined && !this.#parts.health.isFaltering(backend.id) && this.#parts.retryBudget.mayRetry()
  }

  #repeat (candidate: Candidate): number {
    this.#repeated = [...this.#repeated, candidate]
    this.#current = candidate
    const gapMs = this.#gapMs * (0.5 + this.#parts.random() / 2)
    this.#gapMs *= 2
    return Math.round(gapMs)
  }

  /** Who cannot do better is not asked: without a remedy nobody can. */
  #spendAllWithout ({ remedy }: Outcome & { kind: 'refused' }): void {
    if (remedy === 'other_backend' || (remedy === 'other_policy' && this.#parts.mayReroutePolicy)) {
      this.#spent = [...this.#spent, this.#last?.candidate as Candidate]
      return
    }
    const refused = this.#last?.candidate as Candidate
    const windowTokens = windowOf(refused)
    const mayDoBetter = (candidate: Candidate) =>
      candidate.choice !== refused.choice || (remedy === 'larger_window' && windowOf(candidate) > windowTokens)
    this.#spent = [...this.#spent, ...this.#candidates.filter((candidate) => !mayDoBetter(candidate))]
    this.#lastResort = this.#lastResort.filter(mayDoBetter)
  }

  /** The one that was asked last keeps its turn while it has credentials. */
  #take (candidates: readonly Candidate[]): Turn | undefined {
    if (this.#current && candidates.includes(this.#current)) {
      const turn = this.#takeOf(this.#current)
      if (turn) return turn
    }
    for (const candidate of candidates) {
      if (candidate === this.#current || this.#spent.includes(candidate)) continue
      const turn = this.#takeOf(candidate)
      if (turn) return turn
    }
    return undefined
  }

  #takeOf (candidate: Candidate): Turn | undefined {
    const { credentials, health } = this.#parts
    const { backend } = candidate
    const provider = this.#providers.get(backend.provider)
    if (!provider || !health.claim(backend.id)) return undefined
    const credential = credentials.take(provider.id, this.#declinedAt(candidate))
    if (!credential) {
      health.note(backend.id, { kind: 'abandoned' })
      return undefined
    }
    this.#taken++
    this.#current = candidate
    this.#last = { candidate, provider, credential }
    return this.#last
  }

  #takeAgain (): Turn | undefined {
    for (const candidate of this.#lastResort) {
      if (!this.#parts.retryBudget.mayRetry()) return undefined
      this.#lastResort = this.#lastResort.filter((other) => other !== candidate)
      this.#repeated = [...this.#repeated, candidate]
      const turn = this.#takeOf(candidate)
      if (turn) return turn
    }
    return undefined
  }

  /** Everybody is spent or throttled: is one of the throttled back soon enough? */
  #wait (): Next | undefined {
    let soonestMs = Infinity
    for (const candidate of this.#candidates) {
      if (this.#spent.includes(candidate) || this.#declinedAt(candidate)) continue
      const state = this.#parts.credentials.state(candidate.backend.provider)
      if (state.kind === 'cooling') soonestMs = Math.min(soonestMs, state.retryAfterMs)
    }
    if (soonestMs > this.#patienceMs) return undefined
    // A little later than told, by chance: those who wait together must not come back together.
    const waitMs = Math.max(1, Math.ceil(soonestMs * (1 + LATENESS * this.#parts.random())))
    this.#patienceMs -= waitMs
    return { waitMs }
  }

  #declinedAt (candidate: Candidate): readonly Credential[] | undefined {
    if (this.#declined.length === 0) return undefined
    const here = this.#declined.filter((turn) => turn.candidate === candidate)
    return here.length === 0 ? undefined : here.map(({ credential }) => credential)
  }

  #noteDeclined (): void {
    const turn = this.#last as Turn
    const isKnown = this.#declined.some(({ credential }) => credential === turn.credential)
    this.#declined = [...this.#declined, turn]
    if (!isKnown) this.#parts.credentials.noteDeclined(turn.credential)
  }
}

function isSilent (outcome: Outcome): boolean {
  return outcome.kind === 'stalled' || (outcome.kind === 'cut' && outcome.isSilent === true)
}

/** Tokens; one that is not known is not larger than another. */
function windowOf ({ backend, model }: Candidate): number {
  return backend.contextWindow ?? model.contextWindow ?? 0
}
