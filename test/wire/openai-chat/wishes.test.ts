// What a body says of routing is read strictly, and what says nothing costs nothing.

import t from 'tap'
import type { JsonValue } from '../../../src/core/json.ts'
import { readWishes } from '../../../src/wire/openai-chat/wishes.ts'

t.test('a plain body wishes nothing, and nulls are as good as absent', async (t) => {
  t.equal(readWishes({ model: 'm', messages: [], temperature: 1 }), undefined)
  t.equal(readWishes({ models: null, provider: null, route: null, session_id: null }), undefined)
})

t.test('everything is read', async (t) => {
  const wishes = readWishes({
    models: ['a', 'b'],
    session_id: 's',
    provider: {
      order: ['x'],
      only: [],
      ignore: null,
      allow_fallbacks: false,
      data_collection: 'deny',
      zdr: true,
      quantizations: ['fp8'],
      sort: { by: 'latency', partition: 'none' },
      max_price: { prompt: '0.5', request: 0.01 },
      preferred_min_throughput: { p90: 50 },
      preferred_max_latency: 2,
      from_the_future: { yes: true }
    }
  })
  t.match(wishes, {
    models: ['a', 'b'],
    isPooled: true,
    session: 's',
    provider: {
      order: ['x'],
      only: undefined,
      ignore: undefined,
      mayFallBack: false,
      needsPrivacy: true,
      needsZdr: true,
      quantizations: ['fp8'],
      sort: 'latency',
      leastThroughput: { p90: 50 },
      mostLatencyMs: { p50: 2_000 }
    }
  })
  t.same(wishes?.provider?.maxPrice?.request, { nanoUsd: 10_000_000n, per: 1n })
  t.same(wishes?.provider?.maxPrice?.prompt, { nanoUsd: 500_000_000n, per: 1_000_000n })
})

t.test('what is wrong is refused by its path', async (t) => {
  const wrong: ReadonlyArray<readonly [string, JsonValue]> = [
    ['provider', 'groq'], ['provider.order', 'groq'], ['provider.order.1', ['groq', 5]], ['provider.only', [''].concat(Array(100).fill('x'))],
    ['provider.ignore.0', ['x'.repeat(257)]], ['provider.allow_fallbacks', 'no'], ['provider.zdr', 1],
    ['provider.data_collection', 'never'], ['provider.sort', 'cheap'], ['provider.sort.by', { by: 'cheap' }],
    ['provider.sort.partition', { partition: 'some' }], ['provider.max_price', 5], ['provider.max_price.prompt', { prompt: 'free' }],
    ['provider.max_price.image', { image: -1 }], ['provider.preferred_min_throughput', '5'],
    ['provider.preferred_max_latency.p90', { p90: 0 }], ['provider.quantizations', 'fp8'], ['provider.require_parameters', 'yes'],
    ['models', 'm'], ['models.0', [1]], ['route', 'any'], ['session_id', 5], ['session_id', 's'.repeat(257)], ['session_id', 'a\nb'],
    ['preset', {}], ['prompt_cache_key', 1]
  ]
  for (const [param, value] of wrong) {
    const [root = '', member] = param.split('.')
    const body = member === undefined || root !== 'provider' ? { [root]: value } : { provider: { [member]: value } }
    t.throws(() => readWishes(body), { code: 'invalid_body', extras: { param } }, param)
  }
})
