// What strict clients throw on, from providers that send it: each bad form goes in, and what comes out is held against
// the rules of @openrouter/sdk, @openrouter/ai-sdk-provider and openai.

import t, { type Test } from 'tap'
import { asObject, type JsonObject, type JsonValue } from '../../src/core/json.ts'
import { gateway, post, type TestGateway } from '../helper.ts'
import { leapingClock } from '../promises/observe.ts'
import { answerJson, inPieces, provider, readSse, status, type Answer } from '../upstreams.ts'

const USAGE = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 }
const HEAD = { id: 'c', created: 1_700_000_000, model: 'x' }

/** One broker, whose provider answers what `answer` says at that moment; gaps between two tries cost no time. */
async function scene (t: Test, modelYaml = '') {
  const state: { answer: Answer } = { answer: status(500) }
  const upstream = await provider(t, (call) => state.answer(call))
  const clock = leapingClock('hasty')
  return { state, clock, broker: await gateway(t, { models: { m: [{ url: upstream.url }] }, modelYaml, clock }) }
}

function list (value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.map((item) => asObject(item) ?? {}) : []
}

/** Rules that are broken; a null where a member should be absent counts as broken. */
function brokenIn (rules: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(rules).filter(([, holds]) => !holds).map(([rule]) => rule)
}

const isAbsent = (value: JsonObject, ...names: string[]) => names.every((name) => value[name] !== null)

function brokenInUsage (usage: JsonValue | undefined): string[] {
  const { cost, prompt_tokens_details: input, completion_tokens_details: output } = asObject(usage) ?? {}
  return brokenIn({
    'cost is a number or absent': cost === undefined || typeof cost === 'number',
    'cached_tokens is an integer': input === undefined || Number.isInteger(asObject(input)?.['cached_tokens']),
    'reasoning_tokens is an integer': output === undefined || Number.isInteger(asObject(output)?.['reasoning_tokens'])
  })
}

function brokenInAnswer (answer: JsonObject): string[] {
  const messages = list(answer['choices']).map((choice) => asObject(choice['message']) ?? {})
  return [...brokenInUsage(answer['usage']), ...brokenIn({
    'system_fingerprint is there': 'system_fingerprint' in answer,
    'created is an integer': Number.isInteger(answer['created']),
    'role is assistant': messages.every(({ role }) => role === 'assistant'),
    'no null lists': messages.every((message) => isAbsent(message, 'tool_calls', 'reasoning_details', 'images'))
  })]
}

function brokenInChunk (chunk: JsonObject): string[] {
  const choices = list(chunk['choices'])
  const deltas = choices.map((choice) => asObject(choice['delta']) ?? {})
  const calls = deltas.flatMap((delta) => list(delta['tool_calls']))
  return [...brokenInUsage(chunk['usage']), ...brokenIn({
    'no null fingerprint and usage': isAbsent(chunk, 'system_fingerprint', 'usage'),
    'no null members in a delta': deltas.every((delta) => isAbsent(delta, 'tool_calls', 'reasoning_details', 'role', 'images')),
    'finish_reason is there': choices.every((choice) => 'finish_reason' in choice),
    'every choice and call has its index': [...choices, ...calls].every(({ index }) => Number.isInteger(index)),
    'created is an integer': Number.isInteger(chunk['created'])
  })]
}

interface Case {
  readonly what: string
  readonly bad: JsonObject
  /** How a provider writes all its chunks: its first one tells, and no later one is looked at for it. */
  readonly isDialect?: boolean
}

const message = (more: JsonObject) => ({ choices: [{ index: 0, message: { content: 'x', ...more }, finish_reason: 'stop' }] })

const ANSWERS: readonly Case[] = [
  { what: 'no system_fingerprint', bad: message({ role: 'assistant' }) },
  { what: 'no role', bad: message({}) },
  { what: 'a null role', bad: message({ role: null }) },
  { what: 'null lists', bad: message({ role: 'assistant', tool_calls: null, reasoning_details: null, images: null }) },
  {
    what: 'null lists in the second choice',
    bad: { choices: [...message({ role: 'assistant' }).choices, ...message({ tool_calls: null }).choices] }
  },
  { what: 'a null cost', bad: { usage: { ...USAGE, cost: null } } },
  { what: 'empty details', bad: { usage: { ...USAGE, prompt_tokens_details: {}, completion_tokens_details: {} } } },
  { what: 'null details', bad: { usage: { ...USAGE, prompt_tokens_details: null, completion_tokens_details: null } } },
  {
    what: 'details of nulls',
    bad: {
      usage: {
        ...USAGE,
        prompt_tokens_details: { cached_tokens: null, audio_tokens: 0 },
        completion_tokens_details: { audio_tokens: 0, reasoning_tokens: null }
      }
    }
  },
  { what: 'a fractional time', bad: { created: 1_700_000_000.25 } }
]

