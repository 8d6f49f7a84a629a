// Which play a request gets, and which of its takes: counted per play, from its first call on.

import type { Clock } from '../core/clock.ts'
import { playNamed } from './asked.ts'
import { stepsOf, type Play } from './play.ts'
import { PLAYS } from './plays.ts'
import type { Step } from './step.ts'

/** Name of a play that the caller of the function gave. */
const OWN = 'own'

/** The server's own play has a name that no play has. */
export class UnknownPlay extends Error {}

export interface Choice {
  readonly name: string
  readonly play: Play
}

interface Run {
  calls: number
  readonly startedMs: number
}

export class Repertoire {
  readonly #own: Choice
  readonly #clock: Clock
  readonly #runs = new Map<string, Run>()

  constructor (own: string | Play, clock: Clock) {
    this.#own = typeof own === 'string' ? choiceOf(own) : { name: OWN, play: own }
    this.#clock = clock
  }

  /** What models get that name no play. */
  get own (): Choice { return this.#own }

  /** @throws UnknownPlay */
  choose (model: string): Choice {
    const name = playNamed(model)
    return name === undefined ? this.#own : choiceOf(name)
  }

  /** The steps for a call that comes now; the call counts. */
  stepsFor ({ name, play }: Choice, isConnectionReused: boolean): readonly Step[] {
    const nowMs = this.#clock.monotonicMs()
    const run = this.#runs.get(name) ?? { calls: 0, startedMs: nowMs }
    this.#runs.set(name, run)
    return stepsOf(play, { calls: run.calls++, elapsedMs: nowMs - run.startedMs, isConnectionReused })
  }

  reset (): void {
    this.#runs.clear()
  }
}

function choiceOf (name: string): Choice {
  const play = PLAYS.get(name)
  if (!play) throw new UnknownPlay(`no play is called "${name}"; aibroker chaos --list shows them`)
  return { name, play }
}
