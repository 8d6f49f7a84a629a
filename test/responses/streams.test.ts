// Check 60: streams over `/responses`, event by event, and how they break.

import t from 'tap'
import { systemClock } from '../../src/core/clock.ts'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import { chunks, DONE, piece, USAGE_FRAME, WELL } from '../openrouter/scene.ts'
import { cutAfterBytes, errorInStream, readSse, recorded, SHAPES, status, streamed, toolCalls } from '../upstreams.ts'
import { lastResponse, responsesScene, typesOf } from './scene.ts'

const BEGUN = ['response.created', 'response.in_progress']
const TEXT = (deltas: number) => [
  'response.output_item.added', 'response.content_part.added', ...Array<string>(deltas).fill('response.output_text.delta'),
  'response.output_text.done', 'response.content_part.done', 'response.output_item.done'
]
const TOOLS = [{ type: 'function', name: 'weather' }, { type: 'function', name: 'time' }]

function inOrder (values: readonly JsonObject[]): boolean {
  return values.every((value, at) => value['sequence_number'] === at)
}

t.test('60: a text climbs the whole ladder, numbered from 0, and ends once', async (t) => {
  const { stream, sent } = await responsesScene(t, WELL)
  const { values, events, raw, response } = await stream()
  t.equal(response.headers.get('content-type'), 'text/event-stream')
  t.strictSame(typesOf(values), [...BEGUN, ...TEXT(2), 'response.completed'])
  t.strictSame(events.map(({ event }) => event), typesOf(values), 'each event has the name of its type')
  t.ok(inOrder(values))
  t.notMatch(raw, /\[DONE\]/)
  t.match(values[0], { response: { status: 'in_progress', output: [], completed_at: null } })
  const id = (response.headers.get('x-generation-id') ?? '').slice('gen-'.length)
  const item = { item_id: `msg_${id}_0`, output_index: 0, content_index: 0 }
  t.match(values.slice(3, 8), [item, { ...item, delta: 'Hel' }, { ...item, delta: 'lo' }, { ...item, text: 'Hello' }, item])
  t.match(lastResponse(values), {
    id: `resp_${id}`,
    status: 'completed',
    output: [{ id: `msg_${id}_0`, content: [{ text: 'Hello' }] }],
    usage: { input_tokens: 9, output_tokens: 3, total_tokens: 12, cost: 0.000015 },
    provider: 'test0',
    x_aibroker: { provider: 'test0' }
  })
  t.notOk('x_aibroker' in (asObject(values[0]?.['response']) ?? {}))
  t.match(sent(), { stream: true, stream_options: { include_usage: true } })
})

t.test('60: the same of every provider\'s streams', async (t) => {
  for (const [name, shape] of Object.entries(SHAPES)) {
    const { text, reasoning, tokens } = shape({ isUsageAsked: true })
    const { stream } = await responsesScene(t, recorded(shape))
    const { values } = await stream()
    t.ok(inOrder(values), name)
    const { output, usage } = lastResponse(values)
    const items = output as JsonObject[]
    const said = items.filter(({ type }) => type === 'message').flatMap(({ content }) => content as JsonObject[])
    const thought = items.filter(({ type }) => type === 'reasoning').flatMap(({ content }) => content as JsonObject[])
    t.equal(said.map((part) => part['text']).join(''), text, name)
    t.equal(thought.map((part) => part['text']).join(''), reasoning, name)
    t.equal(asObject(usage)?.['input_tokens'], tokens?.input, name)
    t.equal(values.at(-1)?.['type'], 'response.completed')
  }
})

