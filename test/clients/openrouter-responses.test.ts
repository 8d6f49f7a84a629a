// OpenRouter's SDK, which checks every member, and Vercel's AI SDK with OpenAI's provider, both at `/responses`.

import { createOpenAI } from '@ai-sdk/openai'
import { OpenRouter } from '@openrouter/sdk'
import { generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai'
import t, { type Test } from 'tap'
import { answered, chunks, DONE, piece, USAGE_FRAME, WELL } from '../openrouter/scene.ts'
import { openrouterResponses, responsesScene } from '../responses/scene.ts'
import { errorInStream, recorded, status, toolCalls, type Answer } from '../upstreams.ts'

async function sdkOf (t: Test, answer: Answer) {
  const { broker } = await responsesScene(t, answer)
  return new OpenRouter({ apiKey: 'any', serverURL: `${broker.origin}/api/v1`, retryConfig: { strategy: 'none' } })
}

const ASK = { model: 'm', input: 'Hello' }
const TOOLS = ['weather', 'time'].map((name) => ({ type: 'function' as const, name, parameters: { type: 'object' } }))
const CALL = { id: 'call_7', type: 'function', function: { name: 'weather', arguments: '{"city":"Zürich"}' } }

t.test('58, 61 (SDK): answers are parsed: texts, calls, refusals, reasoning, citations', async (t) => {
  const citation = { type: 'url_citation', url_citation: { url: 'https://a.example' } }
  const details = [{ type: 'reasoning.text', text: 'Hm', signature: 's', index: 0 }]
  const answers = [
    answered(), answered({ content: null, tool_calls: [CALL] }), answered({ content: null, refusal: 'No.' }),
    answered({ annotations: [citation], reasoning: 'Hm', reasoning_details: details }), answered({}, { finish_reason: 'length' }),
    answered({}, {}, { usage: null })
  ]
  for (const answer of answers) {
    const client = await sdkOf(t, answer)
    const response = await client.responses.send({ responsesRequest: { ...ASK, tools: TOOLS, instructions: 'Brief.', metadata: { a: 'b' } } })
    t.match(response, { object: 'response', store: false })
  }
})

t.test('60 (SDK): streams are parsed, event by event', async (t) => {
  const details = [{ type: 'reasoning.text', text: 'Hm', signature: 's', index: 0 }]
  const thought = chunks(piece({ reasoning: 'Hm', reasoning_details: details }), piece({ content: 'a' }), piece({}, 'stop'), USAGE_FRAME, DONE)
  for (const answer of [WELL, recorded(toolCalls), thought, chunks(piece({ refusal: 'No.' }), piece({}, 'content_filter'), DONE)]) {
    const client = await sdkOf(t, answer)
    const types: string[] = []
    const events = await client.responses.send({ responsesRequest: { ...ASK, tools: TOOLS, stream: true as const } })
    for await (const event of events as AsyncIterable<{ type: unknown }>) types.push(String(event.type))
    t.equal(types[0], 'response.created')
    t.match(types.at(-1), /^response\.(completed|incomplete)$/)
    t.notOk(types.includes('UNKNOWN'))
  }
})

t.test('60 (SDK): a stream that fails says so in an event it can read', async (t) => {
  const client = await sdkOf(t, errorInStream({ pieces: ['Hel'] }))
  const events: Array<{ type: string }> = []
  const stream = await client.responses.send({ responsesRequest: { ...ASK, stream: true as const } })
  try {
    for await (const event of stream as AsyncIterable<{ type: string }>) events.push(event)
  } catch (error) {
    t.notMatch((error as Error).name, /Validation/)
  }
  t.match(events.at(-1), { type: 'response.failed', response: { error: { code: 'server_error' } } })
})

t.test('refusals are errors of its classes (SDK)', async (t) => {
  const client = await sdkOf(t, status(404))
  const error = await client.responses.send({ responsesRequest: ASK }).then(() => undefined, (error: Error) => error)
  t.equal(error?.name, 'NotFoundResponseError')
  const kept = await client.responses.send({ responsesRequest: { ...ASK, previousResponseId: 'r' } as never }).then(() => 0, (error: Error) => error)
  t.match(kept, { name: 'BadRequestResponseError' })
})

async function modelOf (t: Test, answers: readonly Answer[]) {
  let asked = 0
  const scene = await openrouterResponses(t, (call) => answers[Math.min(asked++, answers.length - 1)]?.(call))
  return { ...scene, model: createOpenAI({ apiKey: 'any', baseURL: scene.broker.url }).responses('m') }
}

const providerOptions = { openai: { store: false, forceReasoning: true, reasoningSummary: 'auto', include: ['reasoning.encrypted_content'] } }

t.test('AI SDK: a text, with usage and reasoning', async (t) => {
  const { model } = await modelOf(t, [answered({ reasoning: 'Hm' })])
  const { text, usage, reasoningText, finishReason } = await generateText({ model, prompt: 'Hello', maxRetries: 0, providerOptions })
  t.match({ text, reasoningText, finishReason, usage }, {
    text: 'Hello', reasoningText: 'Hm', finishReason: 'stop', usage: { inputTokens: 9, outputTokens: 3 }
  })
})

t.test('AI SDK: a streamed loop of tools gives reasoning and results back', async (t) => {
  const details = [{ type: 'reasoning.text', text: 'Hm', signature: 'sig', index: 0, format: 'anthropic-claude-v1' }]
  const calling = chunks(
    piece({ reasoning: 'Hm', reasoning_details: details }),
    piece({ tool_calls: [{ index: 0, ...CALL }] }), piece({}, 'tool_calls'), USAGE_FRAME, DONE)
  const { model, upstream } = await modelOf(t, [calling, WELL])
  const weather = tool({
    description: 'Of today.',
    inputSchema: jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } } }),
    execute: async ({ city }) => `rain in ${city}`
  })
  const stream = streamText({
    model, prompt: 'Hello', maxRetries: 0, tools: { weather }, stopWhen: stepCountIs(2), providerOptions
  })
  t.equal(await stream.text, 'Hello')
  t.match(upstream.requests[1]?.json()['messages'], [
    { role: 'user' },
    { role: 'assistant', tool_calls: [CALL], reasoning_details: details },
    { role: 'tool', tool_call_id: 'call_7', content: 'rain in Zürich' }
  ])
})
