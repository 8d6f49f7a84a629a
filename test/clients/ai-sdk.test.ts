// Vercel's AI SDK with OpenRouter's provider against the broker, with providers that send what it does not bear.

import { createOpenRouter } from '@openrouter/ai-sdk-provider'
import { generateText, streamText } from 'ai'
import t, { type Test } from 'tap'
import { status, type Answer } from '../upstreams.ts'
import { answered, chunks, DONE, piece, scene, USAGE } from '../openrouter/scene.ts'

async function modelOf (t: Test, answer: Answer) {
  const { broker } = await scene(t, answer)
  return createOpenRouter({ apiKey: 'any', baseURL: `${broker.origin}/v1` })('m')
}

const ASK = { prompt: 'Hello', maxRetries: 0 }

t.test('17 (SDK): an answer full of nulls is read, with its usage', async (t) => {
  const model = await modelOf(t, answered({ tool_calls: null, reasoning_details: null }, {}, {
    usage: { ...USAGE, cost: null, prompt_tokens_details: {}, completion_tokens_details: { reasoning_tokens: null } }
  }))
  const { text, finishReason, usage } = await generateText({ model, ...ASK })
  t.match({ text, finishReason, usage }, { text: 'Hello', finishReason: 'stop', usage: { inputTokens: 9, outputTokens: 3 } })
})

t.test('18 (SDK): an answer without usage is read', async (t) => {
  const model = await modelOf(t, answered({}, {}, { usage: null }))
  t.equal((await generateText({ model, ...ASK })).text, 'Hello')
})

t.test('44, 53 (SDK): a stream with a null role, foreign reasoning and usage in its last chunk', async (t) => {
  const model = await modelOf(t, chunks(
    piece({ role: null, reasoning_content: 'Hm' }), piece({ role: null, content: 'Hel' }), piece({ role: null, content: 'lo' }),
    piece({}, 'eos', { usage: USAGE }), DONE))
  const stream = streamText({ model, ...ASK })
  t.equal(await stream.text, 'Hello')
  t.equal(await stream.reasoningText, 'Hm')
  t.equal(await stream.finishReason, 'stop')
  t.match(await stream.usage, { inputTokens: 9, outputTokens: 3 })
})

t.test('135 (SDK): the message names the provider and what it said', async (t) => {
  const model = await modelOf(t, status(400, { error: { message: 'too hot', code: null } }))
  const error = await generateText({ model, ...ASK }).then(() => undefined, (error: Error) => error)
  t.match(error?.message, /too hot/)
  t.match(error?.message, /test0/)
})
