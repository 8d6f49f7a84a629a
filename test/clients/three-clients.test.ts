// One stream, three clients: OpenAI's, OpenRouter's and Vercel's read the same words, calls and usage from it.

import { createOpenRouter } from '@openrouter/ai-sdk-provider'
import { OpenRouter } from '@openrouter/sdk'
import type { ChatStreamChunk } from '@openrouter/sdk/models'
import { jsonSchema, streamText } from 'ai'
import OpenAI from 'openai'
import t from 'tap'
import { recorded, toolCalls, type Answer } from '../upstreams.ts'
import { chunks, DONE, piece, scene, USAGE_FRAME } from '../openrouter/scene.ts'

interface Read {
  readonly text: string
  readonly calls: ReadonlyArray<{ readonly name: string, readonly args: unknown }>
  readonly usage: { readonly input: number | undefined, readonly output: number | undefined }
}

const MESSAGES = [{ role: 'user' as const, content: 'Hello' }]
const NAMES = ['weather', 'time']
const PARAMETERS = { type: 'object' as const, additionalProperties: true }
const TOOLS = NAMES.map((name) => ({ type: 'function' as const, function: { name, parameters: PARAMETERS } }))

async function readWithOpenAi (origin: string): Promise<Read> {
  const client = new OpenAI({ apiKey: 'any', baseURL: `${origin}/v1`, maxRetries: 0 })
  const stream = client.chat.completions.stream(
    { model: 'm', messages: MESSAGES, tools: TOOLS, stream_options: { include_usage: true } })
  const { message } = (await stream.finalChatCompletion()).choices[0] ?? {}
  const usage = await stream.totalUsage()
  return {
    text: message?.content ?? '',
    calls: (message?.tool_calls ?? []).flatMap((call) => call.type === 'function'
      ? [{ name: call.function.name, args: JSON.parse(call.function.arguments) }]
      : []),
    usage: { input: usage.prompt_tokens, output: usage.completion_tokens }
  }
}

async function readWithOpenRouter (origin: string): Promise<Read> {
  const client = new OpenRouter({ apiKey: 'any', serverURL: `${origin}/api/v1`, retryConfig: { strategy: 'none' } })
  const stream = await client.chat.send({ chatRequest: { model: 'm', messages: MESSAGES, tools: TOOLS, stream: true as const } })
  const got: ChatStreamChunk[] = []
  for await (const chunk of stream as AsyncIterable<ChatStreamChunk>) got.push(chunk)
  const deltas = got.flatMap(({ choices }) => choices.map(({ delta }) => delta))
  const usage = got.findLast((chunk) => chunk.usage)?.usage
  return {
    text: deltas.map(({ content }) => content ?? '').join(''),
    calls: callsIn(deltas.flatMap(({ toolCalls = [] }) => toolCalls)),
    usage: { input: usage?.promptTokens, output: usage?.completionTokens }
  }
}

interface Part {
  readonly index: number
  readonly function?: { readonly name?: string | undefined, readonly arguments?: string | undefined } | undefined
}

function callsIn (parts: readonly Part[]): Read['calls'] {
  const indexes = [...new Set(parts.map(({ index }) => index))]
  return indexes.map((index) => {
    const own = parts.flatMap((part) => part.index === index ? part.function ?? [] : [])
    const args = JSON.parse(own.map((part) => part.arguments ?? '').join(''))
    return { name: own.map(({ name = '' }) => name).join(''), args }
  })
}

async function readWithAiSdk (origin: string): Promise<Read> {
  const model = createOpenRouter({ apiKey: 'any', baseURL: `${origin}/v1` })('m')
  const tools = Object.fromEntries(NAMES.map((name) => [name, { inputSchema: jsonSchema(PARAMETERS) }]))
  const stream = streamText({ model, prompt: 'Hello', tools, maxRetries: 0 })
  const { inputTokens: input, outputTokens: output } = await stream.usage
  return {
    text: await stream.text,
    calls: (await stream.toolCalls).map(({ toolName: name, input: args }) => ({ name, args })),
    usage: { input, output }
  }
}

const WORDS: Answer = chunks(
  piece({ role: null, content: 'Grüße, ', tool_calls: null }), piece({ role: null, content: '日本', tool_calls: null }),
  piece({}, 'stop'), USAGE_FRAME, DONE)
const STREAMS: ReadonlyArray<readonly [what: string, answer: Answer, read: Read]> = [
  ['text', WORDS, { text: 'Grüße, 日本', calls: [], usage: { input: 9, output: 3 } }],
  ['two calls whose pieces take turns', recorded(toolCalls), {
    text: '',
    calls: [{ name: 'weather', args: { city: 'Zürich' } }, { name: 'time', args: { zone: 'Europe/Zurich' } }],
    usage: { input: 21, output: 7 }
  }]
]

for (const [what, answer, expected] of STREAMS) {
  t.test(`53 (SDK): three clients read the same from a stream of ${what}`, async (t) => {
    const { broker } = await scene(t, answer, { modelYaml: 'capabilities: [tool_calling]' })
    t.strictSame(await readWithOpenAi(broker.origin), expected, 'openai')
    t.strictSame(await readWithOpenRouter(broker.origin), expected, '@openrouter/sdk')
    t.strictSame(await readWithAiSdk(broker.origin), expected, '@openrouter/ai-sdk-provider')
  })
}
