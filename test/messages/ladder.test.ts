// The ladder of events, chunk by chunk: blocks one behind the other, dense indices, signatures, and a bound.

import t from 'tap'
import { asObject, parseObject, type JsonObject } from '../../src/core/json.ts'
import { MOST_WAITING } from '../../src/wire/anthropic/ladder.ts'
import { MessageTeller } from '../../src/wire/anthropic/teller.ts'
import { chunks, DONE, piece } from '../openrouter/scene.ts'
import { sseEvents } from '../upstreams/sse.ts'
import { messagesScene } from './messages-scene.ts'

const opened = (isShown = true, stops: string[] = []) =>
  new MessageTeller({ requested: 'm', stops, isShown }).openStream({ id: 'gen-1-abc', model: 'x', createdS: 1 })
const chunk = (delta: JsonObject, more: JsonObject = {}): JsonObject => ({ choices: [{ index: 0, delta, ...more }] })
const call = (index: number, words: string, name = ''): JsonObject => ({
  tool_calls: [{ index, ...name !== '' && { id: `id${index}` }, function: { ...name !== '' && { name }, arguments: words } }]
})

/** Events as short words: `0+text`, `0 Hi`, `0-`. */
async function shortOf (text: string): Promise<string[]> {
  const short: string[] = []
  for await (const { data } of sseEvents((async function * () { yield Buffer.from(text) })())) {
    const event = parseObject(data) ?? {}
    const { type, index } = event
    const delta = asObject(event['delta']) ?? {}
    const words = ['text', 'thinking', 'partial_json', 'signature', 'stop_reason'].map((name) => delta[name]).find((word) => typeof word === 'string')
    if (type === 'content_block_start') short.push(`${String(index)}+${String(asObject(event['content_block'])?.['type'])}`)
    else if (type === 'content_block_delta') short.push(`${String(index)} ${String(words ?? JSON.stringify(delta))}`)
    else if (type === 'content_block_stop') short.push(`${String(index)}-`)
    else short.push(words === undefined ? String(type) : `${String(type)} ${words}`)
  }
  return short
}

const TABLE: ReadonlyArray<readonly [says: string, chunks: JsonObject[], events: string[]]> = [
  [
    'thoughts, words, calls', [chunk({ reasoning: 'a' }), chunk({ reasoning: 'b' }), chunk({ content: 'c' }), chunk(call(0, '{}', 'f'))],
    ['0+thinking', '0 a', '0 b', '0 aibroker:', '0-', '1+text', '1 c', '1-', '2+tool_use', '2 {}', '2-', 'message_delta tool_use']
  ],
  [
    'a signature comes last, and a new item is a new block',
    [
      chunk({ reasoning: 'a', reasoning_details: [{ type: 'reasoning.text', text: 'a', index: 0, format: 'anthropic-claude-v1' }] }),
      chunk({ reasoning_details: [{ type: 'reasoning.text', signature: 'sig', index: 0, format: 'anthropic-claude-v1' }] }),
      chunk({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'x', index: 1, format: 'anthropic-claude-v1' }] })
    ],
    ['0+thinking', '0 a', '0 sig', '0-', '1+redacted_thinking', '1-', 'message_delta end_turn']
  ],
  [
    'a whole call makes room for the next one', [chunk(call(0, '{"a":', 'f')), chunk(call(0, '1}')), chunk(call(1, '{}', 'g'))],
    ['0+tool_use', '0 {"a":', '0 1}', '0-', '1+tool_use', '1 {}', '1-', 'message_delta tool_use']
  ],
  [
    'what comes between the pieces of a call waits, call by call',
    [
      chunk(call(0, '{"a":', 'f')), chunk(call(1, '{"b":', 'g')), chunk({ content: 'x' }), chunk(call(2, '{}', 'h')),
      chunk(call(0, '1}')), chunk(call(1, '2}'))
    ],
    [
      '0+tool_use', '0 {"a":', '0 1}', '0-', '1+tool_use', '1 {"b":', '1 2}', '1-', '2+text', '2 x', '2-', '3+tool_use', '3 {}',
      '3-', 'message_delta tool_use'
    ]
  ],
  [
    'calls that are all the first, with ids of their own',
    ['a', 'b'].map((id) => chunk({ tool_calls: [{ index: 0, id, function: { name: 'f', arguments: '{}' } }] })),
    ['0+tool_use', '0 {}', '0-', '1+tool_use', '1 {}', '1-', 'message_delta tool_use']
  ],
  ['a call without arguments has an object', [chunk(call(0, '', 'f'))], ['0+tool_use', '0 {}', '0-', 'message_delta tool_use']],
  ['a refusal', [chunk({ refusal: 'No.' })], ['0+text', '0 No.', '0-', 'message_delta refusal']],
  ['a limit', [chunk({ content: 'a' }), chunk({}, { finish_reason: 'length' })], ['0+text', '0 a', '0-', 'message_delta max_tokens']],
  [
    'a call that a limit cut', [chunk(call(0, '{"a', 'f'), { finish_reason: 'length' })],
    ['0+tool_use', '0 {"a', '0-', 'message_delta max_tokens']
  ],
  ['nothing at all', [chunk({}, { finish_reason: 'stop' })], ['message_delta end_turn']]
]

for (const [says, told, events] of TABLE) {
  t.test(`${says}`, async (t) => {
    const stream = opened()
    const text = told.map((each) => stream.tell(each)).join('') + stream.end()
    t.strictSame(await shortOf(text), ['message_start', ...events, 'message_stop'])
  })
}

t.test('thoughts that are not to be shown keep their signature', async (t) => {
  const stream = opened(false)
  const text = stream.tell(chunk({ reasoning: 'secret' })) + stream.end()
  t.notOk(text.includes('secret'))
  t.ok(text.includes('signature_delta'))
})

t.test('the text that ended an answer is told where a server tells it', async (t) => {
  const stream = opened(true, ['END'])
  const text = stream.tell(chunk({ content: 'a' }, { finish_reason: 'stop', stop_reason: 'END' })) + stream.end()
  t.match(text, '"stop_reason":"stop_sequence","stop_sequence":"END"')
})

t.test('more than may wait breaks the stream', async (t) => {
  const stream = opened()
  stream.tell(chunk(call(0, '{', 'f')))
  const words = 'x'.repeat(MOST_WAITING / 4)
  t.throws(() => { for (let at = 0; at < 5; at++) stream.tell(chunk({ content: words })) }, { message: /longer than can be kept/ })
})

t.test('a provider\'s comments become pings, and a prompt that is too long is told in the words clients look for', async (t) => {
  const { stream } = await messagesScene(t, chunks(': wait\n\n', piece({ content: 'a' }), ': wait\n\n', piece({}, 'stop'), DONE))
  const { events, comments } = await stream()
  t.strictSame(comments, [])
  t.ok(events.filter(({ event }) => event === 'ping').length >= 1)
  const { ask } = await messagesScene(t, ({ response }) => {
    response.writeHead(400, { 'content-type': 'application/json' })
    response.end('{"error":{"message":"too many tokens","code":"context_length_exceeded"}}')
  })
  t.match((await ask()).json(), { error: { type: 'invalid_request_error', message: /^prompt is too long/ } })
})
