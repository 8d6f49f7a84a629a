// What of a sequel's events reaches the client: tools, thoughts, usage and ends, and how an event is cut.

import t from 'tap'
import OpenAI from 'openai'
import type { JsonObject } from '../../../src/core/json.ts'
import type { StreamOptions, StreamReader } from '../../../src/wire/format.ts'
import { DONE } from '../streams.ts'
import { Client, freshReader, Provider } from './attempts.ts'

const first = new Provider('first')
const second = new Provider('second')
const SHOWN = 'Hello, I am a model'

/** A client that was shown this much, and the reader of its sequel. */
function broken (
  how: 'continued' | 'regenerated', shown = SHOWN, options: Partial<StreamOptions> = {}
): { client: Client, reader: StreamReader } {
  const client = new Client()
  client.read(freshReader(options), [Buffer.from(first.role + first.delta({ content: shown }))])
  return { client, reader: client.transcript.carryOn(freshReader(options), how) }
}

/** Everything the client has after this sequel. */
function carriedOn (how: 'continued' | 'regenerated', events: readonly string[], shown = SHOWN) {
  const { client, reader } = broken(how, shown)
  const isComplete = client.read(reader, [Buffer.from(events.join(''))])
  return { client, reader, isComplete }
}

const text = (content: string) => second.delta({ content })
const END = second.finish() + DONE
const CALL = { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }

t.test('only the event that crosses the border is cut; the rest of it stays as it was', async (t) => {
  const rest = '"y":[] ,"finish_reason" : null}], "z":"\\u00e9", "x": 1.50}\n\n'
  const crossing = `data: {"id":"b","created":9, "model":"b","choices":[{"index":0, "delta":{"content":"model \\u00e9\\"🌍"}, ${rest}`
  const { client } = carriedOn('regenerated', [second.role, text('Hello, I am a '), crossing, END])
  t.match(client.bytes.toString(),
    `data: {"id":"chatcmpl-first","created":5, "model":"model-first","choices":[{"index":0, "delta":{"content":" é\\"🌍"}, ${rest}`)
  t.equal(client.text, `${SHOWN} é"🌍`)
  t.notMatch(client.bytes.toString(), 'chatcmpl-second')
})

t.test('a text cut between the halves of a character goes on with the other half', async (t) => {
  const { client } = carriedOn('regenerated', [text(`${SHOWN}🌍!`), END], `${SHOWN}\ud83c`)
  t.equal(client.text, `${SHOWN}🌍!`)
})

t.test('a tool call behind the text goes out whole', async (t) => {
  for (const [how, begin] of [['regenerated', text(`${SHOWN}.`)], ['continued', text('.')]] as const) {
    const call = second.delta({ tool_calls: [CALL] })
    const { client, isComplete } = carriedOn(how, [second.role, begin, call, second.finish('tool_calls'), DONE])
    t.ok(isComplete)
    t.equal(client.text, `${SHOWN}.`)
    t.strictSame(client.deltas.at(-2), { tool_calls: [CALL] })
    t.notOk(client.transcript.canCarryOn)
  }
})

t.test('a tool call may be all that a continued answer still had to say', async (t) => {
  const { client, reader, isComplete } = carriedOn('continued', [second.delta({ tool_calls: [CALL] }), second.finish('tool_calls'), DONE])
  t.ok(isComplete)
  t.ok(reader.hasOutput)
  t.strictSame(client.deltas.at(-2), { tool_calls: [CALL] })
})

t.test('the thoughts of a model that starts again stay out; those behind the border do not', async (t) => {
  const thought = second.delta({ role: 'assistant', content: null, reasoning: 'Hm' })
  const { client, reader } = carriedOn('regenerated', [thought, text(SHOWN), second.delta({ reasoning: 'And' }), text('.'), END])
  t.strictSame(client.deltas.slice(2), [{ reasoning: 'And' }, { content: '.' }, {}])
  t.ok(reader.hasOutput)
})

t.test('a model that thinks before it carries on does not carry on', async (t) => {
  for (const thought of [{ reasoning_content: 'Hm' }, { content: [{ type: 'thinking', thinking: [] }] }]) {
    const { reader } = broken('continued')
    t.throws(() => reader.push(Buffer.from(second.role + second.delta(thought))), /thinks/)
    t.notOk(reader.finish().isComplete)
  }
  const { client } = carriedOn('continued', [text('.'), second.delta({ reasoning_content: 'Hm' }), END])
  t.equal(client.text, `${SHOWN}.`)
})

