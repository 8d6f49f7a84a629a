// The dry run through OpenAI's own client: what it makes must be what that client reads.

import { inflateSync } from 'node:zlib'
import OpenAI, { toFile } from 'openai'
import t, { type Test } from 'tap'
import { serveDryRun } from './dry-run-call.ts'

async function client (t: Test): Promise<OpenAI> {
  return new OpenAI({ baseURL: await serveDryRun(t), apiKey: 'unused', maxRetries: 0 })
}

const messages = [{ role: 'user' as const, content: 'Hello' }]
const weather = {
  type: 'function' as const,
  function: {
    name: 'weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1 }, unit: { enum: ['C', 'F'] } },
      required: ['city', 'days', 'unit']
    }
  }
}

t.test('chat says in plain words that nothing was sent, and what would have been', async (t) => {
  const openai = await client(t)
  const answer = await openai.chat.completions.create({ model: 'gpt-4o', messages })

  t.match(answer.choices[0]?.message.content, /^\[dry run\] Nothing was sent.* openai .*gpt-4o.*api\.openai\.com/)
  t.equal(answer.choices[0]?.finish_reason, 'stop')
  t.equal(answer.model, 'gpt-4o')
  t.equal(answer.usage?.total_tokens, (answer.usage?.prompt_tokens ?? 0) + (answer.usage?.completion_tokens ?? 0))
  t.match(answer._request_id, /^req-/)
})

t.test('a streamed chat adds up to the same text, with usage at the end', async (t) => {
  const openai = await client(t)
  const plain = await openai.chat.completions.create({ model: 'gpt-4o', messages })
  const stream = await openai.chat.completions.create({
    model: 'gpt-4o', messages, stream: true, stream_options: { include_usage: true }
  })
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)

  t.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), plain.choices[0]?.message.content)
  t.ok(chunks.length > 5, 'it comes in several pieces')
  t.equal(chunks.at(-2)?.choices[0]?.finish_reason, 'stop')
  t.same(chunks.at(-1)?.choices, [])
  t.ok((chunks.at(-1)?.usage?.total_tokens ?? 0) > 0)
})

t.test('the client puts a streamed tool call together, and its arguments fit the schema', async (t) => {
  const openai = await client(t)
  const answer = await openai.chat.completions.stream({
    model: 'gpt-4o', messages, tools: [weather], tool_choice: 'required'
  }).finalChatCompletion()
  const [call] = answer.choices[0]?.message.tool_calls ?? []

  t.equal(answer.choices[0]?.finish_reason, 'tool_calls')
  t.equal(call?.type === 'function' && call.function.name, 'weather')
  t.same(JSON.parse(call?.type === 'function' ? call.function.arguments : ''), { city: '[dry run]', days: 1, unit: 'C' })
})

t.test('a named tool and structured output work without a stream', async (t) => {
  const openai = await client(t)
  const called = await openai.chat.completions.create({
    model: 'gpt-4o', messages, tools: [weather], tool_choice: { type: 'function', function: { name: 'weather' } }
  })
  const shaped = await openai.chat.completions.create({
    model: 'gpt-4o',
    messages,
    response_format: { type: 'json_schema', json_schema: { name: 'weather', schema: weather.function.parameters } }
  })

  t.match(called.choices[0]?.message.tool_calls, [{ type: 'function', function: { name: 'weather' } }])
  t.same(JSON.parse(shaped.choices[0]?.message.content ?? ''), { city: '[dry run]', days: 1, unit: 'C' })
})

t.test('legacy completions answer every prompt', async (t) => {
  const openai = await client(t)
  const answer = await openai.completions.create({ model: 'm', prompt: ['a', 'b'], n: 2 })
  const stream = await openai.completions.create({ model: 'm', prompt: 'a', stream: true })
  let text = ''
  for await (const chunk of stream) text += chunk.choices[0]?.text

  t.same(answer.choices.map(({ index }) => index), [0, 1, 2, 3])
  t.equal(text, answer.choices[0]?.text)
})

