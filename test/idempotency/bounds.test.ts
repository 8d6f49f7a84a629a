// How long and how much is kept.

import t from 'tap'
import { systemClock } from '../../src/core/clock.ts'
import { chatJson, chatSse } from '../upstreams.ts'
import { look } from '../promises/observe.ts'
import { brokerOf, CHAT, REPLAYED, STREAM } from './asking.ts'

const DAY_MS = 24 * 60 * 60 * 1000

function shiftedClock () {
  let shiftMs = 0
  return { ...systemClock, nowMs: () => Date.now() + shiftMs, pass (ms: number) { shiftMs += ms } }
}

function kept (home: string) {
  return look(home, (sqlite) => sqlite.prepare<[], { rows: number, bodies: number, bytes: number }>(
    'SELECT count(*) AS rows, count(body) AS bodies, coalesce(sum(length(body)), 0) AS bytes FROM idempotent_answers').get())
}

t.test('a key means one request for 24 hours, and then another one', async (t) => {
  const clock = shiftedClock()
  const { upstream, ask, broker } = await brokerOf(t, chatJson(), { clock })
  await ask('k')
  clock.pass(DAY_MS - 60_000)
  t.ok((await ask('k')).headers.has(REPLAYED))
  t.equal((await ask('k', STREAM)).status, 422)
  clock.pass(60_000)
  const later = await ask('k', { ...CHAT, user: 'later' })
  t.equal(later.status, 200)
  t.notOk(later.headers.has(REPLAYED))
  t.ok((await ask('k', { ...CHAT, user: 'later' })).headers.has(REPLAYED))
  t.equal(upstream.requests.length, 2)
  t.equal(kept(broker.home)?.rows, 1, 'the row took the place of the old one')
})

for (const [what, answer, body] of [
  ['plain answer', chatJson({ content: '#'.repeat(2_000) }), CHAT],
  ['stream', chatSse({ pieces: Array.from({ length: 20 }, () => '#'.repeat(100)) }), STREAM]
] as const) {
  t.test(`a ${what} over the limit is delivered whole and not kept: the second request is told which exchange it was`, async (t) => {
    const { upstream, ask, broker } = await brokerOf(t, answer, { env: { AIBROKER_IDEMPOTENT_LIMIT: '1500' } })
    const first = await ask('k', body)
    t.equal(first.status, 200)
    t.equal(first.text.match(/#/g)?.length, 2_000)
    const second = await ask('k', body)
    t.equal(second.status, 409)
    t.match(second.json().error.metadata, {
      reason: 'idempotency_not_kept', exchange: first.headers.get('x-generation-id')
    })
    t.equal(second.headers.get('x-should-retry'), 'false')
    t.equal(upstream.requests.length, 1)
    t.match(kept(broker.home), { rows: 1, bodies: 0 })
  })
}

t.test('all answers together are bounded: the oldest are given up first, and stay unrepeatable', async (t) => {
  const clock = shiftedClock()
  const { upstream, ask, broker } = await brokerOf(t, chatJson({ content: 'x'.repeat(1_000) }), {
    clock, env: { AIBROKER_IDEMPOTENT_TOTAL: '6000' }
  })
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
    await ask(key)
    clock.pass(1_000)
    const { bytes = 0 } = kept(broker.home) ?? {}
    t.ok(bytes <= 6_000, `${bytes} bytes`)
  }
  t.equal(upstream.requests.length, 8)
  t.equal((await ask('a')).status, 409)
  t.ok((await ask('h')).headers.has(REPLAYED))
  t.ok((await ask('g')).headers.has(REPLAYED))
  t.equal(upstream.requests.length, 8, 'none of them is sent again')
})

t.test('neither the key nor the request is in the database', async (t) => {
  const { ask, broker } = await brokerOf(t, chatJson())
  await ask('canary-of-a-key', { ...CHAT, messages: [{ role: 'user', content: 'canary of a request' }] })
  const dump = look(broker.home, (sqlite) => sqlite.serialize())
  t.ok(dump.includes('chat.completion'), 'the answer is')
  t.notOk(dump.includes('canary'))
})
