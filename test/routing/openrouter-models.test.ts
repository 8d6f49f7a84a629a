// Several models in one request, and what the end of a model's name means (checks 97, 110, 111, 117-119).

import t from 'tap'
import type { ListedCard } from '../../src/catalog/listed-card.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { createPerformance } from '../../src/routing/performance.ts'
import { readEnvelope } from '../../src/wire/openai-chat/envelope.ts'
import { manualClock } from '../keys/manual-clock.ts'
import { backend, candidatesOf, catalogOf, excludedOf, model, principal, price, provider, request, routerOf } from './samples.ts'
import { wishing } from './wishes.ts'

const costs = (usd: string, priority: number) => ({ price: price({ input: usd, output: usd }), priority })
const providers = ['a', 'b', 'c'].map((id) => provider(id))
const catalog = catalogOf(
  model('x', [backend('a:x', costs('1', 1)), backend('b:x', costs('2', 2))], { aliases: ['author/x'] }),
  model('y', [backend('a:y', costs('3', 1)), backend('c:y', costs('0.5', 2))]),
  model('qwen:7b', [backend('a:qwen:7b')]),
  model('odd:floor', [backend('a:odd')]),
  model('gpt', [backend('a:gpt'), backend('openrouter:openai/gpt', { priority: 9 })]),
  model('gpt:free', [backend('openrouter:openai/gpt:free')])
)
const router = routerOf({ catalog, providers })
const planned = (name: string, body: JsonObject = {}) => router.plan(wishing(name, body))
const tried = (name: string, body: JsonObject = {}) => candidatesOf(planned(name, body))

t.test('97: model after model, unless the backends of all are to be ordered together', async (t) => {
  const performance = createPerformance(manualClock())
  const { plan } = routerOf({ catalog, providers, performance })
  const speeds = { 'a:x': 10, 'b:x': 20, 'a:y': 15, 'c:y': 90 }
  for (const [id, outputTokens] of Object.entries(speeds)) {
    performance.note(id, { outputTokens, durationMs: 1_000, outcome: 'success' })
  }
  const sorted = (sort: JsonObject) => candidatesOf(plan(wishing('x', { models: ['x', 'y'], provider: { sort } })))
  t.same(sorted({ by: 'throughput' }), ['b:x', 'a:x', 'c:y', 'a:y'])
  t.same(sorted({ by: 'throughput', partition: 'none' }), ['c:y', 'b:x', 'a:y', 'a:x'])
})

t.test('97: route is the old spelling of the partition', async (t) => {
  t.same(tried('x', { models: ['y'], route: 'fallback', provider: { sort: 'price' } }), ['a:x', 'b:x', 'c:y', 'a:y'])
  t.same(tried('x', { models: ['y'], route: 'sort', provider: { sort: 'price' } }), ['c:y', 'a:x', 'b:x', 'a:y'])
})

t.test('110: a model that is named twice is one, whatever it is called', async (t) => {
  const plan = planned('x', { models: ['x', 'author/x', 'y'] })
  t.same(candidatesOf(plan), ['a:x', 'b:x', 'a:y', 'c:y'])
  t.same(plan.candidates.map(({ choice }) => choice), [0, 0, 1, 1])
  t.same(plan.requestedModels, ['x', 'y'])
  t.equal(planned('x', { models: ['x'] }).candidates[0]?.choice, undefined, 'one model is no choice')
})

t.test('97: without a model the first of models is it', async (t) => {
  const envelope = (body: JsonObject) => readEnvelope({ bytes: Buffer.from('{}'), value: body, members: [] }, 'chat')
  t.equal(envelope({ models: ['y', 'x'] }).model, 'y')
  t.equal(envelope({ model: null, models: ['y'] }).model, 'y')
  t.equal(envelope({ model: 'x', models: ['y'] }).model, 'x')
  t.throws(() => envelope({ models: [] }), { code: 'missing_model' })
  t.throws(() => envelope({ model: '', models: ['y'] }), { code: 'missing_model' })
})

