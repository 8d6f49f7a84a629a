// OpenAI's own client at `/responses`, whole answers and streams, with its tools and its helpers.

import t, { type Test } from 'tap'
import OpenAI from 'openai'
import { APIError } from 'openai'
import type { ResponseInputItem, ResponseStreamEvent, Tool } from 'openai/resources/responses/responses'
import { answered, chunks, DONE, piece, USAGE_FRAME, WELL } from '../openrouter/scene.ts'
import { responsesScene } from '../responses/scene.ts'
import { errorInStream, recorded, status, toolCalls, type Answer } from '../upstreams.ts'

async function clientOf (t: Test, answer: Answer) {
  const scene = await responsesScene(t, answer)
  return { ...scene, client: new OpenAI({ apiKey: 'any', baseURL: scene.broker.url, maxRetries: 0 }) }
}

const ASK = { model: 'm', input: 'Hello', store: false }
const functionOf = (name: string): Tool =>
  ({ type: 'function', name, parameters: { type: 'object', properties: {} }, strict: false })
const THOUGHT = (text: string) => piece({ reasoning_content: text })

t.test('responses.create: a text, with usage', async (t) => {
  const { client } = await clientOf(t, answered())
  const response = await client.responses.create(ASK)
  t.equal(response.output_text, 'Hello')
  t.match(response.usage, { input_tokens: 9, output_tokens: 3, total_tokens: 12 })
})

t.test('responses.create with stream: events of the types it knows', async (t) => {
  const { client } = await clientOf(t, WELL)
  let text = ''
  let last: ResponseStreamEvent | undefined
  for await (const event of await client.responses.create({ ...ASK, stream: true })) {
    last = event
    if (event.type === 'response.output_text.delta') text += event.delta
  }
  t.equal(text, 'Hello')
  t.match(last, { type: 'response.completed', response: { usage: { total_tokens: 12 } } })
})

t.test('responses.stream puts the answer together from the events: text, reasoning and calls', async (t) => {
  const call = piece({ tool_calls: [{ index: 0, id: 'c', type: 'function', function: { name: 'weather', arguments: '{"a":' } }] })
  const rest = piece({ tool_calls: [{ index: 0, function: { arguments: '1}' } }] })
  const { client } = await clientOf(t, chunks(
    THOUGHT('H'), THOUGHT('m'), piece({ content: 'Let me ' }), piece({ content: 'see.' }), call, rest,
    piece({}, 'tool_calls'), USAGE_FRAME, DONE))
  const stream = client.responses.stream({ ...ASK, tools: [functionOf('weather')] })
  const snapshots: string[] = []
  stream.on('response.function_call_arguments.delta', ({ snapshot }) => { snapshots.push(snapshot) })
  const response = await stream.finalResponse()
  t.strictSame(snapshots, ['{"a":', '{"a":1}'])
  t.equal(response.output_text, 'Let me see.')
  t.match(response.output, [
    { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'Hm' }] },
    { type: 'message' },
    { type: 'function_call', call_id: 'c', arguments: '{"a":1}' }
  ])
})

t.test('responses.stream: two calls that took turns', async (t) => {
  const { client } = await clientOf(t, recorded(toolCalls))
  const response = await client.responses.stream({ ...ASK, tools: [functionOf('weather'), functionOf('time')] }).finalResponse()
  t.match(response.output, [{ arguments: '{"city":"Zürich"}' }, { arguments: '{"zone":"Europe/Zurich"}' }])
})

t.test('responses.parse: an answer of a schema', async (t) => {
  const { client, sent } = await clientOf(t, answered({ content: '{"a":1}' }))
  const schema = { type: 'object', properties: { a: { type: 'number' } }, required: ['a'], additionalProperties: false }
  const response = await client.responses.parse({
    ...ASK, text: { format: { type: 'json_schema', name: 'thing', strict: true, schema } }
  })
  t.same(response.output_parsed, { a: 1 })
  t.match(sent(), { response_format: { type: 'json_schema', json_schema: { name: 'thing', strict: true, schema } } })
})

t.test('a loop of tools: what came out goes in again', async (t) => {
  const call = { id: 'c', type: 'function', function: { name: 'weather', arguments: '{}' } }
  const { client, sent } = await clientOf(t, answered({ content: null, tool_calls: [call] }, { finish_reason: 'tool_calls' }))
  const first = await client.responses.create({ ...ASK, tools: [functionOf('weather')] })
  const input: ResponseInputItem[] = [
    { role: 'user', content: 'Hello' }, ...first.output as ResponseInputItem[],
    { type: 'function_call_output', call_id: 'c', output: 'rain' }
  ]
  await client.responses.create({ ...ASK, input, tools: [functionOf('weather')] })
  t.match(sent()['messages'], [{ role: 'user' }, { role: 'assistant', tool_calls: [call] }, { role: 'tool', content: 'rain' }])
})

t.test('failures are errors of its classes, and of a stream events', async (t) => {
  const { client } = await clientOf(t, status(429))
  const error = await client.responses.create(ASK).then(() => undefined, (error: Error) => error)
  t.ok(error instanceof OpenAI.RateLimitError)
  const breaking = await clientOf(t, errorInStream({ pieces: ['Hel'] }))
  const seen: ResponseStreamEvent[] = []
  const iterate = async () => {
    for await (const event of await breaking.client.responses.create({ ...ASK, stream: true })) seen.push(event)
  }
  await t.rejects(iterate(), 'the connection breaks')
  t.match(seen.at(-1), { type: 'response.failed', response: { status: 'failed', error: { code: 'server_error' } } })
  const kept = await client.responses.create({ ...ASK, store: true }).then(() => undefined, (error: Error) => error)
  t.ok(kept instanceof APIError && kept.status === 400)
})
