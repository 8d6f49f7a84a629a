// Which providers there are, where they live, and where their credential is found.

import t from 'tap'
import { builtin } from '../../src/providers/builtin.ts'
import { dryRun } from '../../src/providers/dry-run/provider.ts'
import type { Environment } from '../../src/providers/environment.ts'
import { createKeyFile } from '../../src/providers/key-file.ts'
import { createProviders, type ProviderRow } from '../../src/providers/registry.ts'
import { refusalOf } from './refusal.ts'

const row = (id: string, changes: Partial<ProviderRow> = {}): ProviderRow =>
  ({ id, wire: undefined, baseUrl: undefined, credential: undefined, priority: undefined, ...changes })

const registry = (env: Environment = {}, rows: readonly ProviderRow[] = []) =>
  createProviders({ builtin, catalogProviders: new Map(rows.map((row) => [row.id, row])), env })

t.test('built-in providers are there without any file, in their order', async (t) => {
  const providers = registry()
  t.same(providers.all().map(({ id }) => id), builtin.map(({ id }) => id))
  t.equal(providers.get('openai')?.url, 'https://api.openai.com/v1')
  t.equal(providers.get('openai')?.secretSource, 'none')
  t.equal(providers.get('openai')?.priority, undefined)
  t.equal(providers.get('nobody'), undefined)
})

t.test('a base URL comes from the environment, else from the file, else from the provider', async (t) => {
  const rows = [row('openai', { baseUrl: 'https://file.example/v1/' })]
  t.equal(registry({}, rows).get('openai')?.url, 'https://file.example/v1')
  t.equal(registry({ OPENAI_BASE_URL: 'https://env.example/v1' }, rows).get('openai')?.url, 'https://env.example/v1')
})

for (const [id, variable, usual] of [
  ['ollama', 'OLLAMA_BASE_URL', 'http://127.0.0.1:11434/v1'],
  ['vllm', 'VLLM_BASE_URL', 'http://127.0.0.1:8000/v1'],
  ['llamacpp', 'LLAMACPP_BASE_URL', 'http://127.0.0.1:8080/v1'],
  ['lmstudio', 'LMSTUDIO_BASE_URL', 'http://127.0.0.1:1234/v1']
] as const) {
  t.test(`${id} is available once somebody said where it is`, async (t) => {
    t.equal(builtin.find((provider) => provider.id === id)?.baseUrl, usual)
    t.equal(registry().get(id)?.url, undefined)
    t.equal(registry({}, [row(id, { priority: 3 })]).get(id)?.url, undefined)
    t.equal(registry({ [variable]: 'http://gpu.lan:9/v1' }).get(id)?.url, 'http://gpu.lan:9/v1')
    t.equal(registry({}, [row(id, { baseUrl: usual })]).get(id)?.url, usual)
  })
}

t.test('a provider with no variable to set needs no base URL', async (t) => {
  const providers = createProviders({ builtin: [dryRun], catalogProviders: new Map(), env: {} })
  t.equal(providers.get('dry-run')?.url, dryRun.baseUrl)
})

t.test('the source of a credential is told in words', async (t) => {
  const keyFile = createKeyFile(t.testdir())
  keyFile.add('groq', 'gsk-one')
  keyFile.add('openai', 'sk-two')
  const env = { OPENAI_API_KEY: 'sk-a', OPENAI_API_KEYS: 'sk-b,sk-c' }
  const catalogProviders = new Map([['mistral', row('mistral', { credential: 'command:["op","read","op://a/b"]' })]])
  const providers = createProviders({ builtin, catalogProviders, env, keyFile })
  t.equal(providers.get('openai')?.secretSource, 'env:OPENAI_API_KEY, env:OPENAI_API_KEYS, key file')
  t.equal(providers.get('groq')?.secretSource, 'key file')
  t.equal(providers.get('mistral')?.secretSource, 'command:op read …')
  t.equal(providers.get('xai')?.secretSource, 'none')
})

t.test('a row of the file changes a built-in provider', async (t) => {
  const provider = registry({}, [row('openai', { priority: 7, credential: 'env:MINE' })]).get('openai')
  t.match(provider, { priority: 7, secretSource: 'env:MINE', needsCredential: true, displayName: 'OpenAI' })
  t.equal(registry({}, [row('openai', { credential: 'none' })]).get('openai')?.needsCredential, false)
  t.equal(registry({}, [row('ollama', { credential: 'env:MINE' })]).get('ollama')?.needsCredential, true)
})

t.test('a row of the file joins a provider nobody knew', async (t) => {
  const rows = [row('my-vllm', { baseUrl: 'http://gpu.lan:8000/v1', priority: 10 })]
  const provider = registry({ MY_VLLM_API_KEY: 'k' }, rows).get('my-vllm')
  t.match(provider, {
    id: 'my-vllm', wire: 'openai-chat', url: 'http://gpu.lan:8000/v1', priority: 10, secretSource: 'env:MY_VLLM_API_KEY'
  })
  t.equal(provider?.isFree, undefined, 'somebody may be paying for it')
  t.ok(provider?.tasks.includes('embedding'))
  t.equal(registry({ MY_VLLM_BASE_URL: 'http://other.lan/v1' }, rows).get('my-vllm')?.url, 'http://other.lan/v1')
})

t.test('only OpenRouter takes attribution, the operator\'s for a start', async (t) => {
  const providers = registry({ OPENROUTER_HTTP_REFERER: 'https://app.example', OPENROUTER_X_TITLE: 'App' })
  t.same(providers.get('openrouter')?.attribution, { referer: 'https://app.example', title: 'App' })
  t.same(providers.all().filter(({ attribution }) => attribution).map(({ id }) => id), ['openrouter'])
})

t.test('what cannot be used is refused by its place', async (t) => {
  t.match(refusalOf(() => registry({ GROQ_BASE_URL: 'groq' })), 'GROQ_BASE_URL')
  t.match(refusalOf(() => registry({}, [row('openai', { baseUrl: 'groq' })])), 'providers/openai/base_url')
  t.match(refusalOf(() => registry({}, [row('mine')])), 'providers/mine/base_url')
  t.match(refusalOf(() => registry({}, [row('openai', { credential: 'sk-x' })])), 'providers/openai/credential')
  t.match(refusalOf(() => registry({}, [row('openai', { wire: 'anthropic' })])), 'providers/openai/wire')
})

t.test('a provider does not change once it is there', async (t) => {
  t.ok(registry().all().every((provider) => Object.isFrozen(provider)))
})

t.test('deadlines come from the file, over those the provider is built with', async (t) => {
  t.equal(registry({}, [row('openai', { priority: 3 })]).get('openai')?.deadlines, undefined)
  t.same(registry({}, [row('openai', { deadlines: { totalMs: 5 } })]).get('openai')?.deadlines, { totalMs: 5 })

  const slow = { ...dryRun, deadlines: { firstByteMs: 600_000, totalMs: 0 } }
  const deadlinesWith = (changes: Partial<ProviderRow>) =>
    createProviders({ builtin: [slow], catalogProviders: new Map([[slow.id, row(slow.id, changes)]]), env: {} })
      .get(slow.id)?.deadlines
  t.same(deadlinesWith({}), slow.deadlines)
  t.same(deadlinesWith({ deadlines: { totalMs: 5 } }), { firstByteMs: 600_000, totalMs: 5 })

  const joined = row('own', { baseUrl: 'http://127.0.0.1:1/v1', deadlines: { connectMs: 1 } })
  t.same(registry({}, [joined]).get('own')?.deadlines, { connectMs: 1 })
})
