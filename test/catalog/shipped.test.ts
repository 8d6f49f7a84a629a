// The packaged modelsconfig.yml: complete, consistent, plausible, and quick to read.

import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Backend, Model } from '../../src/catalog/catalog.ts'
import { readCatalog } from '../../src/catalog/modelsconfig.ts'
import { readPlainYaml } from '../../src/catalog/yaml-plain.ts'
import { packagedPath } from '../../src/catalog/packaged-prices.ts'
import { priceOf, type Rate } from '../../src/core/money.ts'
import { builtin } from '../../src/providers/builtin.ts'

const text = readFileSync(packagedPath, 'utf8')
const { catalog, warnings } = readCatalog(text, 'modelsconfig.yml', 0)
const models = [...catalog.models.values()]
const chat = models.filter(({ tasks }) => tasks.has('chat'))
const backends = models.flatMap(({ backends }) => backends)

/** Nano-USD for a million. */
function million (rate: Rate | undefined): bigint | undefined {
  return rate && priceOf(1_000_000, rate)
}

t.test('it has no mistakes and nothing to warn of', async (t) => {
  t.same(warnings, [])
  t.notMatch(text, /\t| $/m)
})

t.test('it has at least eighty chat models over ten providers, most of them with a second backend', async (t) => {
  t.ok(chat.length >= 80, `${chat.length} chat models`)
  t.ok(new Set(backends.map(({ provider }) => provider)).size >= 10)
  t.ok(chat.filter(({ backends }) => backends.length > 1).length > chat.length / 2)
})

t.test('every task has a model', async (t) => {
  for (const task of ['chat', 'completion', 'embedding', 'speech', 'transcription', 'moderation', 'image'] as const) {
    t.ok(models.some(({ tasks }) => tasks.has(task)), task)
  }
})

t.test('every backend is of a provider the broker knows and that has an endpoint for the task', async (t) => {
  const providers = new Map(builtin.map((provider) => [provider.id, provider]))
  for (const { name, tasks, backends } of models) {
    for (const { id, provider } of backends) {
      const can = providers.get(provider)?.tasks ?? []
      t.ok([...tasks].some((task) => can.includes(task)), `${name}: ${id}`)
    }
  }
})

t.test('OpenRouter stands last wherever a provider can be called directly', async (t) => {
  for (const { name, backends } of models) {
    const at = backends.findIndex(({ provider }) => provider === 'openrouter')
    t.ok(at < 0 || at === backends.length - 1, name)
  }
})

t.test('whisper-1 goes to Groq, then SambaNova, then OpenAI', async (t) => {
  t.same(catalog.models.get('whisper-1')?.backends.map(({ id }) => id),
    ['groq:whisper-large-v3', 'sambanova:Whisper-Large-v3', 'openai:whisper-1'])
})

t.test('names of other gateways and SDKs find their model', async (t) => {
  for (const [alias, name] of [
    ['openai/gpt-4o', 'gpt-4o'], ['anthropic/claude-sonnet-4.5', 'claude-sonnet-4.5'],
    ['claude-sonnet-4-5', 'claude-sonnet-4.5'], ['llama-3.3-70b-versatile', 'llama-3.3-70b-instruct'],
    ['google/gemini-2.5-pro', 'gemini-2.5-pro'], ['text-embedding-3-small', 'text-embedding-3-small']
  ] as const) t.equal(catalog.names.get(alias)?.name, name)
})

t.test('chat models have a window, and no longer answer than it', async (t) => {
  for (const { name, contextWindow = 0, maxOutputTokens = 0 } of chat) {
    t.ok(contextWindow >= 4_000 && maxOutputTokens <= contextWindow, name)
  }
})

t.test('chat prices are known and plausible', async (t) => {
  for (const { id, price } of chat.flatMap(({ backends }) => backends)) {
    const [input, output] = [million(price?.rates.input), million(price?.rates.output)]
    if (input === undefined || output === undefined) {
      t.fail(`${id} has no price`)
      continue
    }
    t.ok(input >= 10_000_000n && output <= 200_000_000_000n, `${id}: between USD 0.01 and 200`)
    t.ok(output >= input, `${id}: an answer costs at least what a question costs`)
    t.ok((million(price?.rates.cache_read) ?? 0n) <= input, `${id}: cached input is not dearer than fresh input`)
  }
})

t.test('premium models are the ones autobest may choose without ruining anybody', async (t) => {
  const premium = chat.filter(({ tier }) => tier === 'premium')
  t.ok(premium.length >= 10)
  for (const { name, backends } of premium) {
    for (const { price } of backends) t.ok((million(price?.rates.output) ?? 0n) <= 50_000_000_000n, name)
  }
})

t.test('known list prices are in it', async (t) => {
  const rateOf = (model: string, provider: string, kind: keyof NonNullable<Backend['price']>['rates']) =>
    million(backendOf(catalog.models.get(model), provider)?.price?.rates[kind])
  t.equal(rateOf('gpt-4o', 'openai', 'input'), 2_500_000_000n)
  t.equal(rateOf('gpt-4o', 'openai', 'output'), 10_000_000_000n)
  t.equal(rateOf('deepseek-v4-flash', 'deepseek', 'cache_read'), 2_800_000n)
  t.equal(rateOf('claude-opus-4.5', 'openrouter', 'cache_write'), 6_250_000_000n)
  t.equal(rateOf('tts-1', 'openai', 'characters'), 15_000_000_000n)
  t.equal(priceOf(60_000, catalog.prices.get('openai:whisper-1')?.rates.audio_ms ?? { nanoUsd: 0n, per: 1n }), 6_000_000n)
})

t.test('it says where its prices are from', async (t) => {
  t.match(text, /LiteLLM.*2026-08[^]*models\.dev.*2026-07[^]*OpenRouter/)
})

t.test('the worked example in its header is a valid file', async (t) => {
  const start = text.indexOf('# providers:')
  const example = text.slice(start, text.indexOf('\n\n', start)).replace(/^# ?/gm, '')
  const { catalog, warnings } = readCatalog(example, 'header', 0)
  t.same(warnings, [])
  t.match(catalog.models.get('qwen-office'), {
    tier: 'economy',
    aliases: ['qwen'],
    deadlines: { connectMs: 2_500, firstByteMs: 60_000, firstEventMs: 90_000, betweenMs: 30_000, totalMs: 600_000 },
    streamMode: 'resume',
    backends: [{ contextWindow: undefined }, {}, { contextWindow: 8_192, maxOutputTokens: 4_096 }]
  })
  t.match(catalog.providers.get('office-vllm'), { credential: 'env:OFFICE_KEY', deadlines: { firstByteMs: 300_000 } })
})

// 13 ms in a process that has just started; the full reader takes 140 ms of every start.
t.test('the quick YAML reader can read it', async (t) => {
  t.ok(readPlainYaml(text))
})

function backendOf (model: Model | undefined, provider: string): Backend | undefined {
  return model?.backends.find((backend) => backend.provider === provider)
}