t.test('every model has its share of the turns before any has more', async (t) => {
  const four = (name: string) => model(name, Array.from({ length: 4 }, (_, at) => backend(`a:${name}${at}`, { priority: at })))
  const { plan } = routerOf({ catalog: catalogOf(four('p'), four('q')), providers })
  t.same(candidatesOf(plan(wishing('p', { models: ['q'] }))), ['a:p0', 'a:p1', 'a:p2', 'a:q0', 'a:q1', 'a:q2', 'a:p3', 'a:q3'])
})

t.test('111: twenty models at the most, three where OpenRouter is followed to the letter', async (t) => {
  const models = Array.from({ length: 4 }, () => 'y')
  t.equal(tried('x', { models }).length, 4)
  const strict = routerOf({ catalog, providers, mostModels: 3 })
  t.throws(() => strict.plan(wishing('x', { models })), { code: 'invalid_body', status: 400, message: /'models' array must have 3 items or fewer/ })
  t.ok(strict.plan(wishing('x', { models: models.slice(1) })))
  t.throws(() => wishing('x', { models: Array.from({ length: 21 }, () => 'y') }), { message: /'models' array must have 20 items or fewer/ })
})

t.test('a key that may not use one of the models is served by the others', async (t) => {
  const limited = { principal: principal({ models: ['y'] }) }
  const plan = router.plan(wishing('x', { models: ['y'] }, limited))
  t.same(candidatesOf(plan), ['a:y', 'c:y'])
  t.same(excludedOf(plan), ['a:x not_allowed_for_key x', 'b:x not_allowed_for_key x'])
})

t.test('117: suffixes order the backends and are no part of the name', async (t) => {
  t.same(tried('y:floor'), ['c:y', 'a:y'])
  t.equal(planned('y:floor').policy, 'price')
  t.equal(planned('y:nitro').policy, 'throughput')
  t.equal(planned('y:exacto').policy, 'exacto')
  t.equal(planned('author/x:nitro').candidates[0]?.askedAs, undefined, 'nobody but OpenRouter is asked with it')
  t.equal(planned('auto:floor').policy, 'price')
  t.equal(planned('y:floor', { provider: { sort: 'latency' } }).policy, 'latency', 'what is said in full counts')
})

t.test('117: OpenRouter is asked with the suffix, as it came', async (t) => {
  const [, atOpenRouter] = planned('gpt:nitro').candidates
  t.equal(atOpenRouter?.backend.id, 'openrouter:openai/gpt')
  t.equal(atOpenRouter?.askedAs, 'openai/gpt:nitro')
  t.equal(planned('openrouter/openai/other:floor').candidates[0]?.askedAs, 'openai/other:floor')
})

t.test('117: a name of the catalog wins over a suffix', async (t) => {
  t.same(tried('qwen:7b'), ['a:qwen:7b'])
  t.equal(planned('odd:floor').policy, 'priority')
  t.same(tried('a/qwen:7b'), ['a:qwen:7b'])
})

t.test('117: free models are rows of their own, and what is none is unknown', async (t) => {
  t.same(tried('gpt:free'), ['openrouter:openai/gpt:free'])
  t.same(tried('openrouter/some/thing:free'), ['openrouter:some/thing:free'])
  for (const name of ['x:free', 'a/x:free', 'x:thinking']) {
    t.throws(() => router.plan(request(name)), { code: 'unknown_model', message: `${name} is not a valid model ID.` }, name)
  }
})

t.test('117: web search is OpenRouter\'s, also on top of another suffix', async (t) => {
  const plan = planned('gpt:online')
  t.same(candidatesOf(plan), ['openrouter:openai/gpt'])
  t.same(excludedOf(plan), ['a:gpt not_offered web search (:online)'])
  t.equal(plan.candidates[0]?.askedAs, 'openai/gpt:online')
  t.equal(planned('gpt:free:online').candidates[0]?.askedAs, 'openai/gpt:free:online')
  t.equal(planned('gpt:nitro:online').policy, 'throughput')
  t.equal(planned('gpt:online:nitro').candidates.at(-1)?.askedAs, 'openai/gpt:nitro:online')
})

