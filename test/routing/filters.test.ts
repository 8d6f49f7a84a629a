// Hard constraints: each excludes what it must, with its code and a detail, and nothing else.

import t from 'tap'
import type { Plugins } from '../../src/core/plugins.ts'
import {
  backend, candidatesOf, catalogOf, excludedOf, model, price, principal, provider, request, routerOf
} from './samples.ts'

const PRICED = { price: price({ input: '1', output: '2' }) }
const two = [backend('openai:a', PRICED), backend('groq:a', PRICED)]
const catalog = catalogOf(model('m', two))
const GROQ_STAYS = ['groq:a']

t.test('a backend at a provider that nobody knows is out', async (t) => {
  const plan = routerOf({ catalog: catalogOf(model('m', [backend('nobody:a'), backend('groq:a')])) }).plan(request('m'))
  t.same(candidatesOf(plan), GROQ_STAYS)
  t.same(excludedOf(plan), ['nobody:a unknown_provider nobody'])
})

t.test('a provider without the endpoint is out', async (t) => {
  const plan = routerOf({ catalog, providers: [provider('openai', { tasks: ['embedding'] })] }).plan(request('m'))
  t.same(candidatesOf(plan), GROQ_STAYS)
  t.same(excludedOf(plan), ['openai:a wrong_task chat'])
})

t.test('a model that lacks what the request needs is out, by the first thing it lacks', async (t) => {
  const able = catalogOf(model('m', two, { capabilities: new Set(['tool_calling']) }))
  const router = routerOf({ catalog: able })
  t.same(candidatesOf(router.plan(request('m', { needs: ['tool_calling'] }))), ['groq:a', 'openai:a'])
  t.same(excludedOf(router.plan(request('m', { needs: ['tool_calling', 'vision'] }))),
    ['openai:a missing_capability vision', 'groq:a missing_capability vision'])
})

t.test('a window is too small only when even a low estimate of the tokens does not fit', async (t) => {
  const router = routerOf({ catalog: catalogOf(model('m', [backend('groq:a')], { contextWindow: 16_000 })) })
  const isIn = (bodyBytes: number, rest = {}) =>
    candidatesOf(router.plan(request('m', { bodyBytes, ...rest }))).length === 1
  t.ok(isIn(60_000), 'more bytes than the window has tokens, and still it may fit')
  t.ok(isIn(128_000))
  t.notOk(isIn(128_001))
  t.ok(isIn(64_000, { maxOutputTokens: 8_000 }))
  t.notOk(isIn(64_000, { maxOutputTokens: 8_001 }))
  t.same(excludedOf(router.plan(request('m', { bodyBytes: 128_001 }))), ['groq:a context_too_small 16000'])
})

t.test('a window where prompts may lose their middle takes twice as much, where no other takes all of it', async (t) => {
  const small = catalogOf(model('m', [backend('groq:a')], { contextWindow: 8_000 }))
  const eligible = (bodyBytes: number, plugins?: Plugins) =>
    candidatesOf(routerOf({ catalog: small }).plan(request('m', { bodyBytes, plugins }))).length
  const none = { wantsHealing: false, mayCompress: false }
  t.same([64_001, 128_000, 128_001].map((bytes) => eligible(bytes)), [1, 1, 0])
  t.same([64_000, 64_001].map((bytes) => eligible(bytes, none)), [1, 0])
  const larger = { ...backend('openai:a'), contextWindow: 9_000 }
  const both = routerOf({ catalog: catalogOf(model('m', [backend('groq:a'), larger], { contextWindow: 8_000 })) })
  t.same(candidatesOf(both.plan(request('m', { bodyBytes: 42_000 }))), ['openai:a'])
})

t.test('bytes of images and audio are no text, and lists of inputs have the window for each', async (t) => {
  const able = model('m', [backend('groq:a')],
    { contextWindow: 8_000, capabilities: new Set(['vision', 'audio_input']), tasks: new Set(['chat', 'embedding']) })
  const router = routerOf({ catalog: catalogOf(able) })
  for (const need of ['vision', 'audio_input'] as const) {
    t.same(candidatesOf(router.plan(request('m', { bodyBytes: 5_000_000, needs: [need] }))), ['groq:a'])
  }
  t.same(candidatesOf(router.plan(request('m', { bodyBytes: 5_000_000 }, { task: 'embedding' }))), ['groq:a'])
})

t.test('a model whose window is not known is never too small', async (t) => {
  t.equal(candidatesOf(routerOf({ catalog }).plan(request('m', { bodyBytes: 30_000_000 }))).length, 2)
})

t.test('a provider without a credential is out, with what would give it one', async (t) => {
  const none = { kind: 'none' } as const
  const cases = [
    [provider('openai'), 'set OPENAI_API_KEY'],
    [provider('openai', { env: ['GEMINI', 'GOOGLE'] }), 'set GEMINI_API_KEY'],
    [provider('openai', { secretSource: 'file:/run/key' }), 'fill file:/run/key'],
    [provider('openai', { url: undefined }), 'set OPENAI_BASE_URL'],
    [provider('openai', { env: [] }), 'give it a credential in modelsconfig.yml']
  ] as const
  for (const [openai, detail] of cases) {
    const plan = routerOf({ catalog, providers: [openai], pools: { openai: none } }).plan(request('m'))
    t.same(candidatesOf(plan), GROQ_STAYS)
    t.same(excludedOf(plan), [`openai:a no_credential ${detail}`])
  }
})

