// The order in which eligible backends are tried.

import t from 'tap'
import { backend, candidatesOf, catalogOf, model, price, provider, request, routerOf } from './samples.ts'

const DEAR = price({ input: '10', output: '30' })
const FAIR = price({ input: '1', output: '3' })
const CHEAP = price({ input: '0.1', output: '0.3' })

t.test('the operator\'s priority comes first, whatever it costs', async (t) => {
  const catalog = catalogOf(model('m', [
    backend('groq:a', { priority: 10, price: CHEAP }),
    backend('openai:a', { priority: 5, price: DEAR })
  ]))
  t.same(candidatesOf(routerOf({ catalog }).plan(request('m'))), ['openai:a', 'groq:a'])
})

t.test('a priority of the provider overrides those of its backends', async (t) => {
  const catalog = catalogOf(model('m', [backend('groq:a', { priority: 1 }), backend('openai:a', { priority: 5 })]))
  const providers = [provider('openai', { priority: 0 })]
  t.same(candidatesOf(routerOf({ catalog, providers }).plan(request('m'))), ['openai:a', 'groq:a'])
})

t.test('within a priority the cheapest is first, an unknown price last, and the id decides the rest', async (t) => {
  const catalog = catalogOf(model('m', [
    backend('openai:z'), backend('openai:a'), backend('groq:a', { price: DEAR }), backend('openrouter:a', { price: FAIR })
  ]))
  t.same(candidatesOf(routerOf({ catalog }).plan(request('m'))), ['openrouter:a', 'groq:a', 'openai:a', 'openai:z'])
})

t.test('which of two is cheaper depends on the request: cheap input for long bodies, cheap output for short', async (t) => {
  const catalog = catalogOf(model('m', [
    backend('groq:a', { price: price({ input: '1', output: '10' }) }),
    backend('openai:a', { price: price({ input: '4', output: '2' }) })
  ]))
  const first = (bodyBytes: number) => candidatesOf(routerOf({ catalog }).plan(request('m', { bodyBytes })))[0]
  t.equal(first(100_000), 'groq:a')
  t.equal(first(100), 'openai:a')
})

const everything = catalogOf(
  model('small', [backend('groq:small', { price: CHEAP, priority: 7 })], { tier: 'economy' }),
  model('middle', [backend('openai:middle', { price: FAIR })], { capabilities: new Set(['vision']) }),
  model('big', [backend('openai:big', { price: DEAR, priority: 5 }), backend('groq:big', { price: FAIR, priority: 5 })],
    { tier: 'premium' }),
  model('riddle', [backend('openrouter:riddle')], { tier: 'premium' }),
  model('local', [backend('ollama:local')], { tier: 'economy' }),
  model('embed', [backend('openai:embed', { price: CHEAP })], { tasks: new Set(['embedding']) })
)

t.test('autocheapest: free, then by cost, then what nobody knows the price of', async (t) => {
  const plan = routerOf({ catalog: everything }).plan(request('autocheapest'))
  t.equal(plan.policy, 'cheapest')
  t.same(candidatesOf(plan),
    ['ollama:local', 'groq:small', 'openai:middle', 'groq:big', 'openai:big', 'openrouter:riddle'])
})

t.test('autobest: premium first, then by priority, then the dearer one, an unknown price last', async (t) => {
  const plan = routerOf({ catalog: everything }).plan(request('autobest'))
  t.equal(plan.policy, 'best')
  t.same(candidatesOf(plan),
    ['openrouter:riddle', 'openai:big', 'groq:big', 'openai:middle', 'ollama:local', 'groq:small'])
  const same = catalogOf(model('a', [backend('openai:a')]), model('b', [backend('openai:b', { price: FAIR })]))
  t.same(candidatesOf(routerOf({ catalog: same }).plan(request('autobest'))), ['openai:b', 'openai:a'])
})

t.test('auto is what ROUTING_STRATEGY says', async (t) => {
  for (const strategy of ['cheapest', 'best'] as const) {
    const router = routerOf({ catalog: everything, strategy })
    t.same(candidatesOf(router.plan(request('auto'))), candidatesOf(router.plan(request(`auto${strategy}`))))
    t.equal(router.plan(request('auto')).policy, strategy)
  }
})

t.test('auto chooses only what can serve the request, and only at providers with a credential', async (t) => {
  const none = { kind: 'none' } as const
  const plan = routerOf({ catalog: everything }).plan(request('auto', { needs: ['vision'] }))
  t.same(candidatesOf(plan), ['openai:middle'])
  t.equal(plan.candidates[0]?.model.name, 'middle')
  const few = routerOf({ catalog: everything, pools: { openai: none, ollama: none, openrouter: none } })
  t.same(candidatesOf(few.plan(request('auto'))), ['groq:small', 'groq:big'])
  t.same(candidatesOf(few.plan(request('auto', {}, { task: 'speech' }))), [])
  t.same(candidatesOf(routerOf({ catalog: everything }).plan(request('auto', {}, { task: 'embedding' }))), ['openai:embed'])
})

t.test('a backend that two models share is considered once', async (t) => {
  const catalog = catalogOf(model('a', [backend('openai:x')]), model('b', [backend('openai:x')]))
  const plan = routerOf({ catalog }).plan(request('auto'))
  t.same(candidatesOf(plan), ['openai:x'])
  t.equal(plan.candidates[0]?.model.name, 'a')
})

t.test('the ceiling of a candidate is worked out for its own price; a free provider\'s is nothing', async (t) => {
  const limits = { bodyBytes: 1_000, maxOutputTokens: 100 }
  const catalog = catalogOf(model('m', [backend('openai:a', { price: FAIR }), backend('ollama:a', { price: DEAR })]))
  const [local, remote] = routerOf({ catalog }).plan(request('m', limits)).candidates
  t.equal(local?.ceiling, 0n)
  t.equal(remote?.ceiling, 2_024n * 1_000n + 100n * 3_000n + 7n)
})

t.test('an order is the same however often it is asked for', async (t) => {
  const router = routerOf({ catalog: everything })
  const once = candidatesOf(router.plan(request('auto')))
  for (let time = 0; time < 5; time++) t.same(candidatesOf(router.plan(request('auto'))), once)
})
