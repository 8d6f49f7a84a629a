// Providers chosen by name, and what a model's backend at OpenRouter stands for (checks 98-103).

import t from 'tap'
import { describeNothingEligible } from '../../src/routing/explain.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { backend, candidatesOf, catalogOf, excludedOf, model, provider, routerOf } from './samples.ts'
import { wishing } from './wishes.ts'

const providers = [provider('a'), provider('b'), provider('c'), provider('moonshotai', { displayName: 'Moonshot AI' })]
const ids = ['a:m', 'b:m', 'c:m']
const catalog = catalogOf(
  model('m', ids.map((id, at) => backend(id, { priority: at }))),
  model('with-openrouter', [...ids.map((id, at) => backend(id, { priority: at })), backend('openrouter:x/m', { priority: 9 })]),
  model('kimi', [backend('a:k'), backend('moonshotai:k', { priority: 9 })]),
  model('variants', [
    backend('a:plain'), backend('a:turbo', { facts: { variant: 'turbo' }, priority: 2 }),
    backend('a:flex', { facts: { variant: 'flex' }, priority: 3 })
  ])
)
const router = routerOf({ catalog, providers })
const planned = (name: string, provider: JsonObject) => router.plan(wishing(name, { provider }))
const tried = (name: string, provider: JsonObject) => candidatesOf(planned(name, provider))

t.test('98: order comes first, in its order, then the others', async (t) => {
  t.same(tried('m', { order: ['c', 'b'] }), ['c:m', 'b:m', 'a:m'])
  t.equal(planned('m', { order: ['c'] }).policy, 'order')
})

t.test('98: without fallbacks only those of order are tried, or the first where there is no order', async (t) => {
  const plan = planned('m', { order: ['c', 'b'], allow_fallbacks: false })
  t.same(candidatesOf(plan), ['c:m', 'b:m'])
  t.same(excludedOf(plan), ['a:m no_fallbacks a'])
  t.same(tried('m', { allow_fallbacks: false }), ['a:m'])
})

t.test('99: an entry that does not serve the model is skipped', async (t) => {
  t.same(tried('m', { order: ['nobody', 'b'] }), ['b:m', 'a:m', 'c:m'])
})

t.test('100: only providers that do not serve it: a 404 that names who would, and who was asked', async (t) => {
  const request = wishing('m', { provider: { only: ['x', 'y'] } })
  const plan = router.plan(request)
  t.match(describeNothingEligible(plan, request.envelope.wishes?.provider), {
    code: 'no_allowed_provider',
    reason: /Nearest is a:m: name a in provider.only/,
    metadata: { available_providers: ['a', 'b', 'c'], requested_providers: ['x', 'y'] },
    availability: { code: 'constraint_filtered', retryable: false, requested_models: ['m'], excluded_by: ['allowed_providers'] }
  })
})

t.test('101: an ignored provider is not even a last resort', async (t) => {
  t.same(tried('m', { ignore: ['a'] }), ['b:m', 'c:m'])
  t.same(tried('m', { order: ['a'], ignore: ['a'] }), ['b:m', 'c:m'])
})

t.test('102: names match by id and by display name, in any case and spelling', async (t) => {
  for (const name of ['Moonshot AI', 'moonshotai', 'MOONSHOT_AI', 'moonshot-ai']) {
    t.same(tried('kimi', { only: [name] }), ['moonshotai:k'], name)
  }
})

t.test('103: a provider means all its variants but other terms; a full slug means one', async (t) => {
  t.same(tried('variants', { only: ['a'] }), ['a:plain', 'a:turbo'])
  t.same(tried('variants', { only: ['a/turbo'] }), ['a:turbo'])
  t.same(tried('variants', { only: ['a/flex'] }), ['a:flex'])
  t.same(tried('variants', { ignore: ['a/turbo'] }), ['a:plain'])
  t.same(tried('variants', { only: ['a/nitrous'] }), [])
})

t.test('OpenRouter stands for providers that are none of the model\'s own', async (t) => {
  t.same(tried('with-openrouter', { only: ['deepinfra'] }), ['openrouter:x/m'])
  t.same(tried('with-openrouter', { only: ['b', 'deepinfra'] }), ['b:m', 'openrouter:x/m'])
  t.same(tried('with-openrouter', { only: ['b'] }), ['b:m'], 'who names only our own does not mean OpenRouter')
  t.same(tried('with-openrouter', { order: ['deepinfra', 'c'] }), ['openrouter:x/m', 'c:m', 'a:m', 'b:m'])
  t.same(tried('with-openrouter', { order: ['c', 'deepinfra'], allow_fallbacks: false }), ['c:m', 'openrouter:x/m'])
  t.same(tried('with-openrouter', { ignore: ['deepinfra'] }), ['a:m', 'b:m', 'c:m', 'openrouter:x/m'], 'it is told whom not')
  t.same(tried('with-openrouter', { ignore: ['OpenRouter'] }), ['a:m', 'b:m', 'c:m'])
})

t.test('"openrouter" chooses OpenRouter and is not sent there, where it names nobody', async (t) => {
  const plan = planned('with-openrouter', { only: ['openrouter', 'deepinfra'], zdr: true })
  t.same(candidatesOf(plan), ['openrouter:x/m'])
  t.same(JSON.parse(plan.candidates[0]?.rewrites?.get('provider') ?? ''), { only: ['deepinfra'], zdr: true })
  t.equal(planned('with-openrouter', { only: ['deepinfra'] }).candidates[0]?.rewrites, undefined, 'as it came')
})