for (const { what, bad } of ANSWERS) {
  t.test(`an answer with ${what} satisfies strict clients`, async (t) => {
    const { state, broker } = await scene(t)
    const theirs = { ...HEAD, object: 'chat.completion', ...message({ role: 'assistant' }), usage: USAGE, ...bad }
    t.not(brokenInAnswer(theirs).length, 0, 'the provider does break a rule')
    state.answer = answerJson(theirs)
    const { json } = await post(`${broker.url}/chat/completions`, { model: 'm', messages: [{ role: 'user', content: 'hi' }] })
    t.same(brokenInAnswer(json()), [])
    t.type(json().usage.cost, 'number')
  })
}

const delta = (more: JsonObject, choice: JsonObject = {}) =>
  ({ choices: [{ index: 0, delta: { content: 'x', ...more }, finish_reason: null, ...choice }] })

const CHUNKS: readonly Case[] = [
  { what: 'a null fingerprint', bad: { system_fingerprint: null } },
  { what: 'a null usage', bad: { usage: null } },
  { what: 'null members in the delta', bad: delta({ tool_calls: null, reasoning_details: null, images: null }) },
  { what: 'a null role', bad: delta({ role: null }) },
  { what: 'all of these', bad: { ...delta({ role: null, tool_calls: null }), system_fingerprint: null, usage: null } },
  {
    what: 'details of nulls beside its usage',
    bad: {
      choices: [],
      usage: { ...USAGE, cost: null, prompt_tokens_details: { cached_tokens: null }, completion_tokens_details: {} }
    }
  },
  {
    what: 'no finish_reason',
    bad: { choices: [{ index: 0, delta: { content: 'x' } }] },
    isDialect: true
  },
  {
    what: 'no index on its choice',
    bad: { choices: [{ delta: { content: 'x' }, finish_reason: null }] },
    isDialect: true
  },
  {
    what: 'no index on its tool call',
    bad: delta({ tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }] })
  },
  { what: 'a fractional time', bad: { created: 1_700_000_000.25 }, isDialect: true }
]

async function streamOf ({ url }: TestGateway) {
  return readSse(await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true}}'
  }))
}

const frame = (value: JsonObject) => `data: ${JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', ...value })}\n\n`
const LAST = frame(delta({}, { finish_reason: 'stop' }))
const DONE = 'data: [DONE]\n\n'

for (const { what, bad, isDialect } of CHUNKS) {
  t.test(`a chunk with ${what} satisfies strict clients, first or later`, async (t) => {
    const { state, broker } = await scene(t)
    const theirs = { ...HEAD, ...delta({}), ...bad }
    t.not(brokenInChunk(theirs).length, 0, 'the provider does break a rule')
    const good = frame(delta({ role: 'assistant' }))
    const first = [[frame(theirs), frame(theirs), LAST, DONE], [`${frame(theirs)}${LAST}${DONE}`]]
    const later = [[good, frame(theirs), LAST, DONE], [`${good}${frame(theirs)}${LAST}${DONE}`]]
    const streams = isDialect ? first : [...first, ...later]
    for (const frames of streams) {
      state.answer = inPieces(frames)
      const { values, isDone } = await streamOf(broker)
      t.same(values.flatMap(brokenInChunk), [])
      const isUsageTold = values.filter(({ usage }) => usage).length
      t.equal(isUsageTold, bad['usage'] ? 1 : 0, 'however often it was told')
      t.equal(values.length - isUsageTold, frames.filter((frame) => frame !== DONE).join('').split('"choices":[{').length - 1)
      t.ok(isDone)
    }
  })
}

t.test('a stream ends in [DONE] although its provider forgot it, in LF and in CRLF', async (t) => {
  const { state, broker } = await scene(t)
  for (const framing of ['\n', '\r\n']) {
    state.answer = inPieces([(frame(delta({})) + LAST).replaceAll('\n', framing)])
    const { isDone, text } = await streamOf(broker)
    t.ok(isDone)
    t.equal(text, 'xx')
  }
})

