// What every story asserts in the same words.

import type { Test } from 'tap'
import { textOf } from '../../src/chaos/text.ts'
import { STREAM_MODES, type StreamMode } from '../../src/core/stream-mode.ts'
import type { Stage, Told } from '../stage.ts'

export const WHOLE = textOf(60)
export const MODES: readonly StreamMode[] = STREAM_MODES
/** Modes that repair a stream after it has begun. */
export const RESCUING: readonly StreamMode[] = ['resume', 'atomic']

/** The caller got one complete answer, once, and nothing that was not part of it. */
export function rescued (t: Test, { caller }: Told): void {
  t.equal(caller.status, 200)
  t.equal(caller.text, WHOLE, 'the whole text, once')
  t.equal(caller.finish, 'stop')
  t.equal(caller.isDone, true, 'the sentinel came last')
  t.equal(caller.wasCut, false)
  t.same(caller.noise, [])
  t.equal(caller.error, undefined)
  t.match(caller.usage, { completion_tokens: 60 })
}

/** The caller can tell that the answer is not complete. */
export function cleanError (t: Test, { caller }: Told): void {
  t.equal(caller.isDone, false, 'no sentinel')
  t.ok([undefined, 'error'].includes(caller.finish), `no finish reason but an error's: ${caller.finish}`)
  t.type(caller.error?.['message'], 'string')
  t.ok(WHOLE.startsWith(caller.text), 'what came is the beginning of the answer')
}

/** Nothing of the story is left behind. */
export async function leavesNothing (t: Test, { isWell }: Stage, { row, attempts }: Told): Promise<void> {
  t.type(row?.status, 'number', 'the row is settled')
  t.ok(attempts.every(({ outcome }) => outcome !== undefined), 'and every attempt')
  t.ok(await isWell(), 'the broker serves on')
}
