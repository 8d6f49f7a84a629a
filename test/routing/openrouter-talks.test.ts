// A talk goes back to who served it, without a name: for its prompt cache, or for what only its provider can read.

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { openaiChat } from '../../src/wire/openai-chat/index.ts'
import { manualClock } from '../keys/manual-clock.ts'
import { readJsonObject } from '../../src/core/json.ts'
import { backend, candidatesOf, catalogOf, model, price, principal, provider, request, routerOf } from './samples.ts'
import { seeded, wishing } from './wishes.ts'

const MINUTE_MS = 60_000
const cheap = { price: price({ input: '1', output: '1', cache_read: '0.1' }) }
const dear = { price: price({ input: '1', output: '1', cache_read: '1' }) }
const thinking = { capabilities: new Set(['reasoning'] as const) }
const providers = [provider('a'), provider('b')]
const catalog = catalogOf(
  model('m', [backend('a:m', cheap), backend('b:m', cheap)]),
  model('dear', [backend('a:d', dear), backend('b:d')]),
  model('row', [backend('a:r', { ...cheap, priority: 1 }), backend('b:r', { ...cheap, priority: 2 })]),
  model('r1', [backend('a:r1', { priority: 1 }), backend('b:r1', { priority: 2 })], thinking),
  model('equal', [backend('a:e', dear), backend('b:e', dear)], thinking)
)

function world (changes: { sessionMs?: number } = {}) {
  const clock = manualClock()
  const cooling: Record<string, number> = {}
  const hashed: string[] = []
  const router = routerOf({ catalog, providers, clock, random: seeded(4), cooling, ...changes })
  const opening = (text: string) => () => {
    hashed.push(text)
    return text
  }
  const plan = (name: string, text = 'hi', isSigned = false, rest = {}) =>
    router.plan(request(name, { isSigned }, { opening: opening(text), ...rest }))
  /** Who is first, and then serves it. */
  const serve = (...args: Parameters<typeof plan>) => {
    const planned = plan(...args)
    const [first] = planned.candidates
    if (first) router.served(planned, first)
    return { planned, first, id: first?.backend.id, tellCacheRead: () => first && router.cached(planned, first) }
  }
  const places = (count: number, ...args: Parameters<typeof plan>) =>
    new Set(Array.from({ length: count }, () => serve(...args).id)).size
  return { router, clock, cooling, hashed, plan, serve, places }
}

t.test('the load is shared until a cache read is told; then the talk stays, ten minutes from its last request', async (t) => {
  const { clock, plan, serve, places } = world()
  t.equal(places(50, 'm'), 2)
  const { id, tellCacheRead } = serve('m')
  tellCacheRead()
  for (let call = 0; call < 20; call++) {
    clock.pass(9 * MINUTE_MS)
    t.equal(serve('m').id, id)
  }
  t.equal(plan('m').policy, 'priority+session')
  t.equal(plan('m', 'another').policy, 'priority')
  t.equal(plan('m', 'hi', false, { principal: principal({ keyId: 'k' }) }).policy, 'priority', 'a talk is of one principal')
  clock.pass(10 * MINUTE_MS)
  t.equal(plan('m').policy, 'priority')
})

t.test('another one that had to serve it takes the talk, and its cache is not known yet', async (t) => {
  const { cooling, plan, serve } = world()
  const first = serve('m')
  first.tellCacheRead()
  cooling[first.id as string] = 1_000
  t.not(serve('m').id, first.id)
  delete cooling[first.id as string]
  t.equal(plan('m').policy, 'priority')
})

t.test('a cache that is not cheaper is no reason to stay', async (t) => {
  const { plan, serve } = world()
  serve('dear').tellCacheRead()
  t.equal(plan('dear').policy, 'priority')
})

t.test('nothing is hashed where backends do not share the load', async (t) => {
  const { hashed, serve } = world()
  for (const name of ['row', 'r1', 'dear', 'a/own', 'auto']) serve(name).tellCacheRead()
  t.same(hashed, [])
  world({ sessionMs: 0 }).serve('m')
  t.same(hashed, [])
})

