// The built-in providers: what is true of all of them, and what each changes in a request that uses everything.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { request } from 'undici'
import { TASKS } from '../../src/core/ask.ts'
import { editMembers, splice } from '../../src/core/json-edit.ts'
import { parseObject, readJsonObject, type JsonObject } from '../../src/core/json.ts'
import { Secret } from '../../src/core/secret.ts'
import { headersOf, urlOf } from '../../src/providers/address.ts'
import { builtin } from '../../src/providers/builtin.ts'
import { readBaseUrl } from '../../src/providers/environment.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { createProviders, type ResolvedProvider } from '../../src/providers/registry.ts'
import { provider as startProvider, type Received } from './received.ts'

const LOCAL = ['ollama', 'vllm', 'llamacpp', 'lmstudio']
const NOBODY = { referer: undefined, title: undefined }

const named = (id: string): Provider => builtin.find((provider) => provider.id === id) as Provider

/** Applies quirks the way a call does: in order, each seeing what the ones before it changed. */
function changesOf (provider: Provider, body: JsonObject): Map<string, string | undefined> {
  const changes = new Map<string, string | undefined>()
  let value = body
  for (const quirk of provider.requestQuirks ?? []) {
    const changed = quirk(value) ?? {}
    value = { ...value, ...changed } as JsonObject
    for (const [name, member] of Object.entries(changed)) {
      changes.set(name, member === undefined ? undefined : JSON.stringify(member))
    }
  }
  return changes
}

t.test('ids and variables belong to one provider each', async (t) => {
  const ids = builtin.map(({ id }) => id)
  const prefixes = builtin.flatMap(({ env }) => env)
  t.equal(new Set(ids).size, ids.length)
  t.equal(new Set(prefixes).size, prefixes.length)
  t.ok(ids.every((id) => /^[a-z][a-z0-9-]*$/.test(id)))
})

for (const provider of builtin) {
  t.test(`${provider.id} is well formed`, async (t) => {
    t.equal(readBaseUrl(provider.baseUrl, provider.id), provider.baseUrl)
    t.ok(provider.tasks.length > 0 && provider.tasks.every((task) => TASKS.includes(task)))
    t.ok(provider.env.every((prefix) => /^[A-Z][A-Z0-9_]*$/.test(prefix)))
    t.equal(provider.needsCredential, !LOCAL.includes(provider.id))
    t.equal(provider.isFree ?? false, LOCAL.includes(provider.id))
    t.ok(provider.needsCredential ? provider.baseUrl.startsWith('https:') : provider.baseUrl.startsWith('http://127.0.0.1:'))
    const source = readFileSync(join(import.meta.dirname, `../../src/providers/${provider.id}.ts`), 'utf8')
    t.ok(source.split('\n').length <= 80, 'one short file')
    t.match(source, /\/\*\*[^/]*https:\/\//, 'links to the vendor')
  })
}

/** Every parameter that some provider cannot take, in OpenAI's and OpenRouter's words. */
const EVERYTHING: JsonObject = {
  model: 'm',
  messages: [{ role: 'developer', content: 'be brief' }, { role: 'user', content: 'hi' }],
  max_completion_tokens: 100,
  seed: 7,
  stop: ['x'],
  presence_penalty: 0.1,
  frequency_penalty: 0.1,
  logprobs: true,
  top_logprobs: 2,
  logit_bias: { 50256: -100 },
  n: 2,
  user: 'u',
  store: true,
  parallel_tool_calls: false,
  tool_choice: 'required',
  stream: true,
  stream_options: { include_usage: true },
  provider: { order: ['x'] },
  usage: { include: true },
  reasoning: { effort: 'high' }
}
const ROUTING = ['provider', 'usage', 'reasoning']

/** Names that go, or get another value; nothing else may change. */
const CHANGED: { readonly [id: string]: { readonly model?: string, readonly names: readonly string[] } } = {
  openai: { names: ['reasoning_effort', ...ROUTING] },
  openrouter: { names: [] },
  anthropic: {
    names: [
      ...ROUTING, 'logprobs', 'top_logprobs', 'logit_bias', 'presence_penalty', 'frequency_penalty', 'seed', 'store', 'user',
      'max_completion_tokens', 'max_tokens'
    ]
  },
  groq: { names: ['reasoning_effort', ...ROUTING, 'logprobs', 'top_logprobs', 'logit_bias'] },
  sambanova: { names: ['reasoning_effort', ...ROUTING, 'logit_bias', 'parallel_tool_calls'] },
  mistral: {
    names: [
      ...ROUTING, 'logprobs', 'top_logprobs', 'logit_bias', 'user', 'store', 'max_completion_tokens', 'max_tokens', 'seed',
      'random_seed', 'tool_choice', 'messages', 'stream_options'
    ]
  },
  deepseek: { names: ['reasoning_effort', ...ROUTING, 'store', 'max_completion_tokens', 'max_tokens', 'messages'] },
  xai: {
    model: 'grok-4', names: [...ROUTING, 'store', 'logit_bias', 'stop', 'presence_penalty', 'frequency_penalty', 'messages']
  },
  together: { names: [...ROUTING, 'store', 'max_completion_tokens', 'max_tokens', 'messages'] },
  fireworks: { names: ['reasoning_effort', ...ROUTING] },
  cerebras: {
    names: ['reasoning_effort', ...ROUTING, 'frequency_penalty', 'presence_penalty', 'logit_bias', 'store', 'messages']
  },
  perplexity: { names: [...ROUTING, 'logit_bias'] },
  ollama: { names: ['reasoning_effort', ...ROUTING] },
  vllm: { names: ['reasoning_effort', ...ROUTING] },
  llamacpp: { names: ['reasoning_effort', ...ROUTING] },
  lmstudio: { names: ['reasoning_effort', ...ROUTING] }
}

t.test('every provider has its row', async (t) => {
  t.same(Object.keys(CHANGED), builtin.map(({ id }) => id))
})

for (const [id, { model = 'm', names }] of Object.entries(CHANGED)) {
  t.test(`${id} changes of a request what it must`, async (t) => {
    t.same([...changesOf(named(id), { ...EVERYTHING, model }).keys()].sort(), [...names].sort())
  })

  t.test(`${id} leaves an ordinary request alone`, async (t) => {
    const body = { model, messages: [{ role: 'user', content: 'hi' }], temperature: 0.5, tools: [], metadata: {} }
    t.equal(changesOf(named(id), body).size, 0)
  })
}

const REASONING: ReadonlyArray<readonly [id: string, model: string, member: string, isChanged: boolean]> = [
  ['openai', 'o3-mini', 'max_tokens', true],
  ['openai', 'gpt-5.4-mini', 'max_tokens', true],
  ['openai', 'gpt-4o', 'max_tokens', false],
  ['openai', 'gpt-3.5-turbo-instruct', 'max_tokens', false],
  ['openai', 'omni-moderation-latest', 'max_tokens', false],
  ['xai', 'grok-4-0709', 'stop', true],
  ['xai', 'grok-4.3', 'stop', true],
  ['xai', 'grok-4-1-fast-reasoning', 'stop', true],
  ['xai', 'grok-3-mini', 'stop', true],
  ['xai', 'grok-code-fast-1', 'stop', true],
  ['xai', 'grok-4-1-fast-non-reasoning', 'stop', false],
  ['xai', 'grok-4.20-non-reasoning', 'stop', false],
  ['xai', 'grok-3', 'stop', false],
  ['xai', 'grok-2-vision', 'stop', false]
]

for (const [id, model, member, isChanged] of REASONING) {
  t.test(`${id}/${model} ${isChanged ? 'cannot take' : 'takes'} ${member}`, async (t) => {
    t.equal(changesOf(named(id), { model, [member]: 5 }).has(member), isChanged)
  })
}

const USAGE: ReadonlyArray<readonly [id: string, event: JsonObject, part: object]> = [
  ['groq', { x_groq: { usage: { prompt_tokens: 3 } } }, { prompt_tokens: 3 }],
  ['xai', { usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 7, completion_tokens_details: { reasoning_tokens: 4 } } }, { completion_tokens: 6 }],
  ['deepseek', { usage: { prompt_tokens: 9, prompt_cache_hit_tokens: 8 } }, { prompt_tokens_details: { cached_tokens: 8 } }],
  ['mistral', { usage: { prompt_tokens: 9, num_cached_tokens: 4, prompt_audio_seconds: 2 } }, { prompt_tokens_details: { cached_tokens: 4 }, seconds: 2 }],
  ['llamacpp', { timings: { cache_n: 1, prompt_n: 2, predicted_n: 3 } }, { prompt_tokens: 3, completion_tokens: 3 }]
]

