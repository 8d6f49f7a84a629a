// Who understands what a request uses comes before who does not, without being demanded (check 104).

import t from 'tap'
import type { SoftParameter } from '../../src/core/ask.ts'
import { describeNothingEligible } from '../../src/routing/explain.ts'
import { backend, candidatesOf, catalogOf, excludedOf, model, provider, request, routerOf, type World } from './samples.ts'

const providers = ['a', 'b', 'c'].map((id) => provider(id))
const telling = (id: string, ...supportedParameters: string[]) => backend(id, { facts: { supportedParameters } })
type Told = ReturnType<typeof backend>
const world = (backends: readonly Told[], changes: Parameters<typeof model>[2] = {}, rest: Partial<World> = {}) => {
  const ordered = backends.map((one, priority) => ({ ...one, priority }))
  const router = routerOf({ catalog: catalogOf(model('m', ordered, changes)), providers, ...rest })
  return (...parameters: SoftParameter[]) => router.plan(request('m', { parameters }))
}

t.test('104: the capable ones alone, where there are any', async (t) => {
  const plan = world([telling('a:m', 'seed'), telling('b:m', 'response_format'), backend('c:m'), telling('c:m2', 'structured_outputs')])
  const planned = plan('response_format')
  t.same(candidatesOf(planned), ['b:m', 'c:m2'])
  t.same(excludedOf(planned), ['a:m less_capable response_format', 'c:m less_capable response_format'])
  t.equal(planned.candidates[0]?.rewrites, undefined)
  t.same(candidatesOf(plan()), ['a:m', 'b:m', 'c:m', 'c:m2'])
})

t.test('104: where nobody is, it is left out towards those that are known not to be', async (t) => {
  const planned = world([telling('a:m', 'seed'), backend('b:m')])('response_format', 'verbosity')
  t.same(candidatesOf(planned), ['a:m', 'b:m'])
  t.same([...planned.candidates[0]?.rewrites ?? []], [['response_format', undefined], ['verbosity', undefined]])
  t.equal(planned.candidates[1]?.rewrites, undefined, 'who may well understand it is asked')
})

t.test('104: a capability of the model is told of each of its backends that tells nothing else', async (t) => {
  const plan = world([telling('a:m', 'seed'), backend('b:m')], { capabilities: new Set(['tool_calling', 'json_schema'] as const) })
  t.same(candidatesOf(plan('tools')), ['b:m'])
  t.same(candidatesOf(plan('tools', 'response_format')), ['b:m'])
  t.same(candidatesOf(plan('verbosity')), ['a:m', 'b:m'])
})

t.test('104: tools are never left out: nobody who takes them is a 404', async (t) => {
  const planned = world([telling('a:m', 'seed')])('tools')
  t.same(excludedOf(planned), ['a:m missing_capability tool_calling'])
  t.equal(describeNothingEligible(planned).code, 'no_tool_use')
})

t.test('104: who rests is back in a moment; nothing is left out for that', async (t) => {
  const planned = world([telling('a:m', 'seed'), telling('b:m', 'response_format')], {}, { cooling: { 'b:m': 3_000 } })('response_format')
  t.same(candidatesOf(planned), [])
  t.match(describeNothingEligible(planned), { code: 'backends_resting', retryAfterS: 3 })
})

t.test('104: OpenRouter judges for itself', async (t) => {
  const plan = world([telling('a:m', 'response_format'), telling('openrouter:m', 'seed')])
  t.same(candidatesOf(plan('response_format')), ['a:m', 'openrouter:m'])
  t.equal(plan('response_format').candidates[1]?.rewrites, undefined)
  t.same(candidatesOf(world([telling('openrouter:m', 'seed')])('tools')), ['openrouter:m'])
})

t.test('104: auto chooses a model that can, where one can', async (t) => {
  const { plan } = routerOf({
    catalog: catalogOf(model('x', [backend('a:x')]), model('y', [backend('b:y')], { capabilities: new Set(['json_schema'] as const) })), providers
  })
  t.same(candidatesOf(plan(request('auto', { parameters: ['response_format'] }))), ['b:y'])
  t.same(candidatesOf(plan(request('auto', { parameters: ['tools'] }))).length, 2, 'needs are another matter')
})
