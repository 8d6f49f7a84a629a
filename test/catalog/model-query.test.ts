// What can be asked of the model list, on lists made for it: checks 74 to 76.

import t from 'tap'
import { readCatalog } from '../../src/catalog/modelsconfig.ts'
import type { Measured } from '../../src/catalog/measured.ts'
import { modelListOf, type ListedModel } from '../../src/catalog/model-card.ts'
import { matching, readModelQuery, type QueryTexts } from '../../src/catalog/model-query.ts'
import { GatewayError } from '../../src/core/errors.ts'

const NOW_S = 1_700_000_000
const DAY_S = 86_400
const UNSEEN: Measured = { latencyMs: () => undefined, throughput: () => undefined, uptime: () => undefined }

const LIST = modelListOf(readCatalog(`models:
  dear: { context_window: 8000, aliases: [acme/dear-one], backends: [{ provider: acme, model_id: dear, input_cost: 9, output_cost: 90 }] }
  cheap: { context_window: 200000, capabilities: [vision, tool_calling], backends: [{ provider: moonshot-ai, model_id: c, zdr: true, input_cost: 0.15, output_cost: 0.6 }] }
  unknown: { display_name: Great Unknown, backends: [{ provider: acme, model_id: u }] }
  vectors: { capabilities: [embeddings], context_window: 512, backends: [{ provider: acme, model_id: v, input_cost: 0.02 }] }
`, 'm', NOW_S - 10 * DAY_S).catalog).models.filter(({ model }) => model)

function idsOf (texts: QueryTexts, measured = UNSEEN, list: readonly ListedModel[] = LIST): string[] {
  return matching(list, readModelQuery(texts, NOW_S), measured).map(({ card }) => card.id)
}

const EVERY = ['dear', 'cheap', 'unknown', 'vectors']

t.test('nothing asked is the very list, embeddings and all', async (t) => {
  t.equal(matching(LIST, readModelQuery({}, NOW_S), UNSEEN), LIST)
  t.same(idsOf({}), EVERY)
  t.same(idsOf({ later: 'x', category: 'programming', use_rss: 'true', q: '', min_price: '' }), EVERY, 'nor what is not known or empty')
})

const FILTERED: ReadonlyArray<readonly [query: QueryTexts, ids: readonly string[]]> = [
  [{ supported_parameters: 'tools' }, ['cheap']],
  [{ supported_parameters: 'tools, max_tokens' }, ['cheap']],
  [{ input_modalities: 'image' }, ['cheap']],
  [{ input_modalities: 'image,text' }, ['cheap']],
  [{ output_modalities: 'text' }, ['dear', 'cheap', 'unknown']],
  [{ output_modalities: 'embeddings,image' }, ['vectors']],
  [{ output_modalities: 'all' }, EVERY],
  [{ q: 'GREAT' }, ['unknown']],
  [{ q: 'one acme' }, ['dear']],
  [{ context: '8000' }, ['dear', 'cheap']],
  [{ min_price: '0.15' }, ['dear', 'cheap']],
  [{ max_price: '0.15' }, ['cheap', 'vectors']],
  [{ max_price: '0.15', min_price: '0.1' }, ['cheap']],
  [{ min_output_price: '1' }, ['dear']],
  [{ max_output_price: '0.6' }, ['cheap', 'vectors']],
  [{ model_authors: 'ACME' }, ['dear', 'unknown', 'vectors']],
  [{ providers: 'Moonshot AI' }, ['cheap']],
  [{ arch: 'gpt' }, []],
  [{ arch: 'other,gpt' }, EVERY],
  [{ min_age_days: '10' }, EVERY],
  [{ min_age_days: '10.1' }, []],
  [{ max_age_days: '9' }, []],
  [{ zdr: 'true' }, ['cheap']],
  [{ min_intelligence_index: '1' }, []],
  [{ min_tool_success_rate: '0.9', zdr: 'false', region: 'eu', distillable: 'true' }, EVERY]
]

for (const [query, ids] of FILTERED) {
  t.test(`75: ${new URLSearchParams(query as Record<string, string>)}`, async (t) => { t.same(idsOf(query), ids) })
}

t.test('orders put what lacks their number last, both ways', async (t) => {
  t.same(idsOf({ sort: 'pricing-low-to-high' }), ['vectors', 'cheap', 'dear', 'unknown'])
  t.same(idsOf({ sort: 'pricing-high-to-low' }), ['dear', 'cheap', 'vectors', 'unknown'])
  t.same(idsOf({ sort: 'context-high-to-low' }), ['cheap', 'dear', 'vectors', 'unknown'])
  for (const sort of ['most-popular', 'top-weekly', 'newest', 'intelligence-high-to-low', 'coding-high-to-low',
    'agentic-high-to-low', 'design-arena-elo-high-to-low', 'throughput-high-to-low', 'latency-low-to-high']) {
    t.same(idsOf({ sort }), EVERY, `${sort}: equals stay as they are`)
  }
})

t.test('orders by speed go by what was measured here', async (t) => {
  const medians: { readonly [id: string]: number } = { 'acme:u': 50, 'acme:v': 20, 'acme:dear': 35 }
  const percentiles = (id: string) => {
    const p50 = medians[id]
    return p50 === undefined ? undefined : { p50, p75: p50, p90: p50, p99: p50 }
  }
  const measured = { ...UNSEEN, latencyMs: percentiles, throughput: percentiles }
  t.same(idsOf({ sort: 'latency-low-to-high' }, measured), ['vectors', 'dear', 'unknown', 'cheap'])
  t.same(idsOf({ sort: 'throughput-high-to-low' }, measured), ['unknown', 'dear', 'vectors', 'cheap'])
})

t.test('benchmarks of a live list are filtered and sorted by', async (t) => {
  const scored = LIST.map((listed, at) => ({
    ...listed,
    card: {
      ...listed.card,
      benchmarks: { design_arena: [{ elo: 1_000 + at }], artificial_analysis: { coding_index: at * 10 } }
    }
  }))
  t.same(idsOf({ min_coding_index: '10', max_coding_index: '20' }, UNSEEN, scored), ['cheap', 'unknown'])
  t.same(idsOf({ sort: 'coding-high-to-low' }, UNSEEN, scored), EVERY.toReversed())
  t.same(idsOf({ sort: 'design-arena-elo-high-to-low' }, UNSEEN, scored), EVERY.toReversed())
})

t.test('values that make no sense are refused, and the parameter is named', async (t) => {
  for (const [parameter, text] of [['sort', 'best'], ['sort', 'toString'], ['context', '-1'], ['min_price', 'NaN'],
    ['max_price', '1e3'], ['zdr', 'yes'], ['region', 'mars'], ['distillable', '1'], ['q', 'x'.repeat(1_001)],
    ['min_tool_success_rate', 'high']] as const) {
    const error = refusalOf({ [parameter]: text })
    t.match(error, { code: 'invalid_body', status: 400, extras: { param: parameter } }, `${parameter}=${text}`)
    t.match(error?.message, new RegExp(`^${parameter} must be `))
  }
})

function refusalOf (texts: QueryTexts): GatewayError | undefined {
  try {
    readModelQuery(texts, NOW_S)
    return undefined
  } catch (error) {
    return error instanceof GatewayError ? error : undefined
  }
}
