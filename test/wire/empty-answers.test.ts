// Complete, and nothing in it: told apart from an answer that says little, or says why it is silent.

import t from 'tap'
import type { Task } from '../../src/core/ask.ts'
import type { JsonValue } from '../../src/core/json.ts'
import { openaiChat } from '../../src/wire/openai-chat/index.ts'
import { chunk, delta, DONE, PLAIN, read, readWith, ROLE, STOP, text, usage } from './streams.ts'

/** Members of a delta or message that hold something, one each. */
const PRODUCED: ReadonlyArray<readonly [name: string, value: JsonValue]> = [
  ['content', ' '],
  ['content', [{ type: 'text', text: 'a' }]],
  ['reasoning', 'hm'],
  ['reasoning_content', 'hm'],
  ['reasoning_details', [{ type: 'reasoning.encrypted', data: 'AAAA', format: 'x', index: 0 }]],
  ['tool_calls', [{ index: 0, id: 'call_1', type: 'function', function: { name: 'look', arguments: '' } }]],
  ['tool_calls', [{ index: 0, function: { arguments: '{' } }]],
  ['function_call', { name: 'look', arguments: '' }],
  ['refusal', 'I cannot'],
  ['audio', { id: 'audio_1', transcript: 'a' }],
  ['images', [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }]]
]
const SILENT: ReadonlyArray<readonly [name: string, value: JsonValue]> = [
  ['content', ''], ['content', null], ['content', []], ['content', [{ type: 'text', text: '' }]],
  ['reasoning', ''], ['reasoning', null], ['reasoning_details', []],
  ['reasoning_details', [{ type: 'reasoning.text', text: '', format: 'unknown', index: 0 }]],
  ['tool_calls', []], ['tool_calls', null], ['function_call', null], ['refusal', null],
  ['audio', { id: 'audio_1', expires_at: 1_790_000_000 }], ['images', []], ['role', 'assistant'], ['name', 'x']
]
const EXPLAINED = ['length', 'content_filter', 'max_tokens', 'SAFETY']
const UNEXPLAINED = ['stop', 'tool_calls', 'end_turn', 'error', 'insufficient_system_resource']
const TOLD = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 }
const TOLD_NOTHING = { prompt_tokens: 9, completion_tokens: 0, total_tokens: 9 }

t.test('a stream has output once something the model produced was handed out, not before', async (t) => {
  for (const [name, value] of PRODUCED) {
    for (const isExact of [false, true]) {
      const { reader } = readWith(openaiChat.createStream({ ...PLAIN, isExact }), [': wait\n\n', ROLE])
      t.equal(reader.hasOutput, false, 'a role is none')
      reader.push(Buffer.from(delta({ [name]: value })))
      t.equal(reader.hasOutput, true, `${name} ${JSON.stringify(value)}`)
    }
  }
  for (const [name, value] of SILENT) {
    const { reader } = read([ROLE, delta({ [name]: value }), usage(TOLD)])
    t.equal(reader.hasOutput, false, `${name} ${JSON.stringify(value)}`)
  }
})

t.test('output is found in whatever event of a burst it stands, and in legacy completions', async (t) => {
  t.equal(read([ROLE.repeat(50) + text('a') + ROLE.repeat(50)]).reader.hasOutput, true)
  t.equal(read([ROLE.repeat(50)]).reader.hasOutput, false)
  const legacy = (text: string) => chunk({ choices: [{ index: 0, text, finish_reason: null }] })
  t.equal(read([legacy('')], { task: 'completion' }).reader.hasOutput, false)
  t.equal(read([legacy('a')], { task: 'completion' }).reader.hasOutput, true)
  const other = chunk({ choices: [{ index: 1, delta: { content: 'a' } }] })
  t.equal(read([ROLE, other], { choices: 2 }).reader.hasOutput, true, 'of any choice')
})

t.test('a stream that is complete and produced nothing is empty', async (t) => {
  for (const stream of [DONE, ROLE + DONE, ROLE + STOP, ROLE + STOP + DONE, ROLE + STOP + usage(TOLD_NOTHING) + DONE]) {
    for (const isExact of [false, true]) {
      t.match(read([stream], { isExact }), { isComplete: true, isEmpty: true }, stream)
    }
  }
  for (const reason of UNEXPLAINED.filter((each) => each !== 'error')) { // which is an error event, empty or not
    t.equal(read([ROLE + delta({}, reason) + DONE]).isEmpty, true, reason)
  }
})

t.test('a stream that says why it is silent, or what its silence cost, is not empty; nor is a cut one', async (t) => {
  for (const reason of EXPLAINED) {
    t.match(read([ROLE + delta({}, reason) + DONE]), { isComplete: true, isEmpty: false }, reason)
  }
  t.match(read([ROLE + STOP + usage(TOLD) + DONE]), { isComplete: true, isEmpty: false })
  t.match(read([ROLE + STOP + usage(TOLD) + DONE], { hidesUsage: true }), { isComplete: true, isEmpty: false })
  t.match(read([text('a') + STOP + DONE]), { isComplete: true, isEmpty: false })
  t.match(read([ROLE]), { isComplete: false, isEmpty: false })
  t.match(read([ROLE, '{"error":{"message":"x"}}\n\n']), { isComplete: false, isEmpty: false })
})

