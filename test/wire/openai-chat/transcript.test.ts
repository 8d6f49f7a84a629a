// What is remembered of a stream that broke, when it may be carried on, and what a backend is asked for then.

import t from 'tap'
import type { Task } from '../../../src/core/ask.ts'
import { readJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts'
import { editMembers, splice } from '../../../src/core/json-edit.ts'
import type { Continuation, Transcript } from '../../../src/wire/format.ts'
import { readEnvelope } from '../../../src/wire/openai-chat/envelope.ts'
import { openTranscript } from '../../../src/wire/openai-chat/transcript.ts'

const BODY = '{"model":"m",  "messages": [ {"role":"user","content":"Say \\u00e9"} ] ,"stream":true,"temperature":1.0}'
const HELLO = 'Hello, I am a model.' // long enough to be carried on in every way

function opened (body: string | JsonObject = BODY, task: Task = 'chat'): Transcript | undefined {
  const text = typeof body === 'string' ? body : JSON.stringify({ model: 'm', stream: true, ...body })
  const read = readJsonObject(Buffer.from(text))
  return openTranscript(read, readEnvelope(read, task))
}

function open (body: string | JsonObject = BODY, task: Task = 'chat'): Transcript {
  const transcript = opened(body, task)
  if (!transcript) throw new Error('not opened')
  return transcript
}

const event = (members: JsonObject) => Buffer.from(`data: ${JSON.stringify({ id: 'a', created: 1, ...members })}\n\n`)
const choice = (members: JsonObject) => event({ choices: [{ index: 0, finish_reason: null, ...members }] })
const delta = (members: JsonObject) => choice({ delta: members })
const said = (body: string | JsonObject = BODY, text = HELLO) => {
  const transcript = open(body)
  transcript.add(delta({ role: 'assistant', content: text }))
  return transcript
}

t.test('text alone can be carried on, however many events and blocks it came in', async (t) => {
  const transcript = open()
  t.ok(transcript.canCarryOn, 'nothing was shown yet')
  transcript.add(Buffer.concat([Buffer.from(': keep-alive\n\n'), delta({ role: 'assistant', content: '' })]))
  transcript.add(Buffer.concat([delta({ content: 'Hello, I am ' }), delta({ content: 'a model.' }), Buffer.from('data:\n\n')]))
  transcript.add(delta({ content: '', tool_calls: [], refusal: null, reasoning_content: '', audio: {} }))
  transcript.add(event({ choices: [], usage: { prompt_tokens: 1 } }))
  t.ok(transcript.canCarryOn)
  t.match(transcript.continuation('assistant_last')?.get('messages'), JSON.stringify({ role: 'assistant', content: HELLO }))
})

t.test('what the next model could not know ends it for good', async (t) => {
  const ends: { readonly [what: string]: Buffer } = {
    'a tool call': delta({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '' } }] }),
    'a function call': delta({ function_call: { name: 'f', arguments: '' } }),
    reasoning: delta({ reasoning: 'I' }),
    'reasoning in other words': delta({ reasoning_content: 'I' }),
    'reasoning details': delta({ content: '', reasoning_details: [{ type: 'reasoning.text', text: 'I' }] }),
    'reasoning in the content': delta({ content: [{ type: 'thinking', thinking: [] }] }),
    'a refusal': delta({ refusal: 'No' }),
    audio: delta({ audio: { data: 'AAAA' } }),
    images: delta({ images: [{ type: 'image_url' }] }),
    annotations: delta({ content: 'x', annotations: [{ type: 'url_citation' }] }),
    'log probabilities': choice({ delta: { content: 'x' }, logprobs: { content: [] } }),
    'a second choice': event({ choices: [{ index: 1, delta: { content: 'x' } }] }),
    'two choices': event({ choices: [{ index: 0, delta: {} }, { index: 1, delta: {} }] }),
    'a reason to stop': choice({ delta: {}, finish_reason: 'stop' }),
    'the sentinel': Buffer.from('data: [DONE]\n\n'),
    'a damaged event': Buffer.from('data: {"choices":[{"delta":{"content":"x\n\n'),
    'an event of another kind': event({ type: 'image_generation.partial_image', b64_json: 'AAAA' }),
    'an event nested too deeply': event({ choices: [{ delta: {} }], x: JSON.parse('['.repeat(200) + ']'.repeat(200)) })
  }
  for (const [what, block] of Object.entries(ends)) {
    const transcript = open()
    if (what === 'an event nested too deeply') transcript.add(block)
    transcript.add(delta({ content: 'Hello' }))
    transcript.add(block)
    t.notOk(transcript.canCarryOn, what)
    transcript.add(delta({ content: 'more' }))
    t.notOk(transcript.canCarryOn, `${what}, and more text`)
  }
})

t.test('requests whose answers show more than one text have no transcript', async (t) => {
  const messages = [{ role: 'user', content: 'x' }]
  t.ok(opened({ messages }))
  t.ok(opened({ messages, n: 1, logprobs: false, modalities: ['text'], tools: [{ type: 'function' }] }))
  t.equal(opened({ messages, n: 2 }), undefined)
  t.equal(opened({ messages, logprobs: true }), undefined)
  t.equal(opened({ messages, modalities: ['text', 'audio'] }), undefined)
  t.equal(opened({ messages, stream: false }), undefined)
  t.equal(opened({ prompt: 'x', logprobs: 0 }, 'completion'), undefined)
  t.equal(opened({ prompt: ['x', 'y'] }, 'completion'), undefined)
})