t.test('a continued text that begins with all that was shown repeats it, and one that only begins alike does not', async (t) => {
  const texts: ReadonlyArray<readonly [sequel: string[], whole: string]> = [
    [[`${SHOWN}, yes`], `${SHOWN}, yes`],
    [['Hello, ', 'I am', ' a model', ', yes'], `${SHOWN}, yes`],
    [['Hello, ', 'I am not'], `${SHOWN}Hello, I am not`],
    [['Hello, ', 'I am'], `${SHOWN}Hello, I am`],
    [['Hello', '!'], `${SHOWN}Hello!`],
    [[' here'], `${SHOWN} here`]
  ]
  for (const [pieces, whole] of texts) {
    const { client, isComplete } = carriedOn('continued', [second.role, ...pieces.map(text), END])
    t.ok(isComplete)
    t.equal(client.text, whole)
  }
  t.equal(carriedOn('continued', [text('ha'), text('ha!'), END], 'ha').client.text, 'hahaha!')
})

t.test('text that is held back comes out with a reason to stop or a tool call, and never gets lost silently', async (t) => {
  const call = second.delta({ tool_calls: [CALL] })
  t.equal(carriedOn('continued', [text('Hello'), call, END]).client.text, `${SHOWN}Hello`)
  const bare = second.event({ choices: [{ index: 0, finish_reason: 'stop' }] })
  t.equal(carriedOn('continued', [text('Hello'), bare, DONE]).client.text, `${SHOWN}Hello`)
  const { reader } = broken('continued')
  t.throws(() => reader.push(Buffer.from(text('Hello') + DONE)), /without saying why/)
})

t.test('the text shown may have been the whole answer', async (t) => {
  for (const [how, events] of [['regenerated', [second.role, text(SHOWN), END]], ['continued', [second.role, END]]] as const) {
    const { reader } = broken(how)
    reader.push(Buffer.from(events.join('')))
    t.hasStrict(reader.finish(), { isComplete: true, isEmpty: false })
    t.notOk(reader.hasOutput)
  }
})

t.test('nothing new is nothing: roles and repeated text send no event, the first new text is output', async (t) => {
  const { reader } = broken('regenerated')
  t.equal(reader.push(Buffer.from(second.role)), undefined)
  t.equal(reader.push(Buffer.from(text('Hello, I am'))), undefined)
  t.equal(reader.push(Buffer.from(text(' a model'))), undefined)
  t.equal(reader.events, 3)
  t.notOk(reader.hasOutput)
  t.match(reader.push(Buffer.from(text('.')))?.toString(), '"content":"."')
  t.ok(reader.hasOutput)
})

t.test('usage, comments and additions pass, under the first id', async (t) => {
  const options: Partial<StreamOptions> = { additionsFor: () => ({ provider: '"P"', cost: '0.1', xAibroker: '{}' }) }
  const { client, reader } = broken('regenerated', SHOWN, options)
  client.read(reader, [Buffer.from(`: wait\n\n${text(SHOWN)}${text('.')}${second.finish()}${second.usage()}${DONE}`)])
  t.match(client.bytes.toString(), ': wait\n\n')
  t.hasStrict(client.chunks.at(-1), {
    id: 'chatcmpl-first', model: 'model-first', usage: { total_tokens: 5, cost: 0.1 }, provider: 'P', x_aibroker: {}
  })
  t.match(client.bytes.toString(), /\[DONE\]\n\n$/)
})

t.test('the sentinel ends a sequel however the provider spells it', async (t) => {
  for (const done of ['data: [DONE] \n\n', 'data:  [DONE]\r\n\r\n']) {
    const { client, isComplete } = carriedOn('regenerated', [text(SHOWN), text('.'), second.finish(), done])
    t.ok(isComplete)
    t.ok(client.bytes.toString().endsWith(done))
  }
})

t.test('usage in a chunk whose choice says nothing goes out without it, behind the end', async (t) => {
  const told = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }
  const usage = second.event({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }], usage: told })
  const { client } = carriedOn('regenerated', [text(SHOWN), text('.'), second.finish(), usage, DONE])
  t.hasStrict(client.chunks.at(-1), { usage: told, choices: [] })
  t.equal(client.deltas.filter(({ role }) => role).length, 1)
})

t.test('an error event, an id and noise are told as the new stream tells them', async (t) => {
  const { reader } = broken('regenerated')
  reader.push(Buffer.from(second.role + second.event({ error: { message: 'overloaded' } })))
  t.hasStrict(reader.error, { error: { message: 'overloaded' } })
  t.equal(reader.upstreamId, 'chatcmpl-second')
  t.notOk(reader.isDone)
  t.equal(reader.dropped, 0)
})