t.test('117: what web search may cost is part of the bound', async (t) => {
  const priced = price({ input: '1', output: '1' })
  const { plan } = routerOf({ catalog: catalogOf(model('w', [backend('openrouter:w', { price: priced })])) })
  t.type(plan(request('w')).candidates[0]?.ceiling, 'bigint')
  t.equal(plan(request('w:online')).candidates[0]?.ceiling, undefined, 'nobody told what a search costs')
})

t.test('118: a preset is OpenRouter\'s as well', async (t) => {
  t.same(tried('gpt', { preset: 'mine' }), ['openrouter:openai/gpt'])
  t.throws(() => router.plan(request('@preset/none')), { code: 'unknown_model', status: 400 })
})

const dated = (created: number) => ({ listed: { created } as ListedCard })

t.test('118: the newest of a family by its author\'s name', async (t) => {
  const { plan } = routerOf({
    providers,
    catalog: catalogOf(
      model('openai/gpt-5', [backend('openrouter:openai/gpt-5')], dated(50)),
      model('openai/gpt-6', [backend('openrouter:openai/gpt-6')], dated(60)),
      model('openai/gpt-9:free', [backend('openrouter:openai/gpt-9:free')], dated(90)),
      model('openai/gpts-9', [backend('openrouter:openai/gpts-9')], dated(90)),
      model('other/gpt-9', [backend('openrouter:other/gpt-9')], dated(90)),
      model('openai/gpt-image-9', [backend('openrouter:openai/gpt-image-9')], { ...dated(90), tasks: new Set(['image'] as const) }),
      model('mine', [backend('a:sonnet-4')]), model('own', [backend('a:sonnet-10')], { aliases: ['maker/sonnet-3'] })
    )
  })
  const newest = (name: string) => candidatesOf(plan(request(name)))
  t.same(newest('~openai/gpt-latest'), ['openrouter:openai/gpt-6'])
  t.same(newest('~openai/gpt-5-latest'), ['openrouter:openai/gpt-5'])
  t.same(newest('~a/sonnet-latest'), ['a:sonnet-10'], 'without dates the higher number counts')
  t.same(newest('~maker/sonnet-latest'), ['a:sonnet-10'], 'an alias tells the author, too')
  t.equal(plan(request('~openai/gpt-latest:floor')).policy, 'price')
  t.same(candidatesOf(plan(wishing('mine', { models: ['~openai/gpt-latest'] }))), ['a:sonnet-4', 'openrouter:openai/gpt-6'])
  for (const name of ['~openai/claude-latest', '~nobody/gpt-latest', '~openai/gpt', '~openai/-latest', 'maker/gpt-latest']) {
    t.throws(() => plan(request(name)), { code: 'unknown_model', status: 400 }, name)
  }
})

t.test('118: a name of the catalog wins, as OpenRouter\'s own list has such names', async (t) => {
  const catalog = catalogOf(model('~x/y-latest', [backend('openrouter:~x/y-latest')]), model('x/y-2', [backend('openrouter:x/y-2')]))
  t.same(candidatesOf(routerOf({ catalog }).plan(request('~x/y-latest'))), ['openrouter:~x/y-latest'])
})

t.test('119: an unknown model is a 400, in `models` as well, for programs too', async (t) => {
  t.throws(() => router.plan(request('zzz')), {
    status: 400,
    message: 'zzz is not a valid model ID. GET /v1/models lists what is served.',
    extras: { param: 'model', availability: { code: 'model_not_found', retryable: false, requested_models: ['zzz'] } }
  })
  t.throws(() => planned('x', { models: ['zzz'] }), { status: 400, message: /^zzz is not/, extras: { param: 'models' } })
})

t.test('`models` goes to OpenRouter only where it knows all the names', async (t) => {
  const sent = (models: string[]) => planned('openrouter/openai/gpt', { models }).candidates[0]?.rewrites
  t.same([...sent(['gpt']) ?? []], [['models', undefined], ['route', undefined]])
  const known = routerOf({ catalog: catalogOf(model('openai/gpt', [backend('openrouter:openai/gpt')]), model('z/m', [backend('openrouter:z/m')])) })
  t.equal(known.plan(wishing('openai/gpt', { models: ['z/m'] })).candidates[0]?.rewrites, undefined)
})
