// What a plan costs at ten thousand models: plain requests, and with the wishes of OpenRouter's clients.
// `npm run build` first, then `node bench/plan.mjs [models]`. Prints the median of rounds, in microseconds.

import { performance } from 'node:perf_hooks'
import { readCatalog } from '../dist/src/catalog/modelsconfig.js'
import { readJsonObject } from '../dist/src/core/json.js'
import { createHealth } from '../dist/src/routing/health.js'
import { createPerformance } from '../dist/src/routing/performance.js'
import { createRouter } from '../dist/src/routing/router.js'
import { readEnvelope } from '../dist/src/wire/openai-chat/envelope.js'

const MODELS = Number(process.argv[2] ?? 10_000)
const ROUNDS = 41
const PLANS_PER_ROUND = 2_000
const PROVIDERS = ['one', 'two', 'three']

const rows = Array.from({ length: MODELS }, (_, at) => `
  acme/model-${at}:
    tier: standard
    capabilities: [tool_calling]
    context_window: 128000
    backends:
      - {provider: one, model_id: m-${at}, priority: 1, input_cost: 1, output_cost: 2}
      - {provider: two, model_id: m-${at}, priority: 1, input_cost: 2, output_cost: 4}
      - {provider: three, model_id: m-${at}, priority: 5, input_cost: 3, output_cost: 6}`)
const entries = PROVIDERS.map((id) => `\n  ${id}: {wire: openai-chat, base_url: "http://127.0.0.1:9/v1", credential: none}`)
const { catalog } = readCatalog(`providers:${entries.join('')}\nmodels:${rows.join('')}\n`, 'bench', 0)

const clock = { nowMs: () => 0, monotonicMs: () => 0, after: () => () => {} }
const known = new Map(PROVIDERS.map((id) => [id, {
  id,
  displayName: id,
  wire: 'openai-chat',
  baseUrl: 'http://127.0.0.1:9/v1',
  env: [],
  needsCredential: false,
  tasks: ['chat', 'completion'],
  priority: undefined,
  url: 'http://127.0.0.1:9/v1',
  secretSource: 'none'
}]))
const providers = { get: (id) => known.get(id), all: () => [...known.values()] }
const router = createRouter({
  catalog: () => catalog,
  providers: () => providers,
  credentials: { state: () => ({ kind: 'ready' }) },
  health: createHealth({ clock, random: Math.random }),
  performance: createPerformance(clock),
  clock,
  random: Math.random,
  strategy: 'cheapest',
  unknownPrice: 'deny',
  mostModels: 20,
  sessionMs: 600_000
})

const principal = {
  kind: 'key',
  keyId: 'key',
  keyName: 'bench',
  ip: '127.0.0.1',
  rpm: undefined,
  maxInFlight: undefined,
  models: undefined,
  providers: undefined,
  budget: undefined
}
/** Members over those of a plain request; `at` names the model. */
const CASES = {
  'a plain request': () => ({}),
  'the suffix :floor': (at) => ({ model: `${nameOf(at)}:floor` }),
  'order, ignore and max_price': () => ({
    provider: { order: ['two'], ignore: ['three'], max_price: { prompt: '5', completion: 9 } }
  }),
  'sort by throughput': () => ({ provider: { sort: 'throughput' } }),
  'three models': (at) => ({ models: [nameOf(at + 1), nameOf(at + 2)] }),
  'a session': (at) => ({ session_id: `session-${at % 1_000}` })
}

console.log(`${MODELS} models with three backends each; microseconds a plan, median of ${ROUNDS} rounds`)
for (const [name, membersOf] of Object.entries(CASES)) console.log(`${name.padEnd(30)} ${microseconds(membersOf).toFixed(1)}`)

function nameOf (at) {
  return `acme/model-${at % MODELS}`
}

/** What the wire reads of a body is not part of the plan: it is read before the clock runs. */
function microseconds (membersOf) {
  const rounds = Array.from({ length: ROUNDS }, (_, round) => {
    const envelopes = Array.from({ length: PLANS_PER_ROUND }, (_, plan) => envelopeOf(membersOf, round * 7_919 + plan))
    const startedMs = performance.now()
    for (const envelope of envelopes) router.plan({ task: 'chat', envelope, principal })
    return (performance.now() - startedMs) * 1_000 / PLANS_PER_ROUND
  })
  return rounds.sort((a, b) => a - b)[ROUNDS >> 1]
}

function envelopeOf (membersOf, at) {
  const body = { model: nameOf(at), messages: [{ role: 'user', content: 'hi' }], max_tokens: 256, ...membersOf(at) }
  return readEnvelope(readJsonObject(Buffer.from(JSON.stringify(body))), 'chat')
}