t.test('an event that cannot be read breaks the sequel for good, and so does one nested too deeply', async (t) => {
  const damaged = text('.').replace('"choices"', ',"choices"') // looks like the others at both ends
  const deep = second.event({ choices: [{ index: 0, delta: { content: '.' } }], x: JSON.parse('['.repeat(200) + ']'.repeat(200)) })
  for (const event of [damaged, deep]) {
    const { client, reader } = broken('regenerated', SHOWN, { isExact: true })
    const before = client.bytes
    t.throws(() => client.read(reader, [text(SHOWN), event, END].map((part) => Buffer.from(part))), /an event is/)
    t.notOk(reader.finish().isComplete)
    t.strictSame(client.bytes, before)
  }
})

t.test('the first event with a choice names the answer', async (t) => {
  const azure = second.event({ id: '', model: '', choices: [], prompt_filter_results: [] })
  const client = new Client()
  client.read(freshReader(), [Buffer.from(azure + first.role + second.delta({ content: SHOWN }))])
  client.read(client.transcript.carryOn(freshReader(), 'continued'), [Buffer.from(new Provider('third').whole(['.']))])
  t.hasStrict(client.chunks.at(-1), { id: 'chatcmpl-first', created: 5, model: 'model-first' })
})

t.test('JSON over several lines, text beside the delta and legacy completions are cut as well', async (t) => {
  const lines = `data: {"id":"b",\ndata: "choices":[{"index":0,"delta":{"content":"${SHOWN} é"},"finish_reason":null}]}\n\n`
  t.equal(carriedOn('regenerated', [lines, END]).client.text, `${SHOWN} é`)
  const together = second.choice({ text: `${SHOWN}!`, delta: { content: `${SHOWN}!`, token_id: 5 } })
  t.hasStrict(carriedOn('regenerated', [together, END]).client.chunks[2], { choices: [{ text: '!', delta: { content: '!' } }] })

  const { client, reader } = broken('regenerated')
  client.read(reader, [Buffer.from(second.choice({ text: 'Hello, I am a' }) + second.choice({ text: ' model.' }) + second.choice({ text: '', finish_reason: 'stop' }) + DONE)])
  t.hasStrict(client.chunks.slice(2), [{ choices: [{ text: '.' }] }, { choices: [{ text: '', finish_reason: 'stop' }] }])
})

t.test('a stream that broke before anything was shown is simply asked for again', async (t) => {
  const client = new Client()
  client.read(freshReader(), [Buffer.from(': wait\n\n')])
  t.ok(client.read(client.transcript.carryOn(freshReader(), 'regenerated'), [Buffer.from(second.whole(['Hi']))]))
  t.hasStrict(client.chunks[0], { id: 'chatcmpl-second', choices: [{ delta: { role: 'assistant' } }] })
  t.equal(client.text, 'Hi')
})

t.test('OpenAI\'s own client takes a stream that broke twice for one answer', async (t) => {
  const client = new Client()
  client.read(freshReader(), [Buffer.from(first.role + first.delta({ content: 'Let me ' }) + first.delta({ content: 'see 🌍' }))])
  const regenerated = second.role + text('Let me see') + text(' 🌍 and ') + text('then')
  client.read(client.transcript.carryOn(freshReader(), 'regenerated'), [Buffer.from(regenerated)])
  const third = new Provider('third')
  const rest = [third.role, third.delta({ content: ' call.' }), third.delta({ tool_calls: [CALL] }), third.finish('tool_calls'), third.usage(), DONE]
  client.read(client.transcript.carryOn(freshReader(), 'continued'), [Buffer.from(rest.join(''))])

  const openai = new OpenAI({
    apiKey: 'any',
    baseURL: 'http://127.0.0.1:9/v1',
    fetch: async () => new Response(client.bytes, { headers: { 'content-type': 'text/event-stream' } })
  })
  const stream = openai.chat.completions.stream({ model: 'm', messages: [{ role: 'user', content: 'x' }] })
  const completion = await stream.finalChatCompletion()
  t.hasStrict(completion, { id: 'chatcmpl-first', model: 'model-first', created: 5, usage: { total_tokens: 5 } })
  t.hasStrict(completion.choices as unknown as JsonObject[], [{
    finish_reason: 'tool_calls',
    message: {
      role: 'assistant',
      content: 'Let me see 🌍 and then call.',
      tool_calls: [{ id: 'call_1', type: 'function', function: CALL.function }]
    }
  }])
})
