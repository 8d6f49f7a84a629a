// 402 and 403: one may be about the request, several in a row are about the credential.

import t from 'tap'
import type { Outcome } from '../../src/core/outcome.ts'
import type { Credential } from '../../src/providers/credentials.ts'
import { DECLINED, pool } from './pool.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

const ANSWERED: Outcome = { kind: 'answered', status: 200 }
const UNAUTHORISED: Outcome = { kind: 'unauthorised', status: 401, reason: 'no such key' }

t.test('a credential that was declined is lent again at once; three exchanges in a row rest it: 30 s, doubling', async (t) => {
  const { state, decline, clock } = pool('a')
  decline()
  decline()
  t.same(state(), { kind: 'ready' })
  const rests = [1, 2, 3, 4, 5, 6, 7].map(() => {
    decline()
    const { retryAfterMs = 0 } = state() as { retryAfterMs?: number }
    clock.nowMs += retryAfterMs
    return retryAfterMs / SECOND
  })
  t.same(rests, [30, 60, 120, 240, 480, 600, 600])
  t.same(state(), { kind: 'ready' })
})

t.test('an answer between ends the row, and the rest as well', async (t) => {
  const { credentials, state, decline, call, take } = pool('a')
  for (const step of [decline, decline, () => call(ANSWERED), decline, decline]) step()
  t.same(state(), { kind: 'ready' })
  const stream = take()
  decline()
  t.same(state(), { kind: 'refused', retryAfterMs: 30 * SECOND })
  credentials.giveBack(stream, ANSWERED)
  t.same(state(), { kind: 'ready' }, 'it works')
})

t.test('calls that were under way when the rest began do not make it longer', async (t) => {
  const { credentials, state, decline, take, clock } = pool('a')
  const underWay = [take(), take(), take()]
  for (let count = 0; count < 3; count++) decline()
  for (const credential of underWay) {
    credentials.giveBack(credential, DECLINED)
    credentials.noteDeclined(credential)
  }
  clock.nowMs = 30 * SECOND
  t.same(state(), { kind: 'ready' })
  decline()
  t.same(state(), { kind: 'refused', retryAfterMs: 60 * SECOND })
})

t.test('a pool that was refused is tried again with whichever credential is back first', async (t) => {
  const { credentials, state, call, clock } = pool('a', 'b')
  t.equal(call(UNAUTHORISED), 'openai#0')
  for (let count = 0; count < 3; count++) {
    const credential = credentials.take('openai') as Credential
    credentials.giveBack(credential, DECLINED)
    credentials.noteDeclined(credential)
  }
  t.same(state(), { kind: 'refused', retryAfterMs: 5 * SECOND })
  clock.nowMs = 5 * SECOND
  t.same(state(), { kind: 'ready' })
})

t.test('being declined says nothing about a key that was refused', async (t) => {
  const { state, call, decline, clock } = pool('a')
  call(UNAUTHORISED)
  clock.nowMs = 10 * MINUTE
  decline()
  t.same(state(), { kind: 'refused', retryAfterMs: 5 * SECOND })
})

t.test('those who may not be taken are not', async (t) => {
  const { credentials, take } = pool('a', 'b')
  const [first, second] = [take(), take()]
  t.equal(credentials.take('openai', [first])?.id, second.id)
  t.equal(credentials.take('openai', [first, second]), undefined)
})
