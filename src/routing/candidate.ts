// A backend that may be tried, with its ceiling worked out when somebody asks: most candidates never get their turn.

import type { Backend, Model, Price } from '../catalog/catalog.ts'
import { toldTask, type Task, type Translation } from '../core/ask.ts'
import type { NanoUsd } from '../core/money.ts'
import { ceilingOf, tokensCeilingOf } from '../metering/estimate.ts'
import type { Candidate, PlanRequest } from './plan.ts'
import { translationAt, type Row } from './roster.ts'

export type Wished = Pick<Candidate, 'choice' | 'askedAs' | 'rewrites'>

const NOTHING: Wished = {}

export class RankedCandidate implements Candidate {
  readonly backend: Backend
  readonly model: Model
  readonly #request: PlanRequest
  readonly #isFree: boolean
  readonly #assumed: Price | undefined
  readonly translation: Translation | undefined
  readonly choice: number | undefined
  readonly askedAs: string | undefined
  readonly rewrites: ReadonlyMap<string, string | undefined> | undefined
  #ceiling: NanoUsd | undefined

  /** `assumed`: the price it is bounded by when its own is not known; undefined: then there is no bound. */
  constructor (row: Row, request: PlanRequest, assumed?: Price, wished: Wished = NOTHING) {
    const { backend, model, provider } = row
    this.backend = backend
    this.model = model
    this.#request = request
    this.#isFree = provider?.isFree === true
    this.#assumed = assumed
    this.translation = translationAt(row, request.task)
    this.choice = wished.choice
    this.askedAs = wished.askedAs
    this.rewrites = wished.rewrites
  }

  get ceiling (): NanoUsd | undefined {
    if (this.#isFree) return 0n
    const { envelope } = this.#request
    const { markup } = this.backend
    const price = this.boundPrice
    this.#ceiling ??=
      ceilingOf({ task: this.#task, envelope, model: this.model, modelId: this.#modelId, price, markup })
    return this.#ceiling
  }

  get boundPrice (): Price | undefined {
    return this.backend.price ?? this.#assumed
  }

  get ceilingTokens (): number | undefined {
    const { envelope } = this.#request
    return tokensCeilingOf({ task: this.#task, envelope, model: this.model, modelId: this.#modelId })
  }

  get #task (): Task {
    return toldTask(this.#request.task, this.translation)
  }

  get #modelId (): string {
    return this.askedAs ?? this.backend.modelId
  }
}
