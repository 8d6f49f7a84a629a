// OpenRouter's dialect, checks 44, 45, 122, 123, 127, 131: reasoning, and how a request was routed.

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { status, streamed } from '../upstreams.ts'
import { answered, chunks, deltaOf, DONE, MESSAGES, openrouterScene, piece, scene, USAGE, USAGE_FRAME } from './scene.ts'

const DETAILS = (text: string) => [{ type: 'reasoning.text', text, format: 'unknown', index: 0 }]
const THINKING = { ...USAGE, completion_tokens_details: { reasoning_tokens: 2 } }

t.test('44: foreign reasoning is told under OpenRouter\'s names as well, wherever it stands', async (t) => {
  const thought = (text: string) => piece({ content: null, reasoning_content: text })
  const said = (text: string) => piece({ content: text, reasoning_content: null })
  for (const more of [{}, { reasoning: null, reasoning_details: null }]) {
    const { stream } = await scene(t, streamed([
      piece({ role: 'assistant', content: null, reasoning_content: '', ...more }), thought('H"m'), said('a'), said('b'),
      thought('again'), said('c'), piece({}, 'stop'), DONE
    ]))
    const { values, text } = await stream()
    const deltas = values.map(deltaOf).filter((delta) => delta['reasoning'])
    t.strictSame(deltas.map(({ reasoning }) => reasoning), ['H"m', 'again'])
    t.match(deltas, [
      { reasoning_content: 'H"m', reasoning_details: DETAILS('H"m') },
      { reasoning_content: 'again', reasoning_details: DETAILS('again') }
    ])
    t.equal(text, 'abc')
  }
})

t.test('44: the same in a plain answer', async (t) => {
  for (const nulls of [{}, { reasoning: null, reasoning_details: null, tool_calls: null }]) {
    const { ask } = await scene(t, answered({ reasoning_content: 'Hm', ...nulls }))
    const { message } = (await ask()).json().choices[0]
    t.match(message, { reasoning_content: 'Hm', reasoning: 'Hm', reasoning_details: DETAILS('Hm'), content: 'Hello' })
  }
})

t.test('45: reasoning that is native passes and is not told twice', async (t) => {
  const native = { reasoning: 'Hm', reasoning_details: DETAILS('Hm') }
  const both = { ...native, reasoning_content: 'Hm' }
  for (const delta of [{ reasoning: 'Hm' }, native, both]) {
    const { stream } = await scene(t, chunks(piece(delta), piece({ content: 'a' }), piece({}, 'stop'), DONE))
    t.strictSame(deltaOf((await stream()).values[1] ?? {}), delta)
  }
})

const HIDDEN: readonly JsonObject[] = [{ reasoning: { exclude: true } }, { include_reasoning: false }]

t.test('122: reasoning nobody wants to hear does not go out, and is counted', async (t) => {
  const thoughts = { reasoning: 'Hm', reasoning_content: 'Hm', reasoning_details: DETAILS('Hm') }
  for (const body of HIDDEN) {
    const plain = await scene(t, answered(thoughts, {}, { usage: THINKING }))
    const reply = await plain.ask(body)
    t.notMatch(reply.text, /Hm/)
    t.equal(reply.json().usage.completion_tokens_details.reasoning_tokens, 2)
    const streams = await scene(t, chunks(piece(thoughts), piece({ content: 'a' }), piece(thoughts), piece({}, 'stop'), USAGE_FRAME, DONE))
    const { raw, text } = await streams.stream(body)
    t.notMatch(raw, /Hm/)
    t.equal(text, 'a')
  }
})

t.test('122: two efforts that differ are 400', async (t) => {
  const { ask, upstream } = await scene(t, answered())
  t.equal((await ask({ reasoning_effort: 'low', reasoning: { effort: 'high' } })).status, 400)
  t.equal((await ask({ reasoning_effort: 'low', reasoning: { effort: 'low' } })).status, 200)
  t.equal(upstream.requests.length, 1)
})

t.test('123: signed details of an earlier answer go back byte for byte', async (t) => {
  const { broker, upstream } = await scene(t, answered())
  const history = '{"role":"assistant","content":"a","reasoning_details":[ {"type":"reasoning.text","text":"H\\u006d","signature":"s/+=","index":0} ]}'
  const body = `{"model":"m-upstream","messages":[${history},{"role":"user","content":"b"}]}`
  await fetch(`${broker.url}/chat/completions`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: body.replace('m-upstream', 'm')
  })
  t.equal(upstream.requests[0]?.body, body)
})

t.test('127: who asks hears how the request was routed, of answers, streams and errors; others do not', async (t) => {
  for (const name of ['x-openrouter-metadata', 'x-openrouter-experimental-metadata']) {
    const { ask } = await scene(t, [status(500), answered()])
    const told = (await ask({}, { [name]: 'Enabled' })).json().openrouter_metadata
    t.match(told, { requested: 'm', strategy: 'fallback', region: null, is_byok: false, endpoints: { total: 2 } })
    t.match(told.attempts.at(0), { provider: 'test0', status: 500 })
    t.match(told.attempts.at(-1), { provider: 'test1', model: 'm-upstream', status: 200 })
    t.match(told.endpoints.available, [{ selected: false }, { selected: true }])
    t.notOk('openrouter_metadata' in (await ask({}, { [name]: 'yes' })).json())
  }
  const { stream } = await scene(t, chunks(piece({ content: 'a' }), piece({}, 'stop'), DONE))
  const { values } = await stream({}, { 'x-openrouter-metadata': 'enabled' })
  t.match(values.at(-1), { choices: [], openrouter_metadata: { strategy: 'direct', attempt: 1 } })
  const failing = await scene(t, status(500))
  const failed = (await failing.ask({}, { 'x-openrouter-metadata': 'enabled' })).json()
  t.match(failed, { error: { code: 502 }, openrouter_metadata: { endpoints: { available: [{ selected: false }] } } })
})

t.test('131: the cost OpenRouter tells is the cost in the books', async (t) => {
  const { ask, broker } = await openrouterScene(t, answered({}, {}, { usage: { ...USAGE, cost: 0.0012345 } }))
  const reply = await ask({ messages: MESSAGES })
  t.equal(reply.json().usage.cost, 0.0012345)
  t.equal(reply.headers.get('x-aibroker-cost-usd'), '0.001234500')
  const { totals } = await (await fetch(`${broker.url}/billing/usage`)).json() as { totals: JsonObject }
  t.equal(totals['cost_usd'], '0.001234500')
})
