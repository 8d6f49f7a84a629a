// OpenRouter's dialect, checks 33-54: what goes over the line in a stream, event by event.

import t from 'tap'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import { stage } from '../stage.ts'
import { errorInStream, inPieces, readSse, status, streamed, type Answer } from '../upstreams.ts'
import {
  answered, choicesOf, chunks, deltaOf, DONE, firstOf, frame, HEAD, MESSAGES, openrouterScene, piece, scene, TITLED,
  USAGE, USAGE_FRAME, WELL
} from './scene.ts'

const ABLE = { modelYaml: 'capabilities: [tool_calling]' }
const usageIn = (values: readonly JsonObject[]) => values.filter(({ usage }) => usage !== undefined)

t.test('33: every event is JSON or a comment, and [DONE] comes once and last', async (t) => {
  const { stream } = await scene(t, chunks(': ping\n\n', piece({ content: 'a' }), piece({}, 'stop'), USAGE_FRAME, DONE))
  const { events, isDone, values, response } = await stream({}, TITLED)
  t.equal(response.status, 200)
  t.ok(isDone)
  t.equal(events.length, values.length + 1)
})

t.test('34: the first delta names the role, and every chunk the same answer', async (t) => {
  const { stream } = await scene(t, WELL)
  const { values } = await stream({}, TITLED)
  t.equal(deltaOf(values[0] ?? {})['role'], 'assistant')
  for (const value of values) t.match(value, HEAD)
})

t.test('34: whose answer it is is put into every chunk of a provider that leaves it out', async (t) => {
  const bare = (delta: JsonObject, finish: string | null) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
  const { stream } = await scene(t, streamed([
    bare({ role: 'assistant', content: '' }, null), bare({ content: 'a' }, null), bare({ content: 'b' }, null),
    bare({}, 'stop'), `data: ${JSON.stringify({ choices: [], usage: USAGE })}\n\n`, DONE
  ]))
  const { values, response } = await stream({}, TITLED)
  t.equal(values.length, 5)
  const [{ created } = {}] = values
  t.ok(Number.isInteger(created))
  for (const value of values) {
    t.match(value, { id: response.headers.get('x-generation-id'), object: 'chat.completion.chunk', created, model: 'm' })
  }
})

t.test('34: the first chunk and the last say who serves', async (t) => {
  const { stream } = await scene(t, WELL)
  const { values } = await stream({}, TITLED)
  t.strictSame(values.map(({ provider }) => provider), ['test0', undefined, undefined, undefined, 'test0'])
})

t.test('35: every choice has its index and a finish_reason, null until the end', async (t) => {
  const lacking = [{ delta: { content: 'a' } }, { delta: { content: 'b' }, finish_reason: '' }, { index: 0, delta: {}, finish_reason: 'stop' }]
  const frames = lacking.map((choice) => frame({ choices: [choice] } as JsonObject))
  const { stream } = await scene(t, streamed([...frames, DONE]))
  const choices = (await stream()).values.flatMap(choicesOf)
  t.match(choices, [{ index: 0, finish_reason: null }, { index: 0, finish_reason: null }, { index: 0, finish_reason: 'stop' }])
})

t.test('36: no null where clients want the member to be absent', async (t) => {
  const nulls = { system_fingerprint: null, usage: null }
  const delta = { content: 'a', role: null, tool_calls: null, reasoning_details: null, images: null, audio: null }
  const { stream } = await scene(t, chunks(piece(delta, null, nulls), piece(delta, null, nulls), piece({}, 'stop', nulls), DONE))
  const { raw } = await stream()
  for (const name of [...Object.keys(nulls), 'role', 'tool_calls', 'reasoning_details', 'images', 'audio']) t.notMatch(raw, `"${name}":null`)
})

t.test('37: one chunk tells the usage: behind the end, without choices, with a cost that is a number', async (t) => {
  const { stream } = await scene(t, WELL)
  const { values } = await stream({}, TITLED)
  t.strictSame(usageIn(values), values.slice(-1))
  t.hasStrict(values.at(-1), { choices: [], usage: { ...USAGE, cost: 0.000015 } })
  t.match(values.at(-1), { x_aibroker: { cost_grade: 'reported', attempts: 1 } })
  t.equal(firstOf(values.at(-2) ?? {})['finish_reason'], 'stop')
})

const TOLD: ReadonlyArray<readonly [how: string, answer: Answer]> = [
  ['in the chunk that ends', chunks(piece({ content: 'a' }), piece({}, 'stop', { usage: USAGE }), DONE)],
  ['twice', chunks(piece({ content: 'a' }), piece({}, 'stop'), USAGE_FRAME, USAGE_FRAME, DONE)],
  ['in every chunk', chunks(piece({ content: 'a' }, null, { usage: { ...USAGE, completion_tokens: 1 } }), piece({}, 'stop', { usage: USAGE }), DONE)],
  ['before the end', chunks(piece({ content: 'a' }), USAGE_FRAME, piece({}, 'stop'), DONE)]
]