t.test('the vectors the client decodes from base64 are the ones it gets as numbers', async (t) => {
  const openai = await client(t)
  const input = ['one', 'two']
  const decoded = await openai.embeddings.create({ model: 'text-embedding-3-small', input })
  const numbers = await openai.embeddings.create({ model: 'text-embedding-3-small', input, encoding_format: 'float' })

  t.same(decoded.data.map(({ embedding }) => embedding), numbers.data.map(({ embedding }) => embedding))
  t.equal(decoded.data[0]?.embedding.length, 1536)
})

t.test('speech is a playable file', async (t) => {
  const openai = await client(t)
  const speech = await openai.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hello' })

  t.equal(speech.headers.get('content-type'), 'audio/mpeg')
  t.equal(Buffer.from(await speech.arrayBuffer()).readUInt16BE(0), 0xfffb, 'it starts with an MPEG frame')
})

t.test('an uploaded file is transcribed in the shape asked for', async (t) => {
  const openai = await client(t)
  const file = await toFile(Buffer.alloc(32_000), 'speech.mp3')
  const json = await openai.audio.transcriptions.create({ model: 'whisper-1', file })
  const verbose = await openai.audio.transcriptions.create({
    model: 'whisper-1', file, response_format: 'verbose_json', timestamp_granularities: ['word', 'segment']
  })
  const text = await openai.audio.transcriptions.create({ model: 'whisper-1', file, response_format: 'text' })

  t.match(json.text, /^\[dry run\].*whisper-1/)
  t.equal(verbose.duration, 2)
  t.equal(verbose.words?.map(({ word }) => word).join(' '), json.text)
  t.equal(text, `${json.text}\n`)
})

t.test('a streamed transcript ends with its whole text', async (t) => {
  const openai = await client(t)
  const file = await toFile(Buffer.from('audio'), 'speech.mp3')
  const stream = await openai.audio.transcriptions.create({ model: 'gpt-4o-transcribe', file, stream: true })
  let text = ''
  let done
  for await (const event of stream) {
    if (event.type === 'transcript.text.delta') text += event.delta
    if (event.type === 'transcript.text.done') done = event
  }

  t.match(text, /^\[dry run\]/)
  t.equal(done?.text, text)
})

t.test('moderation flags nothing', async (t) => {
  const openai = await client(t)
  const { results } = await openai.moderations.create({ model: 'omni-moderation-latest', input: ['a', 'b'] })

  t.equal(results.length, 2)
  t.equal(results.some(({ flagged }) => flagged), false)
  t.equal(results[0]?.categories['self-harm/intent'], false)
})

t.test('an image is a PNG of one pixel, inline or as a data URL', async (t) => {
  const openai = await client(t)
  const inline = await openai.images.generate({ model: 'gpt-image-1', prompt: 'a cat', n: 2 })
  const linked = await openai.images.generate({ model: 'dall-e-3', prompt: 'a cat', response_format: 'url' })
  const png = Buffer.from(inline.data?.[0]?.b64_json ?? '', 'base64')
  const pixels = png.indexOf('IDAT')

  t.equal(inline.data?.length, 2)
  t.equal(linked.data?.[0]?.url, `data:image/png;base64,${png.toString('base64')}`)
  t.same([...png.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47])
  t.same([png.readUInt32BE(16), png.readUInt32BE(20)], [1, 1])
  t.equal(inflateSync(png.subarray(pixels + 4, pixels + 4 + png.readUInt32BE(pixels - 4))).length, 5)
})

t.test('what cannot be answered is refused as the client expects it', async (t) => {
  const openai = await client(t)
  const refused = openai.embeddings.create({ model: 'm', input: 'a', dimensions: 0 })

  await t.rejects(refused, { status: 400, param: 'dimensions', message: /dry run/ })
})
