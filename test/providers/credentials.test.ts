// The credential pool: who is lent, who rests and for how long.

import t from 'tap'
import type { Outcome } from '../../src/core/outcome.ts'
import { Secret } from '../../src/core/secret.ts'
import { builtin } from '../../src/providers/builtin.ts'
import { createCredentials, type Credential } from '../../src/providers/credentials.ts'
import { createProviders } from '../../src/providers/registry.ts'
import { SettingsError } from '../../src/settings.ts'
import { DECLINED, pool } from './pool.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND

const ANSWERED: Outcome = { kind: 'answered', status: 200 }
const UNAUTHORISED: Outcome = { kind: 'unauthorised', status: 401, reason: 'no such key' }
const FAILED: Outcome = { kind: 'failed', status: 500, reason: 'oops' }
const UNREACHABLE: Outcome = { kind: 'unreachable', reason: 'refused' }
const STALLED: Outcome = { kind: 'stalled', afterMs: 10, reason: 'silent' }
const REFUSED: Outcome = { kind: 'refused', status: 400, reason: 'bad' }
const ABANDONED: Outcome = { kind: 'abandoned' }
const CUT: Outcome = { kind: 'cut', reason: 'reset' }
const throttled = (retryAfterMs?: number): Outcome => ({ kind: 'throttled', status: 429, retryAfterMs, reason: 'slow down' })

t.test('a provider without a credential has none, and one nobody knows neither', async (t) => {
  const { credentials, state } = pool()
  t.same(state(), { kind: 'none' })
  t.equal(credentials.take('openai'), undefined)
  t.same(credentials.state('nobody'), { kind: 'none' })
  t.equal(credentials.take('nobody'), undefined)
})

t.test('a local server with an address has one nameless credential; without an address none', async (t) => {
  const { credentials } = pool()
  t.same(credentials.state('ollama'), { kind: 'ready' })
  t.match(credentials.take('ollama'), { id: 'ollama#0', provider: 'ollama', secret: undefined })
  t.same(credentials.state('vllm'), { kind: 'none' })
})

t.test('the least busy credential is taken', async (t) => {
  const { credentials, take } = pool('a', 'b', 'c')
  const taken = [take(), take(), take()]
  t.same(taken.map(({ id }) => id).sort(), ['openai#0', 'openai#1', 'openai#2'])
  credentials.giveBack(taken[1] as Credential, ANSWERED)
  t.equal(take().id, taken[1]?.id)
})

t.test('of equally busy ones the one that was used longest ago is taken', async (t) => {
  const { call } = pool('a', 'b', 'c')
  t.same([1, 2, 3, 4, 5, 6].map(() => call(ANSWERED)),
    ['openai#0', 'openai#1', 'openai#2', 'openai#0', 'openai#1', 'openai#2'])
})