t.test('more than 1 MiB of text is not kept', async (t) => {
  const transcript = open()
  const block = delta({ content: 'é'.repeat(64 * 1024) })
  for (let sent = 0; sent < 8; sent++) transcript.add(block)
  t.ok(transcript.canCarryOn)
  transcript.add(delta({ content: 'x' }))
  t.notOk(transcript.canCarryOn)
})

/** The body a backend gets, and what it says. */
function asked (transcript: Transcript, how: Continuation, text = BODY) {
  const changes = transcript.continuation(how)
  if (!changes) throw new Error('cannot be written on')
  const body = readJsonObject(Buffer.from(text))
  const bytes = splice(body.bytes, editMembers(body.bytes, 0, changes, body.members))
  return { text: bytes.toString(), value: readJsonObject(bytes).value }
}

t.test('the text shown goes behind the client\'s own messages, which stay the same bytes', async (t) => {
  const difficult = 'He said "Grüße 🌍"\n\tand \\ left. '
  const { text, value } = asked(said(BODY, difficult), 'assistant_last')
  t.strictSame(value, {
    model: 'm',
    messages: [{ role: 'user', content: 'Say é' }, { role: 'assistant', content: difficult }],
    stream: true,
    temperature: 1
  })
  const [before, after] = BODY.split(' ] ')
  t.ok(text.startsWith(before ?? ''))
  t.ok(text.endsWith(after ?? ''))
})

t.test('each way marks the message or the body as its servers want it, and nothing else', async (t) => {
  t.hasStrict(asked(said(), 'prefix_flag').value['messages'], [{}, { role: 'assistant', content: HELLO, prefix: true }])
  const vllm = asked(said(), 'continue_final_message').value
  t.strictSame((vllm['messages'] as JsonValue[])[1], { role: 'assistant', content: HELLO })
  t.hasStrict(vllm, { continue_final_message: true, add_generation_prompt: false })
  t.strictSame(Object.keys(asked(said(), 'assistant_last').value), ['model', 'messages', 'stream', 'temperature'])
})

t.test('what cannot be written on soundly is only asked for again', async (t) => {
  const messages = [{ role: 'user', content: 'x' }]
  const last = { role: 'assistant', content: 'Hel' }
  const unsound: ReadonlyArray<readonly [why: string, body: JsonObject, text?: string]> = [
    ['JSON', { messages, response_format: { type: 'json_object' } }],
    ['a schema', { messages, response_format: { type: 'json_schema', json_schema: {} } }],
    ['a grammar', { messages, guided_regex: 'a+' }],
    ['thoughts that are not shown', { messages, include_reasoning: false }],
    ['thoughts that are hidden', { messages, reasoning_format: 'hidden' }],
    ['thoughts that are left out', { messages, reasoning: { effort: 'low', exclude: true } }],
    ['a stop sequence that may have begun', { messages, stop: 'l. What' }],
    ['one of several that may have begun', { messages, stop: ['END', '.\n'] }],
    ['an answer the client began', { messages: [...messages, last] }],
    ['no messages', {}],
    ['half a character', { messages }, `${HELLO}\ud83d`],
    ['nothing shown', { messages }, '']
  ]
  for (const [why, body, text] of unsound) {
    const transcript = said(body, text)
    for (const how of ['assistant_last', 'prefix_flag', 'continue_final_message'] as const) {
      t.equal(transcript.continuation(how), undefined, `${why}, ${how}`)
    }
    t.ok(transcript.canCarryOn, why)
  }
  const sound = { messages, response_format: { type: 'text' }, stop: ['END', 'Hello', ''], tools: [{ type: 'function' }] }
  t.ok(said(sound).continuation('assistant_last'))
})

t.test('a text too short to be told from its repetition is asked for again where servers repeat it', async (t) => {
  t.equal(said(BODY, 'x'.repeat(15)).continuation('prefix_flag'), undefined)
  t.equal(said(BODY, 'x'.repeat(15)).continuation('assistant_last'), undefined)
  t.ok(said(BODY, 'x'.repeat(16)).continuation('prefix_flag'))
  t.ok(said(BODY, 'x').continuation('continue_final_message'))
  const echoed = { messages: [{ role: 'user', content: 'x' }], echo: true }
  t.equal(said(echoed, 'x'.repeat(15)).continuation('continue_final_message'), undefined, 'vLLM repeats it when told to')
  t.ok(said(echoed, 'x'.repeat(16)).continuation('continue_final_message'))
})

t.test('a legacy completion is written on behind its prompt', async (t) => {
  const body = '{"model":"m","stream":true,"prompt":"Once \\u00e9"}'
  const transcript = open(body, 'completion')
  transcript.add(choice({ text: ' upon "a time" there' }))
  t.strictSame(asked(transcript, 'assistant_last', body).value['prompt'], 'Once é upon "a time" there')
  t.ok(asked(transcript, 'assistant_last', body).text.includes('"Once \\u00e9 upon'))
  for (const members of [{ prompt: [1, 2, 3] }, { prompt: 'x', echo: true }]) {
    const other = open(members, 'completion')
    other.add(choice({ text: HELLO }))
    t.equal(other.continuation('assistant_last'), undefined)
    t.ok(other.canCarryOn)
  }
})
