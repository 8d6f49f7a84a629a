// What a client is told when no backend can serve it: who is out, why, and what is the least that would help.

import t from 'tap'
import { describeNothingEligible } from '../../src/routing/explain.ts'
import { backend, catalogOf, model, request, routerOf } from './samples.ts'

const NONE = { kind: 'none' } as const
const resting = (retryAfterMs: number) => ({ kind: 'cooling', retryAfterMs }) as const
const catalog = catalogOf(model('m', [backend('openai:a'), backend('groq:a')]))

t.test('every backend is named with its reason, and the nearest with what to do', async (t) => {
  const told = catalogOf(model('m', [backend('nobody:a'), backend('openai:a')]))
  const plan = routerOf({ catalog: told, pools: { openai: NONE } }).plan(request('m'))
  t.has(describeNothingEligible(plan), {
    code: 'nothing_eligible',
    reason: 'openai:a has no usable credential; nobody:a names the provider nobody, which nobody knows. ' +
      'Nearest is openai:a: set OPENAI_API_KEY.',
    retryAfterS: undefined
  })
})

t.test('a capability that is missing is named', async (t) => {
  const { reason, retryAfterS } = describeNothingEligible(routerOf({ catalog }).plan(request('m', { needs: ['vision'] })))
  t.match(reason, 'openai:a is not configured for vision')
  t.match(reason, /Nearest is openai:a: leave vision out of the request/)
  t.equal(retryAfterS, undefined)
})

t.test('a cost that is not known is known by a price, not by fewer tokens', async (t) => {
  const { code, reason } = describeNothingEligible(routerOf({ catalog }).plan({ ...request('m'), maxCost: 1_000_000n }))
  t.equal(code, 'too_costly')
  t.match(reason, /openai:a could cost an unknown amount.* Nearest is openai:a: write its costs into modelsconfig\.yml/)
  t.notMatch(reason, /max_tokens/)
})

t.test('when every backend rests, the client is told when the first is back', async (t) => {
  const pools = { openai: resting(4_200), groq: resting(90_000) }
  t.equal(describeNothingEligible(routerOf({ catalog, pools }).plan(request('m'))).retryAfterS, 5)
})

t.test('a breaker is told as one, a credential as one, and whoever is back first decides', async (t) => {
  const told = (openaiMs: number, groqMs: number) => {
    const plan = routerOf({ catalog, cooling: { 'openai:a': openaiMs }, pools: { groq: resting(groqMs) } }).plan(request('m'))
    const { code, retryAfterS } = describeNothingEligible(plan)
    return `${code} ${retryAfterS}`
  }
  t.equal(told(1_001, 60_000), 'backends_resting 2')
  t.equal(told(12_000, 3_000), 'all_throttled 3')
})

t.test('when another request took the only place meanwhile, trying again helps', async (t) => {
  const plan = routerOf({ catalog }).plan(request('m'))
  t.match(describeNothingEligible(plan), {
    code: 'backends_resting', retryAfterS: 1, availability: { code: 'temporarily_unavailable', retryable: true, retry_after: 1 }
  })
})

t.test('waiting helps as well when the others are out for good: no 404 for what works again in a moment', async (t) => {
  const pools = { openai: resting(300), groq: NONE }
  const { reason, retryAfterS } = describeNothingEligible(routerOf({ catalog, pools }).plan(request('m')))
  t.equal(retryAfterS, 1)
  t.match(reason, /Nearest is openai:a: wait/)
})

t.test('waiting helps as well when another credential was refused: the pool that rests is the way in', async (t) => {
  const pools = { openai: resting(30_000), groq: { kind: 'refused', retryAfterMs: 5_000 } } as const
  t.match(describeNothingEligible(routerOf({ catalog, pools }).plan(request('m'))), { code: 'all_throttled', retryAfterS: 30 })
})

t.test('a credential that was refused is the operator\'s business, whatever else is out', async (t) => {
  const pools = { openai: { kind: 'refused', retryAfterMs: 4_001 }, groq: NONE } as const
  const told = describeNothingEligible(routerOf({ catalog, pools }).plan(request('m')))
  t.match(told, {
    code: 'credential_refused',
    retryAfterS: 5,
    refusedBy: ['openai'],
    availability: { code: 'temporarily_unavailable', retryable: true, retry_after: 5 }
  })
  t.match(told.reason, 'Nearest is openai:a: replace it: aibroker keys add openai.')
})

t.test('hundreds of backends are not all named', async (t) => {
  const many = catalogOf(...Array.from({ length: 200 }, (_, number) => model(`m${number}`, [backend(`openai:m${number}`)])))
  const plan = routerOf({ catalog: many, pools: { openai: NONE } }).plan(request('auto'))
  const { reason } = describeNothingEligible(plan)
  t.equal(plan.excluded.length, 200)
  t.match(reason, 'and 192 more')
  t.ok(reason.length < 1_000)
})

t.test('without a single model for the endpoint that is said', async (t) => {
  const plan = routerOf({ catalog }).plan(request('auto', {}, { task: 'speech' }))
  t.has(describeNothingEligible(plan),
    { code: 'nothing_eligible', reason: 'no model of modelsconfig.yml is for this endpoint.', retryAfterS: undefined })
})
