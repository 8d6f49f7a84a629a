// Whose turn it is: the plan's candidates in order, and for each the credentials that are fit to try.

import type { Outcome, OutcomeKind } from '../core/outcome.ts'
import type { Credential, Credentials } from '../providers/credentials.ts'
import type { Providers, ResolvedProvider } from '../providers/registry.ts'
import type { Candidate, Plan } from '../routing/plan.ts'

/** Calls of one exchange at the most: an outage must not be multiplied by a long plan. */
const MOST_TURNS = 6

/** After these another credential of the same backend may do better. */
const BLAMES_CREDENTIAL: ReadonlySet<OutcomeKind> = new Set<OutcomeKind>(['unauthorised', 'declined', 'throttled'])

export interface Turn {
  readonly candidate: Candidate
  readonly provider: ResolvedProvider
  readonly credential: Credential
}

export class Turns {
  readonly #candidates: readonly Candidate[]
  readonly #providers: Providers
  readonly #credentials: Credentials
  #at = 0
  #taken = 0
  #last: Turn | undefined
  /** Who declined this exchange at any backend: told to the pool once each, however many backends were asked. */
  readonly #declined: Credential[] = []
  /** Who declined it at this backend, and is not asked there again. */
  #declinedHere: readonly Credential[] = []

  constructor (plan: Plan, providers: Providers, credentials: Credentials) {
    this.#candidates = plan.candidates
    this.#providers = providers
    this.#credentials = credentials
  }

  /**
   * The next turn, its credential taken; undefined: nobody is left. After an outcome that blames the credential the
   * same backend is asked again with another one; after any other the next backend is.
   */
  next (last: Outcome | undefined): Turn | undefined {
    if (last?.kind === 'declined') this.#noteDeclined()
    if (this.#taken === MOST_TURNS) return undefined
    if (last && !BLAMES_CREDENTIAL.has(last.kind)) this.#moveOn()
    for (; this.#at < this.#candidates.length; this.#moveOn()) {
      const candidate = this.#candidates[this.#at] as Candidate
      const provider = this.#providers.get(candidate.backend.provider)
      const credential = provider && this.#credentials.take(provider.id, this.#declinedHere)
      if (!credential) continue
      this.#taken++
      this.#last = { candidate, provider, credential }
      return this.#last
    }
    return undefined
  }

  #moveOn (): void {
    this.#at++
    this.#declinedHere = []
  }

  #noteDeclined (): void {
    const { credential } = this.#last as Turn
    this.#declinedHere = [...this.#declinedHere, credential]
    if (this.#declined.includes(credential)) return
    this.#declined.push(credential)
    this.#credentials.noteDeclined(credential)
  }
}
