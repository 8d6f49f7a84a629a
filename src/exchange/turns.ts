// Whose turn it is: the plan's candidates in order, and for each the credentials that are fit to try.

import type { Outcome } from '../core/outcome.ts'
import type { Credential, Credentials } from '../providers/credentials.ts'
import type { Providers, ResolvedProvider } from '../providers/registry.ts'
import type { Candidate, Plan } from '../routing/plan.ts'

/** Calls of one exchange at the most: an outage must not be multiplied by a long plan. */
const MOST_TURNS = 6

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
    if (this.#taken === MOST_TURNS) return undefined
    if (last && last.kind !== 'unauthorised' && last.kind !== 'throttled') this.#at++
    for (; this.#at < this.#candidates.length; this.#at++) {
      const candidate = this.#candidates[this.#at] as Candidate
      const provider = this.#providers.get(candidate.backend.provider)
      const credential = provider && this.#credentials.take(provider.id)
      if (!credential) continue
      this.#taken++
      return { candidate, provider, credential }
    }
    return undefined
  }
}