t.test('a session that is named counts, and order counts before both', async (t) => {
  const { router, serve } = world()
  const first = serve('m')
  first.tellCacheRead()
  const other = first.id === 'a:m' ? 'b' : 'a'
  const wish = (body: JsonObject) => router.plan(wishing('m', body, { opening: () => 'hi' }))
  t.equal(wish({ session_id: 's' }).policy, 'priority')
  t.equal(wish({ user: 'u', provider: { ignore: ['c'] } }).policy, 'priority+session')
  t.same(candidatesOf(wish({ provider: { order: [other] } }))[0], `${other}:m`)
})

t.test('123: a signed history goes back to who signed it, when another one had stepped in', async (t) => {
  const { clock, cooling, hashed, serve } = world()
  cooling['a:r1'] = 1_000
  t.equal(serve('r1', 'one').id, 'b:r1')
  delete cooling['a:r1']
  clock.pass(60 * MINUTE_MS)
  t.equal(serve('r1', 'one', true).id, 'b:r1', 'however long ago')
  t.equal(serve('r1', 'two', true).id, 'a:r1')
  t.equal(serve('r1', 'one').id, 'a:r1', 'without a signature the order counts')
  t.equal(serve('r1', 'one', true).id, 'a:r1', 'and who served since has signed since')
  t.ok(hashed.length > 0)
})

t.test('123: where chance decides who serves, a signed history decides it', async (t) => {
  const { places, serve } = world()
  for (let talk = 0; talk < 20; talk++) {
    const { id } = serve('equal', String(talk))
    t.equal(serve('equal', String(talk), true).id, id)
  }
  t.equal(places(50, 'equal', 'x'), 2)
})

t.test('ten thousand talks are remembered, the latest', async (t) => {
  const { plan, serve } = world()
  for (let talk = 0; talk < 10_001; talk++) serve('m', String(talk)).tellCacheRead()
  t.equal(plan('m', '0').policy, 'priority')
  t.equal(plan('m', '1').policy, 'priority+session')
})

const opened = (messages: unknown) => openaiChat.openingOf(readJsonObject(Buffer.from(JSON.stringify({ messages }))))
const say = (role: string, content: unknown) => ({ role, content })

t.test('a talk is known by its first instruction and its first message', async (t) => {
  const first = opened([say('system', 's'), say('user', 'hi')])
  t.equal(opened([say('system', 's'), say('user', 'hi'), say('assistant', 'yes'), say('user', 'more')]), first)
  t.equal(opened([say('system', 's'), say('user', [{ type: 'text', text: 'hi' }])]), first)
  for (const other of [[say('user', 'hi')], [say('system', 's'), say('user', 'ho')], [say('developer', 't'), say('user', 'hi')]]) {
    t.not(opened(other), first)
  }
  const picture = (url: string) => opened([say('user', [{ type: 'image_url', image_url: { url } }])])
  t.not(picture('https://x/1'), picture('https://x/2'))
  for (const none of [undefined, [], 'hi', [say('system', 's')]]) t.equal(opened(none), undefined)
  t.type(opened([null, 5, say('user', null)]), 'string')
})

t.test('123: only what is signed or encrypted is pinned', async (t) => {
  const isSigned = (detail: unknown) => openaiChat.readEnvelope(readJsonObject(Buffer.from(JSON.stringify({
    model: 'm', messages: [say('user', 'hi'), { role: 'assistant', content: 'x', reasoning_details: [detail] }]
  }))), 'chat').isSigned
  t.equal(isSigned({ type: 'reasoning.text', text: 'hm', signature: 's' }), true)
  t.equal(isSigned({ type: 'reasoning.encrypted', data: 'e' }), true)
  t.equal(isSigned({ type: 'reasoning.text', text: 'hm', signature: null }), false)
  t.equal(isSigned('x'), false)
})
