// Which backend served a talk last, where the client names no session: a talk is known by how it began.
//
// DESIGN. Two reasons to go back there. The prompt is cached: only after that backend told of a cache read, and where
// reading costs less than a prompt. Or the history holds what the provider signed, which nobody else can read. A talk
// costs a hash, so it is known only where the answer can matter: for models whose backends share the load and whose
// cache is cheaper, for signed histories, and for reasoning models when another than the first one served. Memory is
// bounded, a talk is of one principal, and a pin changes the order only.

import type { Backend } from '../catalog/catalog.ts'
import type { Clock } from '../core/clock.ts'
import { nameOf, type Choice } from './choices.ts'
import type { Candidate, Plan, PlannedTalk, PlanRequest } from './plan.ts'
import { priority } from './policies/priority.ts'
import { hasCheapCache, type Roster } from './roster.ts'

const MOST_TALKS = 10_000

interface Last {
  readonly backendId: string
  readonly atMs: number
  /** It has told of a cache read. */
  readonly isCached: boolean
}

export class Talks {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #keepMs: number
  /** In the order of the last requests. */
  readonly #lasts = new Map<string, Last>()

  /** `keepMs`: how long a cache is counted on; 0: talks are not known at all. */
  constructor (clock: Pick<Clock, 'monotonicMs'>, keepMs: number) {
    this.#clock = clock
    this.#keepMs = keepMs
  }

  /** Undefined, without a hash: for this request it does not matter who served before. */
  talkOf (request: PlanRequest, choice: Choice, roster: Roster): PlannedTalk | undefined {
    const { opening, principal, envelope } = request
    if (choice.rows.length < 2 || !opening || this.#keepMs === 0 || choice.meant.kind === 'auto') return undefined
    const { model } = choice.meant
    const isCaching = roster.sharesCache(model)
    const isSigned = envelope.isSigned === true
    if (!isCaching && !isSigned && !model.capabilities.has('reasoning')) return undefined
    let key: string | undefined
    return {
      isSigned,
      isCaching,
      isShared: roster.sharesLoad(model),
      key () {
        key ??= `${principal.keyId ?? principal.ip}\n${nameOf(choice.meant)}\n${opening()}`
        return key
      }
    }
  }

  /** Id of the backend to go back to. */
  backendOf (talk: PlannedTalk): string | undefined {
    if (!mayGoBack(talk) || this.#lasts.size === 0) return undefined
    const last = this.#lasts.get(talk.key())
    if (!last || talk.isSigned) return last?.backendId
    return last.isCached && last.atMs + this.#keepMs > this.#clock.monotonicMs() ? last.backendId : undefined
  }

  /** A candidate of the plan has answered. Who would be asked first anyway is not worth a hash. */
  served (talk: PlannedTalk, plan: Plan, { backend }: Candidate): void {
    if (this.#lasts.size === 0 && !talk.isShared && isForeseen(plan, backend)) return
    const last = this.#lasts.get(talk.key())
    this.#note(talk, { backendId: backend.id, isCached: last?.backendId === backend.id && last.isCached })
  }

  /** It told that it read the prompt, or a part, from its cache. */
  cached (talk: PlannedTalk, { backend }: Candidate): void {
    if (talk.isCaching && hasCheapCache(backend.price)) this.#note(talk, { backendId: backend.id, isCached: true })
  }

  #note (talk: PlannedTalk, last: Omit<Last, 'atMs'>): void {
    const key = talk.key()
    this.#lasts.delete(key)
    if (this.#lasts.size >= MOST_TALKS) this.#lasts.delete(this.#lasts.keys().next().value as string)
    this.#lasts.set(key, { ...last, atMs: this.#clock.monotonicMs() })
  }
}

/** Whether it is who every request of the model is planned for: nobody before it failed or rests. */
function isForeseen ({ candidates, excluded, policy }: Plan, backend: Backend): boolean {
  return candidates[0]?.backend === backend && policy === priority.name &&
    !excluded.some(({ waitMs }) => waitMs !== undefined)
}

/** Whether somebody else than the plan's first may be better for it. */
export function mayGoBack ({ isSigned, isCaching }: PlannedTalk): boolean {
  return isSigned || isCaching
}
