// What a name means: an entry, an alias, a choice left to the broker, or a provider's own model.

import t from 'tap'
import { GatewayError } from '../../src/core/errors.ts'
import { backend, candidatesOf, catalogOf, excludedOf, model, price, request, routerOf } from './samples.ts'

const PRICED = { price: price({ input: '1', output: '2' }) }
const catalog = catalogOf(
  model('gpt-4o', [backend('openai:gpt-4o', PRICED), backend('openrouter:openai/gpt-4o', { priority: 5 })],
    { aliases: ['openai/gpt-4o'], contextWindow: 128_000, capabilities: new Set(['vision']) }),
  model('gpt-4o-mini', [backend('openai:gpt-4o-mini', PRICED)]),
  model('embed-small', [backend('openai:text-embedding-3-small', PRICED)], { tasks: new Set(['embedding']) })
)

t.test('a model is found by its name and by its alias, with its backends in the order of their priority', async (t) => {
  const router = routerOf({ catalog })
  for (const name of ['gpt-4o', 'openai/gpt-4o']) {
    const plan = router.plan(request(name))
    t.same(candidatesOf(plan), ['openai:gpt-4o', 'openrouter:openai/gpt-4o'])
    t.equal(plan.requestedModel, name)
    t.equal(plan.policy, 'priority')
    t.equal(plan.catalogVersion, 'c0ffee0000000000')
    t.ok(plan.candidates.every(({ model }) => model.name === 'gpt-4o'))
  }
})

t.test('provider/model_id that nobody configured is served by that provider, at an unknown price', async (t) => {
  const [candidate] = routerOf({ catalog }).plan(request('groq/llama-3.3-70b', { needs: ['vision'] })).candidates
  t.match(candidate, {
    backend: { id: 'groq:llama-3.3-70b', provider: 'groq', modelId: 'llama-3.3-70b' },
    model: { name: 'groq/llama-3.3-70b' }
  })
  t.equal(candidate?.backend.price, undefined)
  t.equal(candidate?.ceiling, undefined)
})

t.test('a model id may hold slashes, and only the first part is the provider', async (t) => {
  t.same(candidatesOf(routerOf({ catalog }).plan(request('openrouter/meta/llama-4'))), ['openrouter:meta/llama-4'])
})

t.test('a backend of the file that is named directly keeps its price, its facts and its entry\'s name', async (t) => {
  const [candidate, ...others] = routerOf({ catalog }).plan(request('openai/gpt-4o-mini')).candidates
  t.match(candidate, { backend: { id: 'openai:gpt-4o-mini' }, model: { name: 'gpt-4o-mini' } })
  t.equal(candidate?.backend.price, PRICED.price)
  t.same(others, [])
})

t.test('a price that is known without an entry is used for direct requests', async (t) => {
  const listed = { ...catalog, prices: new Map([['groq:whisper', PRICED.price]]) }
  const [candidate] = routerOf({ catalog: listed }).plan(request('groq/whisper')).candidates
  t.equal(candidate?.backend.price, PRICED.price)
})

t.test('a direct request to a provider without a credential says which variable to set', async (t) => {
  const plan = routerOf({ catalog, pools: { groq: { kind: 'none' } } }).plan(request('groq/llama'))
  t.same(candidatesOf(plan), [])
  t.same(excludedOf(plan), ['groq:llama no_credential set GROQ_API_KEY'])
})

t.test('openrouter/auto is the broker\'s choice without a credential there, and OpenRouter\'s with one', async (t) => {
  const name = 'openrouter/auto'
  const without = routerOf({ catalog, pools: { openrouter: { kind: 'none' } } }).plan(request(name))
  t.equal(without.policy, 'cheapest')
  t.ok(candidatesOf(without).includes('openai:gpt-4o-mini'))
  const plan = routerOf({ catalog }).plan(request(name))
  t.same(candidatesOf(plan), ['openrouter:openrouter/auto'])
})

t.test('an unknown name is refused with the nearest ones', async (t) => {
  const router = routerOf({ catalog })
  for (const name of ['gtp-4o', 'nobody/gpt-4o-mini', 'gpt-4o-mini/', '/gpt-4o']) {
    t.throws(() => router.plan(request(name)), { code: 'unknown_model', status: 400 }, name)
  }
  t.throws(() => router.plan(request('gpt-4oh')), { message: /Did you mean gpt-4o/, extras: { param: 'model' } })
  t.throws(() => router.plan(request('zzzzzzzzzz')), { message: /GET \/v1\/models/ })
})

t.test('a provider that is known but no name of a model is not a model', async (t) => {
  t.throws(() => routerOf({ catalog }).plan(request('openai/')), { code: 'unknown_model' })
  t.throws(() => routerOf({ catalog }).plan(request('openai')), { code: 'unknown_model' })
})

t.test('a model asked for at the wrong endpoint is refused with the ones it is for', async (t) => {
  t.throws(() => routerOf({ catalog }).plan(request('embed-small')),
    new GatewayError('wrong_task', { model: 'embed-small', path: '/v1/chat/completions', tasks: 'embedding' }))
})

t.test('a changed catalog is used from the next request on', async (t) => {
  let current = catalog
  const router = routerOf({ catalog: () => current })
  t.same(candidatesOf(router.plan(request('gpt-4o-mini'))), ['openai:gpt-4o-mini'])
  current = { ...catalogOf(model('gpt-4o-mini', [backend('groq:other')])), version: 'beef' }
  const plan = router.plan(request('gpt-4o-mini'))
  t.same(candidatesOf(plan), ['groq:other'])
  t.equal(plan.catalogVersion, 'beef')
})