t.test('61: calls whose fragments take turns come one after the other, whole', async (t) => {
  const { stream } = await responsesScene(t, recorded(toolCalls))
  const { values } = await stream({ tools: TOOLS })
  const call = (deltas: number) => [
    'response.output_item.added', ...Array<string>(deltas).fill('response.function_call_arguments.delta'),
    'response.function_call_arguments.done', 'response.output_item.done'
  ]
  t.strictSame(typesOf(values), [...BEGUN, ...call(2), ...call(2), 'response.completed'])
  t.match(lastResponse(values)['output'], [
    { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Zürich"}', status: 'completed' },
    { type: 'function_call', call_id: 'call_2', name: 'time', arguments: '{"zone":"Europe/Zurich"}' }
  ])
})

const CUTS = [
  ['cut', cutAfterBytes(200, [piece({ content: 'Hel' }), piece({}, 'stop').padEnd(300, ' ')]), 'server_error'],
  ['an error event', errorInStream({ pieces: ['Hel'] }), 'server_error'],
  ['an end without a reason', chunks(piece({ content: 'Hel' })), 'server_error']
] as const

t.test('P6: a stream that breaks ends with response.failed alone, and its connection breaks', async (t) => {
  for (const [name, answer, code] of CUTS) {
    const { stream } = await responsesScene(t, answer)
    const { values, failure } = await stream()
    const types = typesOf(values)
    t.strictSame(types.filter((type) => /completed|incomplete|failed|\.done/.test(type)), ['response.failed'], name)
    t.equal(types.at(-1), 'response.failed')
    t.ok(inOrder(values))
    t.match(lastResponse(values), { status: 'failed', error: { code, message: /test0/ }, error_type: 'provider_unavailable' })
    t.match(lastResponse(values)['output'], [{ status: 'incomplete', content: [{ text: 'Hel' }] }])
    t.ok(failure, 'the connection is cut')
  }
})

t.test('P6: a call that was cut is never told as done', async (t) => {
  const part = (text: string) => piece({ tool_calls: [{ index: 0, function: { arguments: text } }] })
  const start = piece({ tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'weather', arguments: '' } }] })
  const { stream } = await responsesScene(t, chunks(start, part('{"a":1}')))
  const { values } = await stream({ tools: TOOLS })
  t.notOk(typesOf(values).some((type) => type.endsWith('.done')))
  t.equal(values.at(-1)?.['type'], 'response.failed')
})

t.test('an atomic stream that never became whole fails from its first event on', async (t) => {
  let release = () => {}
  const isHeard = new Promise<void>((resolve) => { release = resolve })
  const answer = streamed([piece({ role: 'assistant' }), piece({ content: 'Hel' })], { gapBetween: () => isHeard })
  const { broker } = await responsesScene(t, answer, { clock: systemClock, env: { AIBROKER_KEEP_ALIVE_MS: '1' } })
  const response = await fetch(`${broker.url}/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-aibroker-stream': 'atomic' },
    body: JSON.stringify({ model: 'm', input: 'Hi', stream: true })
  })
  t.equal(response.status, 200, 'a comment was the first thing said')
  release()
  const { values } = await readSse(response)
  t.strictSame(typesOf(values), [...BEGUN, 'response.failed'])
  t.ok(inOrder(values))
  t.strictSame(lastResponse(values)['output'], [])
})

t.test('what fails before its first output moves on, unseen', async (t) => {
  const { stream, upstreams } = await responsesScene(t, [status(500), errorInStream(), WELL])
  const { values } = await stream()
  t.strictSame(typesOf(values), [...BEGUN, ...TEXT(2), 'response.completed'])
  t.ok(upstreams.every(({ requests }) => requests.length > 0))
})

t.test('an answer that is too long, or filtered, is incomplete', async (t) => {
  const { stream } = await responsesScene(t, chunks(piece({ content: 'Hel' }), piece({}, 'length'), USAGE_FRAME, DONE))
  const { values } = await stream()
  t.equal(values.at(-1)?.['type'], 'response.incomplete')
  const cause = { reason: 'max_output_tokens' }
  t.match(lastResponse(values), { status: 'incomplete', incomplete_details: cause, output: [{ status: 'incomplete' }] })
})