for (const [id, event, part] of USAGE) {
  t.test(`${id} tells its usage in its own way`, async (t) => {
    const found = named(id).usageQuirks?.map((quirk) => quirk(event)).find((usage) => usage !== undefined)
    t.match(found, part)
  })
}

/** What the real ones refuse: Mistral by a closed schema, Groq by a list. */
const MISTRAL_KNOWS = new Set([
  'model', 'messages', 'max_tokens', 'random_seed', 'stop', 'presence_penalty', 'frequency_penalty', 'n',
  'parallel_tool_calls', 'tool_choice', 'stream', 'temperature'
])
const STRICT: { readonly [id: string]: (body: JsonObject) => string | undefined } = {
  mistral: (body) => Object.keys(body).find((name) => !MISTRAL_KNOWS.has(name)),
  groq: (body) => ['logprobs', 'top_logprobs', 'logit_bias'].find((name) => name in body),
  cerebras: (body) => ['frequency_penalty', 'presence_penalty', 'logit_bias'].find((name) => name in body)
}

for (const [id, refuses] of Object.entries(STRICT)) {
  t.test(`over the wire a server as strict as ${id} takes what its provider sends, and not the client's own bytes`, async (t) => {
    const { received, url } = await startProvider(t, ({ body }: Received) => {
      const wrong = refuses(parseObject(body) ?? {})
      return wrong === undefined ? { status: 200, json: {} } : { status: 422, json: { detail: wrong } }
    })
    const env = { [`${id.toUpperCase()}_BASE_URL`]: url }
    const provider = createProviders({ builtin, catalogProviders: new Map(), env }).get(id) as ResolvedProvider
    const { bytes, value, members } = readJsonObject(Buffer.from(JSON.stringify(EVERYTHING, undefined, 1)))
    const send = async (body: Buffer) => {
      const headers = headersOf(provider, { id: `${id}#0`, provider: id, secret: new Secret('k') }, 'application/json', NOBODY)
      const answer = await request(urlOf(provider, 'chat') as URL, { method: 'POST', headers, body })
      await answer.body.dump()
      return answer.statusCode
    }

    t.equal(await send(bytes), 422)
    t.equal(await send(splice(bytes, editMembers(bytes, 0, changesOf(provider, value), members))), 200)
    const arrived = parseObject(received[1]?.body ?? '') ?? {}
    t.equal(arrived['n'], 2, 'what changes the answer stays')
    t.equal(arrived['max_tokens'] ?? arrived['max_completion_tokens'], 100)
  })
}
