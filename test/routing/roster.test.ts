// A backend's own window and longest answer count wherever the model's would.

import t from 'tap'
import type { Backend } from '../../src/catalog/catalog.ts'
import { createRoster } from '../../src/routing/roster.ts'
import {
  backend, candidatesOf, catalogOf, excludedOf, model, price, provider, providersOf, request, routerOf
} from './samples.ts'

const DEAR = { price: price({ input: '1', output: '1000' }) }
const SIZES = { contextWindow: 8_000, maxOutputTokens: 1_000 }

function routerWith (changes: Partial<Backend>) {
  return routerOf({ catalog: catalogOf(model('m', [backend('openai:a', DEAR), backend('groq:a', { ...DEAR, ...changes })], SIZES)) })
}

t.test('a backend with a smaller window is left out, with its own number; its neighbour stays', async (t) => {
  const plan = routerWith({ contextWindow: 4_000 }).plan(request('m', { bodyBytes: 40_000 }))
  t.same(candidatesOf(plan), ['openai:a'])
  t.same(excludedOf(plan), ['groq:a context_too_small 4000'])
})

t.test('a backend with a larger window takes what the others cannot', async (t) => {
  const plan = routerWith({ contextWindow: 16_000 }).plan(request('m', { bodyBytes: 100_000 }))
  t.same(candidatesOf(plan), ['groq:a'])
  t.same(excludedOf(plan), ['openai:a context_too_small 8000'])
})

t.test('the ceiling follows the longest answer of the backend', async (t) => {
  const ceilingOf = (changes: Partial<Backend>) => routerWith(changes).plan(request('m'))
    .candidates.find(({ backend }) => backend.id === 'groq:a')?.ceiling ?? 0n
  const output = 1_000_000n // nano-USD of a token
  t.equal(ceilingOf({ maxOutputTokens: 4_000 }) - ceilingOf({}), 3_000n * output)
  t.equal(ceilingOf({ contextWindow: 4_000 }), ceilingOf({}), 'the window alone leaves the longest answer as it is')
})

t.test('a backend asked for by its own name keeps its sizes', async (t) => {
  const plan = routerWith({ contextWindow: 4_000 }).plan(request('groq/a', { bodyBytes: 80_000 }, {})).excluded
  t.match(plan, [{ code: 'context_too_small', detail: '4000' }])
})

t.test('a backend without sizes of its own shares the very model of the catalog', async (t) => {
  const shared = model('m', [backend('openai:a'), backend('groq:a', { maxOutputTokens: 5 })], SIZES)
  const [plain, own] = createRoster(catalogOf(shared), providersOf(provider('openai'), provider('groq'))).rowsOf(shared)
  t.equal(plain?.model, shared)
  t.match(own?.model, { ...SIZES, maxOutputTokens: 5 })
})
