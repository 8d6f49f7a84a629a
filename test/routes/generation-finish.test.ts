// GET /generation?id= tells why an answer ended, in OpenRouter's word and in the provider's.

import t, { type Test } from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { finishCode, readFinish } from '../../src/ledger/sqlite/finish-code.ts'
import { verifyLedger } from '../../src/ledger/sqlite/verify.ts'
import { canaryKey, gateway, post } from '../helper.ts'
import { look } from '../promises/observe.ts'
import { answerJson, chatJson, cutAfterBytes, embeddingsJson, provider, streamed, type Answer } from '../upstreams.ts'
import { frameOf } from '../upstreams/frames.ts'

const ASK = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }
const MESSAGE = { index: 0, message: { role: 'assistant', content: 'Hello' } }
const USAGE = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 }

const ending = (...choices: readonly JsonObject[]) =>
  chatJson({ extra: { choices: choices.map((choice) => ({ ...MESSAGE, ...choice })) } })

/** A stream whose last chunks are those choices. */
function streaming (...choices: readonly JsonObject[]): Answer {
  const frame = (choice: JsonObject) => frameOf({ id: 'c', choices: [{ index: 0, delta: {}, ...choice }] })
  return streamed([
    frame({ delta: { role: 'assistant', content: 'Hello' } }), ...choices.map(frame),
    frameOf({ id: 'c', choices: [], usage: USAGE }), 'data: [DONE]\n\n'
  ])
}

async function broker (t: Test, answer: Answer, modelYaml = '') {
  const source = await provider(t, answer)
  const served = await gateway(t, { models: { m: [{ url: source.url }] }, modelYaml })
  const ask = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${served.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'm', ...body })
    })
    await answer.text().catch(() => {}) // some are meant to break
    const told = await fetch(`${served.url}/generation?id=${answer.headers.get('x-generation-id')}`)
    const { data } = await told.json() as { data: { finish_reason: unknown, native_finish_reason: unknown } }
    return [data.finish_reason, data.native_finish_reason]
  }
  return { ...served, source, ask }
}

for (const [native, reason, more] of [
  ['stop', 'stop', {}],
  ['tool_calls', 'tool_calls', {}],
  ['max_tokens', 'length', {}],
  ['EOS', 'stop', {}],
  ['tired', 'tired', {}],
  ['enough', 'length', { finish_reason: 'length', native_finish_reason: 'enough' }]
] as const) {
  t.test(`${native}: in a plain answer, in a stream, and in what is sealed`, async (t) => {
    const choice = { finish_reason: native, ...more }
    const plain = await broker(t, ending(choice))
    t.same(await plain.ask('/chat/completions', ASK), [reason, native])
    const stream = await broker(t, streaming(choice))
    t.same(await stream.ask('/chat/completions', { ...ASK, stream: true }), [reason, native])
    for (const { home } of [plain, stream]) {
      t.match(look(home, (sqlite) => verifyLedger(sqlite)), { ok: true, exchanges: 1 })
    }
  })
}

t.test('of several choices the first one counts, whichever ends first', async (t) => {
  const two = [{ index: 1, finish_reason: 'length' }, { index: 0, finish_reason: 'stop' }]
  const stream = await broker(t, streaming(...two))
  t.same(await stream.ask('/chat/completions', { ...ASK, n: 2, stream: true }), ['stop', 'stop'])
  const plain = await broker(t, ending({ finish_reason: 'stop' }, { index: 1, finish_reason: 'length' }))
  t.same(await plain.ask('/chat/completions', { ...ASK, n: 2 }), ['stop', 'stop'])
})

t.test('asked in another wire, it is the chat that ends', async (t) => {
  const plain = await broker(t, ending({ finish_reason: 'length' }))
  t.same(await plain.ask('/responses', { input: 'hi' }), ['length', 'length'])
  t.same(await plain.ask('/messages', { max_tokens: 9, messages: ASK.messages }), ['length', 'length'])
  const stream = await broker(t, streaming({ finish_reason: 'end_turn' }))
  t.same(await stream.ask('/responses', { input: 'hi', stream: true }), ['stop', 'end_turn'])
  t.same(await stream.ask('/messages', { max_tokens: 9, messages: ASK.messages, stream: true }), ['stop', 'end_turn'])
})

t.test('an answer from the cache ended as the one that was kept', async (t) => {
  for (const stream of [false, true]) {
    const { ask, source } = await broker(t, (stream ? streaming : ending)({ finish_reason: 'max_tokens' }))
    const cached = () => ask('/chat/completions', { ...ASK, stream }, { 'x-openrouter-cache': 'true' })
    t.same(await cached(), ['length', 'max_tokens'])
    t.same(await cached(), ['length', 'max_tokens'])
    t.equal(source.requests.length, 1)
  }
})

t.test('a stream that broke ended in an error, and nothing was told', async (t) => {
  const { ask } = await broker(t, cutAfterBytes(150, [0, 1].map(() =>
    frameOf({ id: 'c', choices: [{ index: 0, delta: { role: 'assistant', content: 'Hello' }, finish_reason: null }] })).join('')))
  t.same(await ask('/chat/completions', { ...ASK, stream: true }), ['error', null])
})

t.test('what does not end for a reason tells none', async (t) => {
  const embedding = await broker(t, embeddingsJson(), 'capabilities: [embeddings]')
  t.same(await embedding.ask('/embeddings', { input: 'hi' }), [null, null])
  const silent = await broker(t, answerJson({ id: 'c', choices: [{ ...MESSAGE, finish_reason: null }], usage: USAGE }))
  t.same(await silent.ask('/chat/completions', ASK), [null, null])
})

t.test('P8 a credential in the reason is not kept, and a long one is cut', async (t) => {
  const key = canaryKey(0)
  const source = await provider(t, ending({ finish_reason: `${key} ${'x'.repeat(500)}` }))
  const config = `providers:\n  own: {wire: openai-chat, base_url: "${source.url}", credential: "env:OWN_KEY"}\nmodels:\n` +
    '  m:\n    backends:\n      - {provider: own, model_id: x, priority: 1, input_cost: 1, output_cost: 1}\n'
  const { url, home } = await gateway(t, { config, env: { OWN_KEY: key } })
  t.equal((await post(`${url}/chat/completions`, ASK)).status, 200)
  const kept = look(home, (sqlite) => sqlite.prepare('SELECT finish FROM attempts').pluck().get())
  t.equal(typeof kept, 'string')
  t.notOk(String(kept).includes(key))
  t.ok(String(kept).length < 200)
})

t.test('the usual reasons are numbers that mean for ever what they mean', (t) => {
  const codes: ReadonlyArray<readonly [bigint, string, string]> = [
    [0n, 'stop', 'stop'], [1n, 'tool_calls', 'tool_calls'], [2n, 'length', 'length'], [3n, 'content_filter', 'content_filter'],
    [4n, 'stop', 'end_turn'], [17n, 'length', 'model_length']
  ]
  for (const [code, reason, native] of codes) {
    t.equal(finishCode({ reason, native }), code)
    t.same(readFinish(Number(code)), { reason, native })
  }
  for (const finish of [{ reason: 'length', native: 'stop' }, { reason: 'weird', native: '["stop"]' }]) {
    const kept = finishCode(finish)
    t.equal(typeof kept, 'string')
    t.same(readFinish(kept as string), finish)
  }
  t.equal(finishCode(undefined), null)
  t.equal(readFinish(null), undefined)
  t.end()
})
