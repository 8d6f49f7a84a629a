// What a request demands of the backends that may serve it (checks 104-107).

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { describeNothingEligible } from '../../src/routing/explain.ts'
import { backend, candidatesOf, catalogOf, excludedOf, model, price, provider, request, routerOf } from './samples.ts'
import { wishing } from './wishes.ts'

const providers = [provider('a'), provider('b'), provider('c')]
const router = (...backends: Parameters<typeof model>[1][number][]) =>
  routerOf({ catalog: catalogOf(model('m', backends.map((one, priority) => ({ ...one, priority })))), providers })
const demanding = (provider: JsonObject, body: JsonObject = {}) => wishing('m', { ...body, provider })

t.test('104: require_parameters leaves out who is not known to understand one', async (t) => {
  const { plan } = router(
    backend('a:m', { facts: { supportedParameters: ['temperature'] } }),
    backend('b:m', { facts: { supportedParameters: ['temperature', 'response_format', 'max_tokens'] } }), backend('c:m'))
  const body = { response_format: { type: 'json_object' }, max_completion_tokens: 5, temperature: 0 }
  const demanded = plan(demanding({ require_parameters: true }, body))
  t.same(candidatesOf(demanded), ['b:m'])
  t.same(excludedOf(demanded), ['a:m unsupported_parameter max_completion_tokens', 'c:m unsupported_parameter response_format'])
  t.equal(candidatesOf(plan(demanding({ require_parameters: false }, body))).length, 3)
})

t.test('105: tools that no backend can use are a 404 in OpenRouter\'s words', async (t) => {
  const plan = router(backend('a:m')).plan(request('m', { needs: ['tool_calling'] }))
  t.match(describeNothingEligible(plan), { code: 'no_tool_use', availability: { excluded_by: ['require_parameters'] } })
})

t.test('106: data policy, retention and quantization are demands: not told is no', async (t) => {
  const { plan } = router(
    backend('a:m', { facts: { dataCollection: 'deny', isZdr: true, quantization: 'mxfp8' } }),
    backend('b:m', { facts: { dataCollection: 'allow', isZdr: false, quantization: 'int4' } }), backend('c:m'))
  const demands: ReadonlyArray<readonly [JsonObject, readonly string[]]> = [
    [{ data_collection: 'deny' }, ['b:m data_collected allow', 'c:m data_collected not told']],
    [{ zdr: true }, ['b:m data_retained false', 'c:m data_retained not told']],
    [{ quantizations: ['fp8'] }, ['b:m other_quantization int4', 'c:m other_quantization unknown']]
  ]
  for (const [demand, excluded] of demands) {
    const planned = plan(demanding(demand))
    t.same(candidatesOf(planned), ['a:m'], JSON.stringify(demand))
    t.same(excludedOf(planned), excluded)
  }
  t.equal(candidatesOf(plan(demanding({ data_collection: 'allow', zdr: false }))).length, 3)
  t.same(candidatesOf(plan(demanding({ quantizations: ['unknown', 'int4'] }))), ['b:m', 'c:m'])
})

t.test('106: nobody left is a 404 that names what filtered', async (t) => {
  const { plan } = router(backend('a:m'))
  const told = (demand: JsonObject) => {
    const { code, availability } = describeNothingEligible(plan(demanding(demand)))
    return [code, availability?.code, ...availability?.excluded_by ?? []]
  }
  t.same(told({ data_collection: 'deny' }), ['no_private_endpoint', 'privacy_restricted', 'data_policy:training'])
  t.same(told({ zdr: true }), ['no_private_endpoint', 'privacy_restricted', 'data_policy:zdr'])
  t.same(told({ quantizations: ['fp8'] }), ['nothing_eligible', 'constraint_filtered', 'quantization'])
  t.same(told({ max_price: { prompt: 1 } }), ['nothing_eligible', 'constraint_filtered', 'max_price'])
})

t.test('106: OpenRouter keeps what is demanded itself, so its backend stays', async (t) => {
  const { plan } = router(backend('openrouter:x/m'), backend('a:m'))
  const all = { data_collection: 'deny', zdr: true, quantizations: ['fp8'], require_parameters: true, max_price: { prompt: 1 } }
  t.same(candidatesOf(plan(demanding(all, { seed: 1 }))), ['openrouter:x/m'])
})

t.test('107: max_price is in dollars per million, inclusive, as a number or a text', async (t) => {
  const { plan } = router(backend('a:m', { price: price({ input: '1', output: '2' }) }), backend('b:m'))
  for (const most of [{ prompt: '1', completion: 2 }, { prompt: 1.0, completion: '2.00' }, { completion: 2 }]) {
    t.same(candidatesOf(plan(demanding({ max_price: most }))), ['a:m'], JSON.stringify(most))
  }
  const low = plan(demanding({ max_price: { prompt: '1', completion: '1.999999999' } }))
  t.same(excludedOf(low), ['a:m above_max_price a higher completion price', 'b:m above_max_price an unknown price'])
  t.same(candidatesOf(plan(demanding({ max_price: { request: 0, image: '0' } }))), ['a:m'], 'it bills the token only')
  t.same(candidatesOf(plan(demanding({ max_price: { audio: 5 } }))), [], 'nobody told what audio costs')
})

t.test('107: what is free is below every price', async (t) => {
  const { plan } = router(backend('ollama:m'))
  t.same(candidatesOf(plan(demanding({ max_price: { prompt: 0, completion: 0 } }))), ['ollama:m'])
})