for (const [how, answer] of TOLD) {
  t.test(`38: usage told ${how} goes out once, last and alone`, async (t) => {
    const { stream } = await scene(t, answer)
    const { values, isDone } = await stream({}, TITLED)
    t.ok(isDone)
    t.strictSame(usageIn(values), values.slice(-1))
    t.hasStrict(values.at(-1), { choices: [], usage: USAGE })
    t.strictSame(values.flatMap(choicesOf).filter(({ finish_reason: reason }) => reason === 'stop').length, 1)
  })
}

t.test('38: usage that was never told is not invented', async (t) => {
  const { stream } = await scene(t, chunks(piece({ content: 'a' }), piece({}, 'stop'), DONE))
  const { values, isDone } = await stream({ max_tokens: 5 }, TITLED)
  t.ok(isDone)
  for (const { usage, x_aibroker: told } of usageIn(values)) {
    t.match(usage, { prompt_tokens: Number, completion_tokens: Number, cost: Number })
    t.equal(asObject(told)?.['cost_grade'], 'counted')
  }
})

t.test('38: who gets the usage chunk without asking: clients that show themselves as OpenRouter\'s', async (t) => {
  const { stream, broker } = await scene(t, WELL)
  const signs: ReadonlyArray<readonly [JsonObject, Record<string, string>]> = [
    [{ stream_options: { include_usage: true } }, {}],
    [{ usage: { include: true } }, {}],
    [{ provider: { sort: 'price' } }, {}],
    [{ stream_options: { include_usage: false } }, TITLED],
    [{}, { 'http-referer': 'https://a.example', 'x-title': 'A' }],
    [{}, { 'user-agent': 'speakeasy-sdk/typescript 1.3.19 2.914.0 1.0.0 @openrouter/sdk' }],
    [{}, { 'user-agent': 'ai-sdk/openrouter/2.10.0' }]
  ]
  for (const [body, headers] of signs) {
    t.match((await stream(body, headers)).usage, USAGE, JSON.stringify([body, headers]))
  }
  const byPath = await readSse(await fetch(`${broker.origin}/api/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', stream: true, messages: MESSAGES })
  }))
  t.match(byPath.usage, USAGE)
  const { values } = await stream()
  t.strictSame(usageIn(values), [], 'others would crash on an empty list of choices')
  t.ok(values.every((value) => choicesOf(value).length === 1))
})

t.test('39: a provider that forgot [DONE] is completed', async (t) => {
  const { stream } = await scene(t, chunks(piece({ content: 'a' }), piece({}, 'stop'), USAGE_FRAME))
  const { isDone, usage } = await stream({}, TITLED)
  t.ok(isDone)
  t.match(usage, USAGE)
})

t.test('40: while a provider is silent the client hears OpenRouter\'s comment', async (t) => {
  const quiet = await stage(t, {
    providers: ['stalls'],
    env: { AIBROKER_KEEP_ALIVE_MS: '400', AIBROKER_BETWEEN_TIMEOUT_MS: '2000' }
  })
  const { caller } = await quiet.ask()
  t.match(caller.raw, /^: OPENROUTER PROCESSING\n\n/m)
})

t.test('41: a comment of OpenRouter stays a comment', async (t) => {
  const { stream } = await openrouterScene(t, streamed([': OPENROUTER PROCESSING\n\n', piece({ content: 'a' }), piece({}, 'stop'), DONE]))
  const { comments, raw, text } = await stream()
  t.strictSame(comments, ['OPENROUTER PROCESSING'])
  t.notMatch(raw, 'data: :')
  t.equal(text, 'a')
})

t.test('42: however the bytes are cut and framed, the events are the same', async (t) => {
  const frames = [piece({ role: 'assistant', content: '' }), piece({ content: 'Grüße 🌍' }), piece({}, 'stop'), USAGE_FRAME, DONE]
  const bytes = Buffer.from(frames.join(''))
  const ways = [[...bytes].map((byte) => Buffer.from([byte])), [bytes], frames.map((frame) => frame.replaceAll('\n', '\r\n'))]
  for (const pieces of ways) {
    const { stream } = await scene(t, inPieces(pieces))
    const { text, usage, isDone } = await stream({}, TITLED)
    t.equal(text, 'Grüße 🌍')
    t.match(usage, USAGE)
    t.ok(isDone)
  }
})

t.test('43: two tool calls side by side keep their places', async (t) => {
  const call = (index: number, more: JsonObject) => piece({ tool_calls: [{ index, ...more }] })
  const { stream } = await scene(t, chunks(
    call(0, { id: 'call_1', type: 'function', function: { name: 'a', arguments: '' } }),
    call(1, { id: 'call_2', type: 'function', function: { name: 'b', arguments: '{"y"' } }),
    call(0, { function: { arguments: '{"x":1}' } }), call(1, { function: { arguments: ':2}' } }), piece({}, 'tool_calls'), DONE
  ), ABLE)
  const calls = (await stream({ tools: [{ type: 'function', function: { name: 'a' } }] })).values
    .flatMap((value) => deltaOf(value)['tool_calls'] as JsonObject[] ?? [])
  const argumentsOf = (index: number) => calls.filter((call) => call['index'] === index)
    .map((call) => asObject(call['function'])?.['arguments']).join('')
  t.strictSame([argumentsOf(0), argumentsOf(1)].map((text) => JSON.parse(text)), [{ x: 1 }, { y: 2 }])
  t.match(calls[0], { id: 'call_1', function: { name: 'a' } })
})

t.test('46: a token goes out before the next one comes in', async (t) => {
  let release = () => {}
  const seen = new Promise<void>((resolve) => { release = resolve })
  const { broker } = await scene(t, streamed([piece({ content: 'first' }), piece({ content: 'second' }), piece({}, 'stop'), DONE], {
    gapBetween: (sent) => sent === 1 ? seen : undefined
  }))
  const response = await fetch(`${broker.url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', stream: true, messages: MESSAGES })
  })
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const { value } = await reader.read()
  t.match(new TextDecoder().decode(value), 'first')
  release()
  for (let isOver = false; !isOver;) isOver = (await reader.read()).done === true
})

t.test('47: a client that leaves ends the provider\'s call too', async (t) => {
  const { broker, upstream } = await scene(t, streamed([piece({ content: 'a' }), piece({ content: 'b' })], {
    gapBetween: () => new Promise(() => {})
  }))
  const abort = new AbortController()
  const response = await fetch(`${broker.url}/chat/completions`, {
    method: 'POST',
    signal: abort.signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', stream: true, messages: MESSAGES })
  })
  abort.abort()
  await upstream.closed()
  await broker.gateway.ledger.flush()
  const id = response.headers.get('x-generation-id') ?? ''
  const { data } = await (await fetch(`${broker.url}/generation?id=${id}`)).json() as { data: JsonObject }
  t.equal(data['cancelled'], true)
})

t.test('48: a provider that fails before its first byte leaves no trace in the next one\'s stream', async (t) => {
  const { stream } = await scene(t, [status(500), WELL])
  const { text, error, isDone, response } = await stream()
  t.equal(response.status, 200)
  t.match({ text, error, isDone }, { text: 'Hello', error: undefined, isDone: true })
})

t.test('49: when all fail before the first byte it is an error with its status', async (t) => {
  const { stream } = await scene(t, [status(500), status(503)])
  const { response, raw } = await stream()
  t.equal(response.status, 502)
  t.match(response.headers.get('content-type'), /^application\/json/)
  t.match(JSON.parse(raw), { error: { code: 502, metadata: { error_type: 'provider_unavailable' } } })
})

const WHOLE_ERROR = {
  id: /^gen-/,
  object: 'chat.completion.chunk',
  created: Number,
  model: 'm',
  provider: 'test0',
  error: { code: 502, message: /test0/, metadata: { error_type: 'provider_unavailable' } },
  choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error', native_finish_reason: 'error' }]
}

t.test('50: a provider that dies behind its first words ends in one whole error chunk, and nobody else takes over', async (t) => {
  const { stream, upstreams } = await scene(t, [streamed(['a', 'b', 'c'].map((content) => piece({ content }))), WELL])
  const { values, text, isDone } = await stream()
  t.equal(text, 'abc')
  t.notOk(isDone)
  t.match(values.at(-1), WHOLE_ERROR)
  t.equal(values.filter(({ error }) => error).length, 1)
  t.equal(upstreams[1]?.requests.length, 0)
})

t.test('51: a bare error event becomes the whole chunk, in the provider\'s words', async (t) => {
  const { stream } = await scene(t, errorInStream({ pieces: ['a'] }))
  const { values, error } = await stream()
  t.match(values.at(-1), WHOLE_ERROR)
  t.match(error?.['message'], 'The model is overloaded')
})

t.test('52: JSON in answer to a stream is a clean error, never JSON under the type of a stream', async (t) => {
  const { stream } = await scene(t, answered())
  const { response, raw } = await stream()
  t.equal(response.status, 502)
  t.match(response.headers.get('content-type'), /^application\/json/)
  t.match(JSON.parse(raw), { error: { code: 502 } })
})
