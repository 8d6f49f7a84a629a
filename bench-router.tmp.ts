import { createRouter } from '/work/main/src/routing/router.ts'
import { createHealth } from '/work/main/src/routing/health.ts'
import { planText } from '/work/main/src/routing/plan-text.ts'
import { ceilingOf, expectedOf } from '/work/main/src/metering/estimate.ts'
import { costOf } from '/work/main/src/metering/cost.ts'
import { readUsage } from '/work/main/src/wire/openai-chat/usage.ts'
const names = ['openai','groq','openrouter','sambanova']
const providers = new Map(names.map((id, i) => [id, { id, displayName: id, wire: 'openai-chat', baseUrl: 'x', env: [id.toUpperCase()], needsCredential: true, tasks: ['chat','embedding'], priority: undefined, url: 'http://x', secretSource: 'none' }]))
const P = { get: (id) => providers.get(id), all: () => [...providers.values()] }
const models = new Map()
for (let i = 0; i < 200; i++) {
  const backends = names.slice(0, i === 0 ? 4 : 1 + i % 2).map((provider, j) => ({ id: `${provider}:m${i}`, provider, modelId: `m${i}`, priority: 5, price: { version: 'x' + i + j, rates: { input: { nanoUsd: BigInt(1e9 + (i * 7919) % 1000 * 1000 + j), per: 1000000n }, output: { nanoUsd: 10000000000n, per: 1000000n } } } }))
  models.set(`model-${i}`, { name: `model-${i}`, displayName: '', tier: 'standard', tasks: new Set(['chat']), capabilities: new Set(['tool_calling']), contextWindow: 128000, maxOutputTokens: 16384, aliases: [], backends })
}
const catalog = { version: 'abc', createdAtS: 1, models, names: models, providers: new Map(), prices: new Map() }
const health = createHealth({ clock: { monotonicMs: () => performance.now() } })
for (let i = 0; i < 20; i++) for (let k = 0; k < 3; k++) health.note(`groq:m${100 + i}`, { kind: 'failed', status: 500, reason: 'x' })
const READY = { kind: 'ready' }
const router = createRouter({ catalog: () => catalog, providers: () => P, credentials: { state: () => READY }, health, strategy: 'cheapest', unknownPrice: 'allow' } as any)
const envelope = (model) => ({ model, isStream: true, needs: ['tool_calling'], bodyBytes: 2000, maxOutputTokens: undefined, choices: 1, wantsUsage: false, characters: undefined })
const principal = { kind: 'key', keyId: 'k', keyName: 'n', ip: '1', rpm: undefined, maxInFlight: undefined, models: undefined, providers: undefined, budget: undefined }
function time (name, n, fn) {
  for (let i = 0; i < n; i++) fn()
  const runs = []
  for (let r = 0; r < 5; r++) { const s = performance.now(); for (let i = 0; i < n; i++) fn(); runs.push((performance.now() - s) * 1000 / n) }
  console.log(name, Math.min(...runs).toFixed(2), 'us', 'median', runs.sort((a, b) => a - b)[2].toFixed(2))
}
const named = { task: 'chat', envelope: envelope('model-0'), principal }
const auto = { task: 'chat', envelope: envelope('auto'), principal }
const best = { task: 'chat', envelope: envelope('autobest'), principal }
const direct = { task: 'chat', envelope: envelope('openai/unlisted'), principal }
time('named, 4 backends', 50000, () => router.plan(named))
time('named + ceiling of the first', 50000, () => router.plan(named).candidates[0].ceiling)
time('direct', 50000, () => router.plan(direct))
time('auto, 200 models ' + router.plan(auto).candidates.length, 2000, () => router.plan(auto))
time('autobest', 2000, () => router.plan(best))
const p4 = router.plan(named), pa = router.plan(auto)
time('planText named', 50000, () => planText(p4))
time('planText auto ' + planText(pa).length, 2000, () => planText(pa))
const m = models.get('model-0'); const offer = { task: 'chat', envelope: named.envelope, model: m, price: m.backends[0].price }
time('ceilingOf', 200000, () => ceilingOf(offer))
time('expectedOf', 200000, () => expectedOf(offer))
const u = { prompt_tokens: 1000, completion_tokens: 200, total_tokens: 1200, prompt_tokens_details: { cached_tokens: 100 }, completion_tokens_details: { reasoning_tokens: 50 } }
time('readUsage', 100000, () => readUsage(u))
const measured = readUsage(u)
time('costOf', 100000, () => costOf(measured, offer.price, { ceiling: 10n ** 12n, isFree: false }))