/** What every error must be, wherever it stands. */
function brokenInError (error: JsonObject | undefined): string[] {
  return brokenIn({
    'code is an integer': Number.isInteger(error?.['code']),
    'message is text': typeof error?.['message'] === 'string' && error['message'] !== '',
    'metadata has its error_type': typeof asObject(error?.['metadata'])?.['error_type'] === 'string'
  })
}

const ERROR_BODIES: readonly unknown[] = [
  { error: { message: 'no', code: 'invalid_api_key' } },
  { error: { message: 'no' } },
  { error: { code: 5 } },
  { error: 'no' },
  { error: null },
  { error: { error: { message: 'no' } } },
  { message: 'no' },
  { detail: [{ loc: ['body'], msg: 'no' }] },
  { detail: [] },
  { detail: {} },
  [{ error: { message: 'no' } }],
  {},
  [],
  'plain text',
  '<html>no</html>',
  ''
]

for (const body of ERROR_BODIES) {
  t.test(`an error body ${JSON.stringify(body)} becomes the one envelope, whatever its status`, async (t) => {
    const { state, broker, clock } = await scene(t)
    for (const code of [400, 404, 413, 422, 429, 500, 503, 504]) {
      clock.leap() // who was throttled or has failed is asked again
      state.answer = status(code, body, { 'retry-after': '60' }) // longer than anybody is patient
      const answered = await post(`${broker.url}/chat/completions`, { model: 'm', messages: [{ role: 'user', content: 'hi' }] })
      t.same(brokenInError(answered.json().error), [], String(code))
      t.equal(answered.json().error.code, answered.status)
      t.equal(answered.status, code < 500 ? code : 502, 'never a 504: it has no class')
    }
  })
}

t.test('a 200 whose body is an error is never a 200, in JSON and in the first event', async (t) => {
  const error = { message: 'overloaded', code: 'server_error', type: 'server_error' }
  for (const answer of [answerJson({ error }), answerJson({ error: 'overloaded' })]) {
    const { state, broker } = await scene(t)
    state.answer = answer
    const answered = await post(`${broker.url}/chat/completions`, { model: 'm', messages: [{ role: 'user', content: 'hi' }] })
    t.equal(answered.status, 502)
    t.same(brokenInError(answered.json().error), [])
    t.match(answered.json().error.message, 'overloaded')
  }
  const { state, broker } = await scene(t)
  state.answer = inPieces([`data: ${JSON.stringify({ error })}\n\n`])
  const answered = await post(`${broker.url}/chat/completions`, { model: 'm', messages: [{ role: 'user', content: 'hi' }], stream: true })
  t.equal(answered.status, 502)
  t.same(brokenInError(answered.json().error), [])
})

t.test('an error in the middle of a stream is a whole chunk with an integer code, and nothing looks complete', async (t) => {
  for (const error of [{ message: 'no', code: 'server_error' }, { message: 'no', metadata: {} }, 'no', { code: null }]) {
    const { state, broker } = await scene(t)
    let whenHeard = () => {}
    const heard = new Promise<void>((resolve) => { whenHeard = resolve })
    state.answer = async ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(frame(delta({ role: 'assistant' })))
      await heard
      response.end(`data: ${JSON.stringify({ error })}\n\n`)
    }
    const response = await fetch(`${broker.url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}'
    })
    whenHeard() // the answer has begun
    const { values, isDone, error: told } = await readSse(response)
    const last = values.at(-1) ?? {}
    t.same(brokenInError(told), [], JSON.stringify(error))
    t.same(brokenInChunk(last), [])
    t.match(last, { object: 'chat.completion.chunk', choices: [{ finish_reason: 'error' }] })
    t.type(last['id'], 'string')
    t.notOk(isDone)
  }
})

t.test('embeddings asked for in base64 come in base64, from providers that answer with numbers too',
  async (t) => {
    const { state, broker } = await scene(t, 'capabilities: [embeddings]')
    const theirs = { object: 'list', model: 'x', data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.25] }] }
    state.answer = answerJson(theirs)
    const { json } = await post(`${broker.url}/embeddings`, { model: 'm', input: 'x', encoding_format: 'base64' })
    t.equal(json().data[0].embedding, Buffer.from(Float32Array.of(0.5, -0.25).buffer).toString('base64'))
  })
