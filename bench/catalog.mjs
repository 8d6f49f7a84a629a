// What the model list costs at ten thousand models: reading them, writing their cards, whole lists, filtered and sorted
// ones, and a reading of OpenRouter's list of that size. `npm run build` first, then `node bench/catalog.mjs [models]`.

import { performance } from 'node:perf_hooks'
import { withLive } from '../dist/src/catalog/openrouter/join.js'
import { readLive } from '../dist/src/catalog/openrouter/live.js'
import { modelListOf } from '../dist/src/catalog/model-card.js'
import { matching, readModelQuery } from '../dist/src/catalog/model-query.js'
import { readCatalog } from '../dist/src/catalog/modelsconfig.js'
import { sheetOf } from '../dist/src/metering/price-sheet.js'

const MODELS = Number(process.argv[2] ?? 10_000)
const ROUNDS = 50
const UNSEEN = { latencyMs: () => undefined, throughput: () => undefined, uptime: () => undefined }
const REVIEW = {
  builtIn: new Map(),
  factor: { numerator: 3n, denominator: 1n },
  ratesOf: (price) => sheetOf(price).rates,
  today: '2026-01-01',
  source: 'bench'
}

const text = JSON.stringify({ data: Array.from({ length: MODELS }, (_, at) => entryOf(at)) })
const file = readCatalog('models:\n  own: { backends: [{ provider: openai, model_id: own, input_cost: 1 }] }\n', 'bench', 0).catalog

const [live, readMs] = timed(() => readLive(text, undefined, REVIEW))
const [, againMs] = timed(() => readLive(text, live, REVIEW))
const [catalog, joinMs] = timed(() => withLive(file, live, { hasAuto: false }))
const [list, cardsMs] = timed(() => modelListOf(catalog))

print('read and reviewed the first time', readMs)
print('read again, nothing changed', againMs)
print('joined with the file', joinMs)
print('cards written', cardsMs)
for (const query of ['', 'supported_parameters=tools', 'q=model 99', 'sort=pricing-low-to-high', 'sort=newest&output_modalities=text']) {
  const texts = Object.fromEntries(new URLSearchParams(query))
  print(`list ${query || 'whole'}`, median(() => matching(list.models, readModelQuery(texts, 0), UNSEEN).map(({ json }) => json).join(',')))
}
print('a name nobody has', median(() => list.nearest('acme7/modle-1234')))

function entryOf (at) {
  return {
    id: `acme${at % 60}/model-${at}`,
    canonical_slug: `acme${at % 60}/model-${at}-20260101`,
    name: `Acme: Model ${at}`,
    created: 1_700_000_000 + at,
    description: 'A model of the bench, with as many words to describe it as models of the world have. '.repeat(4),
    context_length: 8_192 * (1 + at % 16),
    architecture: { modality: 'text->text', input_modalities: ['text'], output_modalities: ['text'], tokenizer: 'GPT', instruct_type: null },
    pricing: { prompt: `0.00000${1 + at % 9}`, completion: `0.0000${1 + at % 9}`, input_cache_read: '0.0000001' },
    top_provider: { context_length: 8_192, max_completion_tokens: 4_096, is_moderated: false },
    supported_parameters: ['max_tokens', 'temperature', 'top_p', 'stop', 'seed', ...at % 2 ? ['tools', 'tool_choice'] : []]
  }
}

function timed (work) {
  const startedMs = performance.now()
  const value = work()
  return [value, performance.now() - startedMs]
}

function median (work) {
  const times = Array.from({ length: ROUNDS }, () => timed(work)[1]).sort((one, other) => one - other)
  return times[ROUNDS / 2]
}

function print (what, ms) {
  console.log(`${what.padEnd(52)} ${ms.toFixed(2).padStart(9)} ms  (${MODELS} models)`)
}