t.test('credentials that rest are out for so long; those that were refused are out until they are replaced', async (t) => {
  const plan = (kind: 'cooling' | 'refused') =>
    routerOf({ catalog, pools: { openai: { kind, retryAfterMs: 4_200 } } }).plan(request('m'))
  t.same(excludedOf(plan('cooling')), ['openai:a credential_cooling 4200'])
  t.same(excludedOf(plan('refused')), ['openai:a credential_refused openai'])
  t.equal(plan('refused').excluded[0]?.waitMs, 4_200)
})

t.test('the pool of a provider is asked once per plan', async (t) => {
  const asked: string[] = []
  const pools = new Proxy({}, { get: (_, id) => { asked.push(String(id)) } })
  routerOf({ catalog: catalogOf(model('m', [backend('groq:a'), backend('groq:b'), backend('groq:c')])), pools })
    .plan(request('auto'))
  t.same(asked, ['groq'])
})

t.test('P5 a price that is not known, or not for all of it, excludes under the policy deny and only there', async (t) => {
  const partly = backend('openrouter:a', { price: price({ input: '1' }) })
  const catalog = catalogOf(model('m', [backend('openai:a'), partly, backend('groq:a', PRICED), backend('ollama:a')]))
  const plan = routerOf({ catalog, unknownPrice: 'deny' }).plan(request('m'))
  t.same(candidatesOf(plan), ['ollama:a', 'groq:a'], 'a free provider needs no price')
  t.same(excludedOf(plan), ['openai:a price_unknown openai:a', 'openrouter:a price_unknown openrouter:a'])
  t.equal(candidatesOf(routerOf({ catalog }).plan(request('m'))).length, 4)
})

t.test('a key reaches only the models and providers it lists', async (t) => {
  const catalog = catalogOf(model('big', [backend('openai:gpt-4o'), backend('groq:llama')], { aliases: ['nick'] }))
  const left = (name: string, limits: { models?: string[], providers?: string[] }) =>
    candidatesOf(routerOf({ catalog }).plan(request(name, {}, { principal: principal({ kind: 'key', ...limits }) })))
  const both = ['groq:llama', 'openai:gpt-4o']
  t.same(left('big', { models: ['big'] }), both)
  t.same(left('big', { models: ['b*'] }), both)
  t.same(left('big', { models: ['*'] }), both)
  t.same(left('nick', { models: ['nick'] }), both, 'the very name that was asked for')
  t.same(left('big', { models: ['nick'] }), [], 'an alias opens only itself')
  t.same(left('auto', { models: ['auto'] }), both)
  t.same(left('big', { models: ['openai/*'] }), ['openai:gpt-4o'])
  t.same(left('big', { models: ['groq/llama'] }), ['groq:llama'])
  t.same(left('big', { models: ['bi', 'gpt-4o'] }), [], 'a name without a star is the whole name')
  t.same(left('big', { models: [] }), [])
  t.same(left('big', { providers: ['groq'] }), ['groq:llama'])
  t.same(left('big', { providers: ['open*'] }), ['openai:gpt-4o'])
  t.same(left('big', { models: ['big'], providers: [] }), [])
})

t.test('a key that may not use a backend is told what it lacks', async (t) => {
  const plan = (limits: object) => routerOf({ catalog }).plan(request('m', {}, { principal: principal(limits) }))
  t.match(excludedOf(plan({ models: ['x'] })), ['openai:a not_allowed_for_key m'])
  t.match(excludedOf(plan({ providers: ['groq'] })), ['openai:a not_allowed_for_key openai'])
})

t.test('a backend that is cooling gives way to one that is not', async (t) => {
  const plan = routerOf({ catalog, cooling: { 'openai:a': 4_000 } }).plan(request('m'))
  t.same(candidatesOf(plan), GROQ_STAYS)
  t.same(excludedOf(plan), ['openai:a backend_cooling 3 failures, next try in 5 s: answered 503'])
})

t.test('with nobody else left a backend that is cooling is left alone all the same', async (t) => {
  const plan = routerOf({ catalog, cooling: { 'openai:a': 4_000, 'groq:a': 9_000 } }).plan(request('m'))
  t.same(candidatesOf(plan), [])
  t.match(excludedOf(plan), [/^openai:a backend_cooling/, /^groq:a backend_cooling/])
})

t.test('a cooling backend that is also out for good is out for good', async (t) => {
  const plan = routerOf({ catalog, cooling: { 'openai:a': 4_000 }, pools: { openai: { kind: 'none' }, groq: { kind: 'none' } } })
    .plan(request('m'))
  t.same(candidatesOf(plan), [])
  t.match(excludedOf(plan), [/no_credential/, /no_credential/])
})
