// Requests of one session go to one backend (check 116).

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import type { PlanRequest } from '../../src/routing/plan.ts'
import type { Router } from '../../src/routing/router.ts'
import { manualClock } from '../keys/manual-clock.ts'
import { backend, candidatesOf, catalogOf, model, price, principal, provider, routerOf } from './samples.ts'
import { seeded, wishing } from './wishes.ts'

const MINUTE_MS = 60_000
const SESSION = { session_id: 'talk' }
const providers = [provider('a'), provider('b')]
const same = { price: price({ input: '1', output: '1' }) }
const catalog = catalogOf(model('m', [backend('a:m', same), backend('b:m', same)]), model('n', [backend('a:n', same), backend('b:n', same)]))

function world (cooling: Record<string, number> = {}) {
  const clock = manualClock()
  const router = routerOf({ catalog, providers, clock, random: seeded(116), cooling })
  return { clock, router, cooling }
}

/** Who is first, and then serves it. */
function serve (router: Router, body: JsonObject, rest: Partial<PlanRequest> = {}, name = 'm'): string | undefined {
  const plan = router.plan(wishing(name, body, rest))
  if (plan.candidates[0]) router.served(plan, plan.candidates[0])
  return candidatesOf(plan)[0]
}

const times = (count: number, ask: () => string | undefined) => new Set(Array.from({ length: count }, ask)).size

t.test('116: one session, one backend; without one the load is shared', async (t) => {
  const { router } = world()
  t.equal(times(50, () => serve(router, SESSION)), 1)
  t.equal(times(50, () => serve(router, {})), 2)
  t.equal(router.plan(wishing('m', SESSION)).policy, 'priority+session')
})

t.test('116: it is kept ten minutes from the last request, then it is open again', async (t) => {
  const { clock, router } = world()
  const first = serve(router, SESSION)
  for (let request = 0; request < 20; request++) {
    clock.pass(9 * MINUTE_MS)
    t.equal(serve(router, SESSION), first)
  }
  clock.pass(10 * MINUTE_MS)
  t.equal(router.plan(wishing('m', SESSION)).policy, 'priority')
})

t.test('a prompt cache of an hour keeps the session for an hour', async (t) => {
  const { clock, router } = world()
  const body = { ...SESSION, cache_control: { type: 'ephemeral', ttl: '1h' } }
  serve(router, body)
  clock.pass(59 * MINUTE_MS)
  t.equal(router.plan(wishing('m', body)).policy, 'priority+session')
})

t.test('116: when its backend rests another one serves, and keeps the session', async (t) => {
  const { router, cooling } = world()
  const first = serve(router, SESSION) as string
  cooling[first] = 1_000
  const second = serve(router, SESSION)
  t.not(second, first)
  delete cooling[first]
  t.equal(times(20, () => serve(router, SESSION)), 1)
  t.equal(serve(router, SESSION), second)
})

t.test('the body\'s session counts before the header, and both before the key of a prompt cache', async (t) => {
  const { router } = world()
  const body = { session_id: 'one', prompt_cache_key: 'three' }
  const first = serve(router, body, { session: 'two' })
  t.equal(serve(router, { session_id: 'one' }), first)
  const policyOf = (wishes: JsonObject, session?: string) => router.plan(wishing('m', wishes, { session })).policy
  t.equal(policyOf({}, 'two'), 'priority')
  t.equal(policyOf({}, 'one'), 'priority+session')
  t.equal(policyOf({ prompt_cache_key: 'one' }), 'priority+session')
  t.equal(policyOf({ prompt_cache_key: 'one' }, 'two'), 'priority')
})

t.test('a session is of one principal and one model', async (t) => {
  const { router } = world()
  serve(router, SESSION)
  const policyOf = (name: string, keyId?: string) =>
    router.plan(wishing(name, SESSION, { principal: principal({ keyId }) })).policy
  t.equal(policyOf('m'), 'priority+session')
  t.equal(policyOf('m', 'key-1'), 'priority')
  t.equal(policyOf('n'), 'priority')
})

t.test('`order` counts before a session', async (t) => {
  const { router } = world()
  const first = serve(router, SESSION)
  const other = first === 'a:m' ? 'b' : 'a'
  t.equal(candidatesOf(router.plan(wishing('m', { ...SESSION, provider: { order: [other] } })))[0], `${other}:m`)
})

t.test('ten thousand sessions are remembered, the latest', async (t) => {
  const { router } = world()
  for (let session = 0; session < 10_001; session++) serve(router, { session_id: String(session) })
  const policyOf = (session: string) => router.plan(wishing('m', { session_id: session })).policy
  t.equal(policyOf('0'), 'priority')
  t.equal(policyOf('1'), 'priority+session')
})

t.test('sessions can be switched off', async (t) => {
  const router = routerOf({ catalog, providers, random: seeded(1), sessionMs: 0 })
  serve(router, SESSION)
  t.equal(router.plan(wishing('m', SESSION)).policy, 'priority')
})
