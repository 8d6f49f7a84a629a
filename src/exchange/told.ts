// What a provider says about its answer, for the books: without our credential, should it stand there (P8).

import type { Finish } from '../core/finish.ts'
import type { AttemptResult } from '../ledger/ledger.ts'
import type { Ask } from './ask.ts'
import type { Attempted } from './attempted.ts'
import { laneOf } from './lane.ts'
import type { Turn } from './turns.ts'

const LONGEST_ID = 128
const LONGEST_REASON = 64

export function toldBy (ask: Ask, attempted: Attempted): Pick<AttemptResult, 'upstreamId' | 'finish'> {
  const { live, plain, turn } = attempted
  const finish = live ? live.reader.finished : plain && laneOf(ask, turn.candidate).wire.finishIn(plain)
  return {
    upstreamId: upstreamIdOf(live ? live.reader.upstreamId : plain?.value?.['id'], turn),
    finish: finish && hidden(finish, turn)
  }
}

/** The provider's id of the answer. */
export function upstreamIdOf (id: unknown, turn: Turn): string | undefined {
  return typeof id === 'string' ? masked(id, turn).slice(0, LONGEST_ID) : undefined
}

function hidden ({ reason, native }: Finish, turn: Turn): Finish {
  const shown = masked(native, turn).slice(0, LONGEST_REASON)
  return { reason: reason === native ? shown : masked(reason, turn).slice(0, LONGEST_REASON), native: shown }
}

function masked (text: string, { credential }: Turn): string {
  return credential.secret?.hideIn(text) ?? text
}
