// Backends on other terms: who asks for a service tier gets it, and nobody else does (checks 103, 117).

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { describeNothingEligible } from '../../src/routing/explain.ts'
import { createPerformance } from '../../src/routing/performance.ts'
import { manualClock } from '../keys/manual-clock.ts'
import { backend, candidatesOf, catalogOf, excludedOf, model, price, provider, request, routerOf } from './samples.ts'
import { wishing } from './wishes.ts'

const tier = (variant: string, id: string, usd: string) =>
  backend(`${id}/${variant}`, { modelId: 'm', priority: 9, facts: { variant }, price: price({ input: usd, output: usd }) })
const plain = (id: string, priority: number) => backend(id, { priority, price: price({ input: '2', output: '2' }) })
const providers = ['a', 'b', 'c'].map((id) => provider(id))
const catalog = catalogOf(
  model('m', [
    plain('a:m', 1), plain('b:m', 2), tier('flex', 'a:m', '1.5'), tier('flex', 'b:m', '1'),
    tier('priority', 'a:m', '4'), tier('priority', 'c:m', '5')
  ]),
  model('n', [plain('a:n', 1), plain('b:n', 2)]),
  model('far', [tier('flex', 'a:far', '1'), plain('b:far', 1), plain('openrouter:x/far', 2)])
)
const performance = createPerformance(manualClock())
for (const [id, outputTokens] of Object.entries({ 'a:m/priority': 50, 'c:m/priority': 90, 'a:m': 10, 'b:m': 200 })) {
  performance.note(id, { outputTokens, durationMs: 1_000, outcome: 'success' })
}
const router = routerOf({ catalog, providers, performance })
const planned = (body: JsonObject, name = 'm') => router.plan(wishing(name, body))
const tried = (body: JsonObject, name = 'm') => candidatesOf(planned(body, name))

t.test('who asks for no tier gets none', async (t) => {
  t.same(candidatesOf(router.plan(request('m'))), ['a:m', 'b:m'])
  t.same(excludedOf(router.plan(request('m')))[0], 'a:m/flex tier_not_asked flex')
  t.same(tried({ session_id: 's' }), ['a:m', 'b:m'])
  t.same(tried({ provider: { sort: 'price' } }), ['a:m', 'b:m'])
  t.notOk(candidatesOf(router.plan(request('auto'))).some((id) => /flex|priority/.test(id)))
  for (const told of ['auto', 'default', 'standard', null]) t.same(tried({ service_tier: told, user: 'u' }), ['a:m', 'b:m'])
})

t.test('flex is served by flex backends alone, the cheapest first, and told to them', async (t) => {
  const plan = planned({ service_tier: 'flex' })
  t.same(candidatesOf(plan), ['b:m/flex', 'a:m/flex'])
  t.equal(plan.policy, 'tier:flex')
  t.equal(plan.candidates[0]?.rewrites, undefined, 'the body says it already')
  t.match(excludedOf(plan), ['a:m other_tier flex', 'b:m other_tier flex', 'a:m/priority tier_not_asked priority'])
})

t.test('a model without flex backends is served as ever, and its body is left alone', async (t) => {
  const plan = planned({ service_tier: 'flex' }, 'n')
  t.same(candidatesOf(plan), ['a:n', 'b:n'])
  t.equal(plan.candidates[0]?.rewrites, undefined)
  t.equal(planned({ service_tier: 'fast' }, 'n').candidates[0]?.rewrites, undefined)
})

t.test('OpenRouter has tiers of its own, and judges for itself', async (t) => {
  t.same(tried({ service_tier: 'flex' }, 'far'), ['a:far/flex', 'openrouter:x/far'])
})

t.test('priority backends come first, the fastest of them first; the others follow on plain terms', async (t) => {
  for (const word of ['priority', 'fast']) {
    const plan = planned({ service_tier: word })
    t.same(candidatesOf(plan), ['c:m/priority', 'a:m/priority', 'a:m', 'b:m'], word)
    t.same([...plan.candidates.at(-1)?.rewrites ?? []], [['service_tier', undefined]])
  }
  t.same([...planned({ service_tier: 'fast' }).candidates[0]?.rewrites ?? []], [['service_tier', '"priority"']])
  t.equal(planned({ service_tier: 'priority' }).candidates[0]?.rewrites, undefined)
  t.same(tried({ service_tier: 'priority', provider: { sort: 'price' } }), ['a:m/priority', 'c:m/priority', 'a:m', 'b:m'])
  t.same(tried({ service_tier: 'priority', provider: { allow_fallbacks: false } }), ['c:m/priority'])
})

t.test(':floor lets flex in, :nitro lets priority in, among the others', async (t) => {
  const floor = router.plan(request('m:floor'))
  t.same(candidatesOf(floor), ['b:m/flex', 'a:m/flex', 'a:m', 'b:m'])
  t.same([...floor.candidates[0]?.rewrites ?? []], [['service_tier', '"flex"']])
  t.equal(floor.candidates[2]?.rewrites, undefined)
  t.same(candidatesOf(router.plan(request('m:nitro'))), ['b:m', 'c:m/priority', 'a:m/priority', 'a:m'])
  t.same(candidatesOf(router.plan(request('m:exacto'))).sort(), ['a:m', 'b:m'])
})

t.test('who names a backend in full means it', async (t) => {
  t.same(tried({ provider: { only: ['a/flex'] } }), ['a:m/flex'])
  t.same(tried({ provider: { only: ['a', 'b/flex'], sort: 'price' } }), ['b:m/flex', 'a:m'])
  t.same(tried({ provider: { only: ['a'] } }), ['a:m'])
  const direct = router.plan(request('a/m/flex'))
  t.same(candidatesOf(direct), ['a:m/flex'])
  t.same([...direct.candidates[0]?.rewrites ?? []], [['service_tier', '"flex"']])
  t.same(candidatesOf(router.plan(request('a/m'))), ['a:m'])
})

t.test('`order` is the whole order: suffix and service_tier choose nobody then', async (t) => {
  t.same(tried({ service_tier: 'flex', provider: { order: ['b'] } }), ['b:m', 'a:m'])
  t.same(tried({ provider: { order: ['c/priority', 'b'] } }), ['c:m/priority', 'b:m', 'a:m'])
  t.same(tried({ provider: { order: ['b'] } }, 'm:floor'), ['b:m', 'a:m'])
})

t.test('when the tier cannot be had the client hears what is in its way', async (t) => {
  const { plan } = routerOf({ catalog: catalogOf(model('m', [tier('flex', 'a:m', '1')])), providers })
  const told = describeNothingEligible(plan(request('m')))
  t.match(told.reason, /a:m\/flex serves the service tier flex, which was not asked for.*set service_tier to flex/)
  t.same(told.availability?.excluded_by, ['service_tier'])
  const out = routerOf({ catalog, providers, cooling: { 'a:m/flex': 5_000, 'b:m/flex': 9_000 } }).plan(wishing('m', { service_tier: 'flex' }))
  t.match(describeNothingEligible(out), { code: 'backends_resting', retryAfterS: 5 }, 'no fallback to plain terms')
})
