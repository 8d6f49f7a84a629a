// Which backend served a session last: the next request of it goes there first, because the prompt is cached there.
//
// What must hold: memory is bounded, since clients choose the names of sessions; a session is of one principal, so
// nobody learns of another's; a pin changes the order only, never who is eligible.

import type { Clock } from '../core/clock.ts'
import { nameOf, type Choice } from './choices.ts'
import type { PlannedSession, PlanRequest } from './plan.ts'

const MOST_SESSIONS = 10_000
/** For requests whose body asks for a prompt cache of an hour. */
const LONG_MS = 3_600_000

interface Pin {
  readonly backendId: string
  readonly untilMs: number
}

export class Sessions {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  /** In the order of the last requests. */
  readonly #pins = new Map<string, Pin>()

  constructor (clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** Id of the backend that served this choice last; undefined: none did, or too long ago. */
  backendOf ({ keys }: PlannedSession, choice: number): string | undefined {
    const pin = this.#pins.get(keys[choice] as string)
    return pin && pin.untilMs > this.#clock.monotonicMs() ? pin.backendId : undefined
  }

  /** From now on, for as long as the session is kept without another request. */
  pin ({ keys, keepMs }: PlannedSession, choice: number, backendId: string): void {
    const key = keys[choice] as string
    this.#pins.delete(key)
    if (this.#pins.size >= MOST_SESSIONS) this.#pins.delete(this.#pins.keys().next().value as string)
    this.#pins.set(key, { backendId, untilMs: this.#clock.monotonicMs() + keepMs })
  }
}

/**
 * Under which keys it is kept who serves the request, one for each choice. `session_id` counts before the header, and
 * both before the name of a prompt cache. Undefined: it is of no session, or sessions are switched off (`keepMs` 0).
 */
export function sessionOf (
  { envelope: { wishes }, session, principal }: PlanRequest, choices: readonly Choice[], keepMs: number
): PlannedSession | undefined {
  const id = wishes?.session ?? session ?? wishes?.cacheKey
  if (id === undefined || keepMs === 0) return undefined
  const who = principal.keyId ?? principal.ip
  // What a client chooses freely stands last: no other key can be spelt with it.
  const keys = choices.map(({ meant }) => `${who}\n${nameOf(meant)}\n${id}`)
  return { keys, keepMs: wishes?.isLongCached === true ? Math.max(keepMs, LONG_MS) : keepMs }
}