t.test('a credential is given back once', async (t) => {
  const { credentials, take } = pool('a')
  const credential = take()
  credentials.giveBack(credential, ANSWERED)
  t.throws(() => { credentials.giveBack(credential, ANSWERED) }, { message: /openai#0/ })
  t.throws(() => { credentials.giveBack({ id: 'x#0', provider: 'x', secret: undefined }, ANSWERED) }, { message: /x#0/ })
})

const WAITS: ReadonlyArray<readonly [says: string, askedMs: number | undefined, waitMs: number]> = [
  ['what the provider asked for', 2 * SECOND, 2 * SECOND],
  ['a second when it asked for nothing', undefined, SECOND],
  ['five minutes when it asked for years', 1e12, 5 * MINUTE],
  ['a second when it asked for no wait', 0, SECOND],
  ['a second when it asked for the past', -5_000, SECOND],
  ['a second when it asked for nonsense', Number.NaN, SECOND]
]

for (const [says, askedMs, waitMs] of WAITS) {
  t.test(`a throttled credential rests for ${says}`, async (t) => {
    const { state, call, clock } = pool('a')
    call(throttled(askedMs))
    t.same(state(), { kind: 'cooling', retryAfterMs: waitMs })
    clock.nowMs = waitMs - 1
    t.same(state(), { kind: 'cooling', retryAfterMs: 1 })
    clock.nowMs = waitMs
    t.same(state(), { kind: 'ready' })
  })
}

t.test('throttled again and again without a word it rests twice as long each time, a minute at most', async (t) => {
  const { credentials, state, call, take, clock } = pool('a')
  const together = [take(), take()]
  for (const credential of together) credentials.giveBack(credential, throttled())
  t.same(state(), { kind: 'cooling', retryAfterMs: SECOND }, 'two that come back together count as one')
  const waits = [2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * SECOND)
  t.same(waits.map(() => {
    const now = state()
    clock.nowMs += now.kind === 'cooling' ? now.retryAfterMs : 0
    call(throttled())
    const next = state()
    return next.kind === 'cooling' ? next.retryAfterMs : 0
  }), waits)
  clock.nowMs += MINUTE
  call(ANSWERED)
  call(throttled())
  t.same(state(), { kind: 'cooling', retryAfterMs: SECOND }, 'an answer forgives')
})

t.test('a single credential that rests is not lent', async (t) => {
  const { credentials, call } = pool('a')
  call(throttled())
  t.equal(credentials.take('openai'), undefined)
})

t.test('while one rests the others are lent, and the pool says the shortest wait when all rest', async (t) => {
  const { state, call, clock } = pool('a', 'b')
  t.equal(call(throttled(20 * SECOND)), 'openai#0')
  t.same(state(), { kind: 'ready' })
  t.equal(call(ANSWERED), 'openai#1')
  t.equal(call(throttled(8 * SECOND)), 'openai#1')
  t.same(state(), { kind: 'cooling', retryAfterMs: 8 * SECOND })
  clock.nowMs = 8 * SECOND
  t.equal(call(ANSWERED), 'openai#1')
})

t.test('an answer to an earlier call does not end the rest of a throttled credential, nor a shorter wait', async (t) => {
  const { credentials, state, take } = pool('a')
  const [first, second, third] = [take(), take(), take()] as [Credential, Credential, Credential]
  credentials.giveBack(first, throttled(30 * SECOND))
  credentials.giveBack(second, ANSWERED)
  credentials.giveBack(third, throttled(2 * SECOND))
  t.same(state(), { kind: 'cooling', retryAfterMs: 30 * SECOND })
})

t.test('a refused key is bad: one probe at a time goes out, ever more rarely', async (t) => {
  const { credentials, state, call, take, clock } = pool('a')
  call(UNAUTHORISED)
  t.same(state(), { kind: 'refused', retryAfterMs: 5 * SECOND })
  for (const restMs of [5, 10, 20, 40, 80, 160, 320, 600, 600].map((seconds) => seconds * SECOND)) {
    clock.nowMs += restMs - 1
    t.equal(credentials.take('openai'), undefined, `${restMs} ms`)
    clock.nowMs += 1
    const probe = take()
    t.equal(credentials.take('openai'), undefined, 'one probe at a time')
    credentials.giveBack(probe, UNAUTHORISED)
  }
  clock.nowMs += 10 * MINUTE
  t.equal(call(ANSWERED), 'openai#0')
  t.same(state(), { kind: 'ready' }, 'the account was mended')
})

t.test('a key that one request alone is refused with is back for the others soon, each time', async (t) => {
  const { credentials, state, call, take, clock } = pool('a')
  for (const round of [1, 2, 3]) {
    const together = [take(), take()] as [Credential, Credential]
    for (const each of together) credentials.giveBack(each, UNAUTHORISED)
    clock.nowMs += 5 * SECOND
    t.equal(call(ANSWERED), 'openai#0', `${round}`)
    t.same(state(), { kind: 'ready' })
  }
})

t.test('an answer to a call from before does not make a refused key good', async (t) => {
  const { credentials, state, take } = pool('a')
  const [stream, next] = [take(), take()] as [Credential, Credential]
  credentials.giveBack(next, UNAUTHORISED)
  credentials.giveBack(stream, ANSWERED)
  t.same(state(), { kind: 'refused', retryAfterMs: 5 * SECOND })
})

t.test('a probe that is throttled shows that the key is good again', async (t) => {
  const { state, call, clock } = pool('a')
  call(UNAUTHORISED)
  clock.nowMs = 10 * MINUTE
  call(throttled(3 * SECOND))
  t.same(state(), { kind: 'cooling', retryAfterMs: 3 * SECOND })
})

t.test('a probe that came to nothing leaves the key bad', async (t) => {
  const { state, call, clock } = pool('a')
  call(UNAUTHORISED)
  clock.nowMs = 10 * MINUTE
  call(ABANDONED)
  t.same(state(), { kind: 'refused', retryAfterMs: 5 * SECOND })
})

for (const outcome of [FAILED, UNREACHABLE, STALLED]) {
  t.test(`three times ${outcome.kind} in a row while another key works: 5 s, doubling up to 5 min`, async (t) => {
    const { credentials, clock } = pool('a', 'b')
    const failOn = (id: string) => {
      const held: Credential[] = []
      for (;;) {
        const credential = credentials.take('openai')
        if (!credential) return false
        held.push(credential)
        if (held.length > 2) throw new Error('never offered')
        if (credential.id !== id) continue
        for (const each of held) credentials.giveBack(each, each === credential ? outcome : ANSWERED)
        return true
      }
    }
    const restMs = () => {
      const fromMs = clock.nowMs
      while (isResting(credentials, 'openai#0')) clock.nowMs += 500
      return clock.nowMs - fromMs
    }
    failOn('openai#0')
    failOn('openai#0')
    t.equal(restMs(), 0, 'two are no row')
    const rests = [1, 2, 3, 4, 5, 6, 7, 8].map(() => {
      failOn('openai#0')
      return restMs() / SECOND
    })
    t.same(rests, [5, 10, 20, 40, 80, 160, 300, 300])
  })
}

t.test('an answer ends the row', async (t) => {
  const { credentials, take, call } = pool('a', 'b')
  const other = take()
  for (const outcome of [FAILED, FAILED, ANSWERED, FAILED, STALLED]) call(outcome)
  credentials.giveBack(other, ANSWERED)
  t.notOk(isResting(credentials, 'openai#0') || isResting(credentials, 'openai#1'))
})

t.test('a single credential never rests for failures of the provider: health decides', async (t) => {
  const { state, call } = pool('a')
  for (let count = 0; count < 20; count++) call(FAILED)
  t.same(state(), { kind: 'ready' })
})

t.test('when every key fails, the provider is down and no key rests', async (t) => {
  const { credentials, call } = pool('a', 'b', 'c')
  for (let count = 0; count < 30; count++) call(UNREACHABLE)
  t.notOk(['openai#0', 'openai#1', 'openai#2'].some((id) => isResting(credentials, id)))
})

t.test('outcomes that are not about the credential change nothing', async (t) => {
  const { credentials, call } = pool('a', 'b')
  for (let count = 0; count < 12; count++) for (const outcome of [REFUSED, DECLINED, ABANDONED, CUT]) call(outcome)
  t.notOk(isResting(credentials, 'openai#0') || isResting(credentials, 'openai#1'))
})

t.test('a reload keeps keys that stay, with their id and rest, and forgets the others', async (t) => {
  const { credentials, state, call, take, replace, clock } = pool('a', 'b')
  t.equal(call(UNAUTHORISED), 'openai#0')
  const busy = take()
  t.equal(busy.id, 'openai#1')

  replace('c', 'b')
  const added = take()
  t.equal(added.id, 'openai#0', 'a number that is free again')
  t.equal(added.secret?.reveal(), 'c')
  credentials.giveBack(added, ANSWERED)
  t.equal(take(), added, 'the key that stays is still busy with its call')
  credentials.giveBack(busy, throttled(9 * SECOND))

  replace('b')
  t.same(state(), { kind: 'cooling', retryAfterMs: 9 * SECOND })
  credentials.giveBack(added, ANSWERED)
  clock.nowMs = 9 * SECOND
  t.equal(call(ANSWERED), 'openai#1')

  replace()
  t.same(state(), { kind: 'none' })
})

t.test('a replaced key is good at once', async (t) => {
  const { state, call, replace } = pool('revoked')
  call(UNAUTHORISED)
  replace('fresh')
  t.same(state(), { kind: 'ready' })
})

t.test('a reload whose secrets cannot be read changes nothing', async (t) => {
  let isReadable = true
  const providers = createProviders({ builtin, catalogProviders: new Map(), env: {} })
  const credentials = createCredentials({
    providers,
    secretsOf: ({ id }) => {
      if (!isReadable && id === 'groq') throw new SettingsError('unreadable')
      return [new Secret(isReadable ? 'a' : 'b')]
    },
    clock: { monotonicMs: () => 0 }
  })
  isReadable = false
  t.throws(() => { credentials.refresh(providers) }, { message: 'unreadable' })
  t.equal(credentials.take('openai')?.secret?.reveal(), 'a')
})

/** Whether a credential is not lent now; looked up by taking every ready one and giving it back untouched. */
function isResting (credentials: ReturnType<typeof createCredentials>, id: string): boolean {
  const taken: Credential[] = []
  for (let count = 0; count < 10; count++) {
    const credential = credentials.take('openai')
    if (credential) taken.push(credential)
  }
  for (const credential of taken) credentials.giveBack(credential, ABANDONED)
  return !taken.some((credential) => credential.id === id)
}