const isEmpty = (task: Task, answer: unknown) => {
  const plain = openaiChat.readAnswer(Buffer.from(JSON.stringify(answer)), 'application/json', task)
  return plain && openaiChat.isEmptyAnswer(plain)
}
const chat = (message: object, reason: string, rest: object = {}) =>
  ({ choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: reason }], ...rest })

t.test('a plain answer is empty by the same rules', async (t) => {
  for (const [name, value] of PRODUCED) t.equal(isEmpty('chat', chat({ [name]: value }, 'stop')), false, name)
  for (const [name, value] of SILENT) t.equal(isEmpty('chat', chat({ [name]: value }, 'stop')), true, name)
  for (const reason of EXPLAINED) t.equal(isEmpty('chat', chat({ content: '' }, reason)), false, reason)
  for (const reason of UNEXPLAINED) t.equal(isEmpty('chat', chat({ content: '' }, reason)), true, reason)
  t.equal(isEmpty('chat', chat({ content: null }, 'stop', { usage: TOLD })), false)
  t.equal(isEmpty('chat', chat({ content: null }, 'stop', { usage: TOLD_NOTHING })), true)
  t.equal(isEmpty('completion', { choices: [{ index: 0, text: '', finish_reason: 'stop' }] }), true)
  t.equal(isEmpty('completion', { choices: [{ index: 0, text: 'a', finish_reason: 'stop' }] }), false)
})

t.test('an answer without a choice is empty, whatever its usage tells', async (t) => {
  for (const answer of [{}, { choices: [] }, { choices: null, usage: TOLD }, { choices: [], usage: TOLD }, { message: 'busy' }]) {
    t.equal(isEmpty('chat', answer), true, JSON.stringify(answer))
  }
})

t.test('of the other tasks: no vectors, no images, no verdicts are empty; a transcript without a word is not', async (t) => {
  const cases: ReadonlyArray<readonly [task: Task, answer: object, isEmpty: boolean]> = [
    ['embedding', { data: [] }, true],
    ['embedding', {}, true],
    ['embedding', { data: [{ index: 0, embedding: [] }] }, true],
    ['embedding', { data: [{ index: 0, embedding: [0.1] }] }, false],
    ['embedding', { data: [{ index: 0, embedding: 'AAAAAA==' }] }, false],
    ['embedding', { data: [{ index: 0, embedding: { float: [0.1] } }] }, false],
    ['image', { created: 1, data: [] }, true],
    ['image', { created: 1, data: [{ revised_prompt: 'a cat' }] }, true],
    ['image', { created: 1, data: [{ b64_json: 'AAAA' }] }, false],
    ['image', { created: 1, data: [{ url: 'https://a.example/b.png' }] }, false],
    ['moderation', { results: [] }, true],
    ['moderation', { results: [{ flagged: false }] }, false],
    ['rerank', { results: [] }, true],
    ['rerank', { results: [{ index: 0, relevance_score: 0 }] }, false],
    ['transcription', { text: '' }, false]
  ]
  for (const [task, answer, expected] of cases) {
    t.equal(isEmpty(task, answer), expected, `${task} ${JSON.stringify(answer)}`)
  }
  const words = openaiChat.readAnswer(Buffer.alloc(0), 'text/plain', 'transcription')
  t.equal(words && openaiChat.isEmptyAnswer(words), false)
})

t.test('speech without a byte is empty, and events of speech or pictures that hold none', async (t) => {
  const stream = (task: Task, contentType: string, pieces: string[]) =>
    readWith(openaiChat.createStream({ ...PLAIN, task, contentType }), pieces)
  t.match(stream('speech', 'audio/mpeg', []), { isComplete: true, isEmpty: true })
  t.match(stream('speech', 'audio/mpeg', ['ID3']), { isEmpty: false, reader: { hasOutput: true } })

  const event = (value: object) => `data: ${JSON.stringify(value)}\n\n`
  const of = (task: Task, ...events: object[]) => stream(task, 'text/event-stream', events.map(event))
  t.match(of('speech', { type: 'speech.audio.done' }), { isComplete: true, isEmpty: true })
  t.match(of('speech', { type: 'speech.audio.delta', audio: 'AAAA' }, { type: 'speech.audio.done' }), { isEmpty: false })
  t.match(of('image', { type: 'image_generation.completed', b64_json: '' }), { isComplete: true, isEmpty: true })
  t.match(of('image', { type: 'image_generation.completed', b64_json: 'AAAA' }), { isComplete: true, isEmpty: false })
  t.match(of('transcription', { type: 'transcript.text.done', text: '' }),
    { isComplete: true, isEmpty: false, reader: { hasOutput: true } })
  t.match(of('transcription', { type: 'transcript.text.delta', delta: '' }), { isComplete: false, reader: { hasOutput: false } })
})
