// What a chaos provider answers when nothing goes wrong: the same words every time, in every shape that is asked for.

import t from 'tap'
import { play } from '../../src/chaos/play.ts'
import { rest } from '../../src/chaos/step.ts'
import { textOf, thoughtsOf } from '../../src/chaos/text.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { steppedClock } from '../catalog/stepped-clock.ts'
import { call, Caller, chaos, chat, requestOf, type Heard } from './caller.ts'

const USAGE = { stream_options: { include_usage: true } }

function chunksOf ({ body }: Heard): Array<{ choices: Array<{ index: number, delta: JsonObject }> } & JsonObject> {
  return utf8(body).split('\n\n').filter((event) => event.startsWith('data: {')).map((event) => JSON.parse(event.slice(6)))
}

t.test('a plain answer and a stream hold the same words, and usage counts them', async (t) => {
  const server = await chaos(t)
  const plain = await call(server, { stream: false })
  const streamed = await call(server, USAGE)
  t.match(JSON.parse(plain.body), {
    object: 'chat.completion',
    model: 'any',
    choices: [{ message: { role: 'assistant', content: textOf(60) }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 2, completion_tokens: 60, total_tokens: 62 }
  })
  t.ok(plain.isWhole)
  t.equal(streamed.text, textOf(60))
  t.match(chunksOf(streamed).at(-1), { choices: [], usage: { completion_tokens: 60 } })
  t.match(streamed.body, /data: \[DONE\]\n\n$/)
  t.notMatch((await call(server)).body, 'usage', 'not asked for, not told')
})

t.test('the same request on a fresh server gets the same bytes', async (t) => {
  const clock = { nowMs: () => 1_800_000_000_000, monotonicMs: () => 0, after: () => () => {} }
  const [one, two] = [await chaos(t, { clock }), await chaos(t, { clock })]
  t.equal((await call(one, USAGE)).bytes, (await call(two, USAGE)).bytes)
})

t.test('reasoning, tool calls and several choices are parts of a play', async (t) => {
  const own = play('all of it', [rest], { content: { tokens: 3, reasoning: 2, toolCalls: 2, choices: 2 } })
  const server = await chaos(t, { play: own })
  const chunks = chunksOf(await call(server, USAGE))
  const deltas = chunks.flatMap(({ choices }) => choices.filter(({ index }) => index === 1)).map(({ delta }) => delta)
  t.equal(deltas.map((delta) => delta['content'] ?? '').join(''), textOf(3))
  t.equal(deltas.map((delta) => delta['reasoning_content'] ?? '').join(''), thoughtsOf(2))
  t.match(chunks.at(-1)?.['usage'], { completion_tokens: 8, completion_tokens_details: { reasoning_tokens: 2 } })

  const { choices: [first] } = JSON.parse(utf8((await call(server, { stream: false })).body))
  const fragments = deltas.flatMap((delta) => (delta['tool_calls'] ?? []) as Array<{ index: number, function: { arguments: string } }>)
  for (const [index, whole] of first.message.tool_calls.entries()) {
    const text = fragments.filter((fragment) => fragment.index === index).map((fragment) => fragment.function.arguments).join('')
    t.equal(text, whole.function.arguments)
    t.same(JSON.parse(text), { step: index + 1, place: 'Zürich' })
  }
  t.equal(first.finish_reason, 'tool_calls')
})

t.test('behind the assistant\'s own words a play goes on, begins anew or refuses', async (t) => {
  const behind = (prefix: string) => ({
    ...USAGE, messages: [{ role: 'user', content: 'say it' }, { role: 'assistant', content: [{ type: 'text', text: prefix }] }]
  })
  const server = await chaos(t, { play: 'continues' })
  for (const prefix of ['', 'token-1', textOf(40), `${textOf(40)} tok`, textOf(60)]) {
    const heard = await call(server, behind(prefix))
    t.equal(prefix + heard.text, textOf(60))
  }
  t.match(chunksOf(await call(server, behind(textOf(40)))).at(-1), { usage: { completion_tokens: 20 } })
  t.equal((await call(server, behind('other words'))).text, textOf(60), 'words it never said')
  t.equal((await call(await chaos(t), behind(textOf(40)))).text, textOf(60))
})

t.test('every other endpoint answers plausible JSON', async (t) => {
  const server = await chaos(t)
  const expected: ReadonlyArray<readonly [string, object]> = [
    ['/v1/embeddings', { data: [{ embedding: [0.5, -0.25, 0.125] }] }],
    ['/v1/completions', { object: 'text_completion', choices: [{ text: textOf(8) }] }],
    ['/v1/rerank', { results: [{ index: 0, relevance_score: 0.5 }] }],
    ['/v1/moderations', { results: [{ flagged: false }] }],
    ['/v1/anything/else', { object: 'chaos.answer', model: 'any' }]
  ]
  for (const [path, shape] of expected) {
    t.match(JSON.parse((await call(server, {}, path)).body), shape, path)
  }
})

t.test('every play is listed as a model, and its name asks for it', async (t) => {
  const server = await chaos(t, { play: 'down' })
  const caller = new Caller(server.port)
  caller.send('GET /v1/models HTTP/1.1\r\nhost: chaos\r\n\r\n')
  const { data } = JSON.parse((await caller.until(({ isWhole }) => isWhole)).body)
  t.ok(data.some(({ id }: { id: string }) => id === 'chaos/dies'))

  t.equal((await call(server)).status, 503)
  t.equal((await call(server, { model: 'chaos/well' })).text, textOf(60))
  const unknown = await call(server, { model: 'chaos/nonsense' })
  t.equal(unknown.status, 404)
  t.match(JSON.parse(unknown.body), { error: { code: 'model_not_found', message: /"nonsense"/ } })
})

t.test('a connection carries one request after the other, also those sent at once', async (t) => {
  const server = await chaos(t)
  const caller = new Caller(server.port)
  caller.send(requestOf(chat({ stream: false, model: 'first' })) + requestOf(chat({ stream: false, model: 'second' })))
  const { bytes } = await caller.until(({ bytes }) => bytes.split('HTTP/1.1 200').length === 3 && bytes.endsWith('}}'))
  t.ok(bytes.indexOf('"model":"first"') < bytes.indexOf('"model":"second"'))
  t.equal(server.connections, 1)
})

t.test('an answer that takes its time is not overtaken by the one behind it', async (t) => {
  const clock = steppedClock()
  const server = await chaos(t, { clock })
  const caller = new Caller(server.port)
  caller.send(requestOf(chat({ model: 'chaos/slow-start' })) + requestOf(chat({ model: 'chaos/well', stream: false })))
  await caller.until(({ status }) => status === 200)
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => { setImmediate(resolve) })
  t.match(caller.heard.bytes, /text\/event-stream[^]*\r\n\r\n$/, 'the first head, and nothing behind it')
  clock.pass(20_000)
  const { bytes } = await caller.until(({ bytes }) => bytes.endsWith('}}'))
  t.ok(bytes.indexOf('[DONE]') < bytes.indexOf('"object":"chat.completion",'))
})

/** What the caller heard byte by byte, as text. */
function utf8 (bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
