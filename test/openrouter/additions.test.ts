// OpenRouter's dialect, checks 141 and 142: OpenRouter's own answers pass, all others get what its clients read.

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { gateway, post } from '../helper.ts'
import { answerJson, provider, readSse, streamed, type Answer } from '../upstreams.ts'
import { answered, choicesOf, DONE, MESSAGES, openrouterScene, USAGE_FRAME, piece, chunks } from './scene.ts'

const USAGE: JsonObject = {
  prompt_tokens: 9,
  completion_tokens: 3,
  total_tokens: 12,
  cost: 0.0000123,
  is_byok: false,
  prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0, audio_tokens: 0, video_tokens: 0 },
  cost_details: {
    upstream_inference_cost: null,
    upstream_inference_prompt_cost: 0.000009,
    upstream_inference_completions_cost: 0.0000033
  },
  completion_tokens_details: { reasoning_tokens: 0, image_tokens: 0, audio_tokens: 0 }
}
const HEAD: JsonObject = {
  id: 'gen-1700000000-abcdefghijklmnopqrst', provider: 'Azure', model: 'author/m-2026', created: 1_700_000_000
}
const THEIRS: JsonObject = {
  ...HEAD,
  object: 'chat.completion',
  system_fingerprint: null,
  choices: [{
    index: 0,
    logprobs: null,
    finish_reason: 'stop',
    native_finish_reason: 'completed',
    message: { role: 'assistant', content: 'Hello', refusal: null, reasoning: null, later: { a: [1.0, null] } }
  }],
  usage: USAGE
}
const THEIR_CHUNKS: readonly JsonObject[] = [
  { ...HEAD, object: 'chat.completion.chunk', choices: [choice({ role: 'assistant', content: 'Hel' })] },
  { ...HEAD, object: 'chat.completion.chunk', choices: [choice({ role: 'assistant', content: 'lo' })] },
  { ...HEAD, object: 'chat.completion.chunk', choices: [choice({ role: 'assistant', content: '' }, 'stop')] },
  { ...HEAD, object: 'chat.completion.chunk', choices: [], usage: USAGE }
]

function choice (delta: JsonObject, finish: string | null = null): JsonObject {
  return { index: 0, delta, finish_reason: finish, native_finish_reason: finish && 'completed', logprobs: null }
}

t.test('141: an answer of OpenRouter is its own, member by member, and without x_aibroker', async (t) => {
  const { ask } = await openrouterScene(t, answerJson(THEIRS))
  const { text, json } = await ask()
  t.strictSame(json(), THEIRS)
  t.equal(text, JSON.stringify(THEIRS), 'byte by byte, nulls and unknown members included')
})

t.test('141: a stream of OpenRouter is its own, chunk by chunk', async (t) => {
  const frames = THEIR_CHUNKS.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
  const { stream } = await openrouterScene(t, streamed([': OPENROUTER PROCESSING\n\n', ...frames, DONE]))
  const { values, isDone } = await stream()
  t.strictSame(values, THEIR_CHUNKS)
  t.ok(isDone)
})

const STREAM: Answer = chunks(piece({ content: 'Hel' }), piece({ content: 'lo' }), piece({}, 'stop'), USAGE_FRAME, DONE)

for (const id of ['openai', 'groq', 'sambanova']) {
  t.test(`142: an answer of ${id} has OpenRouter's shape and x_aibroker; of a stream, once, where the usage is`, async (t) => {
    const upstream = await provider(t, (call) => (call.request.json()['stream'] === true ? STREAM : answered())(call))
    const config = `models: {m: {backends: [{provider: ${id}, model_id: m, input_cost: 1, output_cost: 2}]}}`
    const name = id.toUpperCase()
    const { url } = await gateway(t, { config, env: { [`${name}_API_KEY`]: 'sk-one', [`${name}_BASE_URL`]: upstream.url } })
    const OWN = {
      provider: id, model_id: 'm', requested_model: 'm', cost_usd: '0.000015000', input_tokens: 9, output_tokens: 3, attempts: 1
    }
    const plain = (await post(`${url}/chat/completions`, { model: 'm', messages: MESSAGES })).json()
    t.match(plain, {
      provider: String, choices: [{ finish_reason: 'stop', native_finish_reason: 'stop' }], usage: { cost: 0.000015 }, x_aibroker: OWN
    })
    const { values } = await readSse(await fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', messages: MESSAGES, stream: true, stream_options: { include_usage: true } })
    }))
    const marked = values.filter((chunk) => 'x_aibroker' in chunk)
    t.equal(marked.length, 1)
    t.equal(marked[0], values.at(-1))
    t.match(marked[0], { provider: plain.provider, choices: [], usage: { cost: 0.000015 }, x_aibroker: OWN })
    t.ok(values.some((chunk) => choicesOf(chunk)[0]?.['native_finish_reason'] === 'stop'))
  })
}
