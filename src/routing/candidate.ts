// A backend that may be tried, with its ceiling worked out when somebody asks: most candidates never get their turn.

import type { Backend, Model, Price } from '../catalog/catalog.ts'
import type { NanoUsd } from '../core/money.ts'
import { ceilingOf, tokensCeilingOf } from '../metering/estimate.ts'
import type { Candidate, PlanRequest } from './plan.ts'
import type { Row } from './roster.ts'

export type Wished = Pick<Candidate, 'choice' | 'askedAs' | 'rewrites'>

const NOTHING: Wished = {}

export class RankedCandidate implements Candidate {
  readonly backend: Backend
  readonly model: Model
  readonly #request: PlanRequest
  readonly #isFree: boolean
  readonly #assumed: Price | undefined
  readonly choice: number | undefined
  readonly askedAs: string | undefined
  readonly rewrites: ReadonlyMap<string, string | undefined> | undefined
  #ceiling: NanoUsd | undefined

  /** `assumed`: the price it is bounded by when its own is not known; undefined: then there is no bound. */
  constructor ({ backend, model, provider }: Row, request: PlanRequest, assumed?: Price, wished: Wished = NOTHING) {
    this.backend = backend
    this.model = model
    this.#request = request
    this.#isFree = provider?.isFree === true
    this.#assumed = assumed
    this.choice = wished.choice
    this.askedAs = wished.askedAs
    this.rewrites = wished.rewrites
  }

  get ceiling (): NanoUsd | undefined {
    if (this.#isFree) return 0n
    const { task, envelope } = this.#request
    const { markup } = this.backend
    const modelId = this.askedAs ?? this.backend.modelId
    this.#ceiling ??= ceilingOf({ task, envelope, model: this.model, modelId, price: this.boundPrice, markup })
    return this.#ceiling
  }

  get boundPrice (): Price | undefined {
    return this.backend.price ?? this.#assumed
  }

  get ceilingTokens (): number | undefined {
    const { task, envelope } = this.#request
    return tokensCeilingOf({ task, envelope, model: this.model, modelId: this.askedAs ?? this.backend.modelId })
  }
}
