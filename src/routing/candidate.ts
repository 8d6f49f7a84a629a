// A backend that may be tried, with its ceiling worked out when somebody asks: most candidates never get their turn.

import type { Backend, Model, Price } from '../catalog/catalog.ts'
import { toldTask, type Task, type Translation } from '../core/ask.ts'
import type { NanoUsd } from '../core/money.ts'
import { ceilingOf, tokensCeilingOf } from '../metering/estimate.ts'
import type { Candidate, PlanRequest } from './plan.ts'
import type { PriorityOverride } from './override.ts'
import { priceWhileRunning, type PriceTimes } from './price-times.ts'
import { translationAt, type Row } from './roster.ts'

export type Wished = Pick<Candidate, 'choice' | 'askedAs' | 'rewrites'>

const NOTHING: Wished = {}

/** What candidates are bounded by. */
export interface Bounding extends PriceTimes {
  /** The price of those whose own is not known; undefined: then there is no bound. */
  readonly assumed: Price | undefined
}

export class RankedCandidate implements Candidate {
  readonly backend: Backend
  readonly model: Model
  readonly #row: Row
  readonly #request: PlanRequest
  readonly #isFree: boolean
  readonly #bounding: Bounding
  readonly translation: Translation | undefined
  readonly choice: number | undefined
  readonly askedAs: string | undefined
  readonly rewrites: ReadonlyMap<string, string | undefined> | undefined
  #boundPrice: Price | undefined
  #ceiling: NanoUsd | undefined

  constructor (row: Row, request: PlanRequest, bounding: Bounding, wished: Wished = NOTHING) {
    const { backend, model, provider } = row
    this.#row = row
    this.backend = backend
    this.model = model
    this.#request = request
    this.#isFree = provider?.isFree === true
    this.#bounding = bounding
    this.translation = translationAt(row, request.task)
    this.choice = wished.choice
    this.askedAs = wished.askedAs
    this.rewrites = wished.rewrites
  }

  get override (): PriorityOverride | undefined {
    return this.#row.override
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
    this.#boundPrice ??= priceWhileRunning(this.#row, this.#request, this.#bounding) ?? this.#bounding.assumed
    return this.#boundPrice
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
