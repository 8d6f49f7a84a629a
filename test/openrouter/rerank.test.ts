// OpenRouter's dialect, check 68: documents put in order, whatever shape a reranker answers in.

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { gateway, post } from '../helper.ts'
import { answerJson, provider, status, type Answer } from '../upstreams.ts'
import { errorOf, openrouterScene, scene } from './scene.ts'

const DOCUMENTS = ['Bread is baked at four.', { text: 'The harbour is in the north.' }, 'A harbour and a lighthouse.']
const ASKED = { model: 'm', query: 'Where is the harbour?', documents: DOCUMENTS }
const MODEL = { modelYaml: 'capabilities: [rerank]' }
/** In the order of the documents, without them: as older llama.cpp servers answer. */
const UNSORTED = [0.01, 0.99, 0.5].map((score, index) => ({ index, relevance_score: score }))

async function rerank (url: string, more: JsonObject = {}) {
  const reply = await post(`${url}/rerank`, { ...ASKED, ...more })
  return { ...reply, json: reply.json() }
}

t.test('68: results come best first, each with its document, and index refers to the input', async (t) => {
  const { broker, upstream } = await scene(t, answerJson({ results: UNSORTED, usage: { total_tokens: 30 } }), MODEL)
  for (const base of [broker.url, `${broker.origin}/api/v1`]) {
    const { status, json } = await rerank(base)
    t.equal(status, 200)
    t.same(json.results, [
      { index: 1, relevance_score: 0.99, document: { text: 'The harbour is in the north.' } },
      { index: 2, relevance_score: 0.5, document: { text: 'A harbour and a lighthouse.' } },
      { index: 0, relevance_score: 0.01, document: { text: 'Bread is baked at four.' } }
    ])
    t.match(json, { id: /^gen-/, model: 'm-upstream', provider: 'test0', usage: { total_tokens: 30, cost: 0.00003 } })
  }
  t.same(upstream.requests[0]?.path, '/v1/rerank')
  t.same(JSON.parse(upstream.requests[0]?.body ?? ''), { ...ASKED, model: 'm-upstream' })
})

t.test('68: a server that knows no top_n gives back as many as were asked for, and documents only where they are wanted', async (t) => {
  const { broker } = await scene(t, answerJson({ results: UNSORTED }), MODEL)
  t.same((await rerank(broker.url, { top_n: 2, return_documents: false })).json.results,
    [{ index: 1, relevance_score: 0.99 }, { index: 2, relevance_score: 0.5 }])
})

t.test('a document that is found again and again is shown once', async (t) => {
  const again = [0.9, 0.8, 0.7].map((score) => ({ index: 0, relevance_score: score }))
  const { broker } = await scene(t, answerJson({ results: again }), MODEL)
  const [best, ...others] = again
  t.same((await rerank(broker.url)).json.results, [{ ...best, document: { text: DOCUMENTS[0] } }, ...others])
})

t.test('68: what is whole keeps its bytes', async (t) => {
  const results = '[ {"index":1,"relevance_score":9.90e-1,"document":{"text":"x","more":null}} ]'
  const whole: Answer = ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(`{"id":"1","model":"r","results":${results}}`)
  }
  const { broker } = await scene(t, whole, MODEL)
  const response = await fetch(`${broker.url}/rerank`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...ASKED, top_n: 1 })
  })
  t.ok((await response.text()).startsWith(`{"id":"1","model":"r","results":${results},`))
})

t.test('68: Cohere\'s search units are priced and told; without a price the cost is not known and not nothing', async (t) => {
  const cohere = answerJson({ id: 'c', results: UNSORTED, meta: { billed_units: { search_units: 1 } } })
  const { broker } = await scene(t, cohere, { ...MODEL, yaml: 'per_search_unit: 0.002' })
  const priced = await rerank(broker.url)
  t.match(priced.json, { usage: { search_units: 1, cost: 0.002 }, x_aibroker: { cost_usd: '0.002000000', cost_grade: 'reported' } })
  t.equal(priced.headers.get('x-aibroker-cost-usd'), '0.002000000')
  const billed = { usage: { total_tokens: 30 }, meta: { billed_units: { search_units: 2 } } }
  const both = answerJson({ results: UNSORTED, ...billed })
  const { broker: two } = await scene(t, both, { ...MODEL, yaml: 'per_search_unit: 0.002' })
  t.match((await rerank(two.url)).json.x_aibroker, { cost_usd: '0.004000000', cost_grade: 'reported' }, 'beside tokens too')
  const { broker: unpriced } = await scene(t, cohere, { ...MODEL, yaml: 'markup: 1' })
  const { json } = await rerank(unpriced.url)
  t.same(json.usage, { search_units: 1 })
  t.match(json.x_aibroker, { cost_usd: null, cost_grade: 'unpriced' })
})

t.test('68: nothing to rank, or nothing to rank by, is a 400 that names the member, before anything is sent', async (t) => {
  const { broker, upstream } = await scene(t, answerJson({ results: UNSORTED }), MODEL)
  const wrong: ReadonlyArray<readonly [string, JsonObject]> = [
    ['query', { model: 'm', documents: ['a'] }], ['query', { ...ASKED, query: '' }], ['query', { ...ASKED, query: 7 }],
    ['documents', { model: 'm', query: 'a' }], ['documents', { ...ASKED, documents: [] }],
    ['documents', { ...ASKED, documents: 'a' }], ['documents', { ...ASKED, documents: ['a', 7] }],
    ['top_n', { ...ASKED, top_n: 0 }], ['top_n', { ...ASKED, top_n: 1.5 }], ['stream', { ...ASKED, stream: true }]
  ]
  for (const [param, body] of wrong) {
    const reply = await post(`${broker.url}/rerank`, body)
    t.equal(reply.status, 400, JSON.stringify(body))
    t.match(errorOf(reply), { param, message: `"${param}" must` })
  }
  t.equal((await post(`${broker.url}/rerank`, { ...ASKED, model: undefined })).status, 400)
  t.equal(upstream.requests.length, 0)
})

t.test('68: the next reranker has its turn when one fails or gives nothing back, and a chat model is none', async (t) => {
  const answers = [status(500), answerJson({ results: [] }), answerJson({ results: UNSORTED })]
  const { broker } = await scene(t, answers, MODEL)
  const { status: code, headers } = await rerank(broker.url)
  t.same([code, headers.get('x-aibroker-provider')], [200, 'test2'])
  const chats = await gateway(t, { models: { m: [{ url: (await provider(t, status(500))).url }] } })
  const refused = await post(`${chats.url}/rerank`, ASKED)
  t.same([refused.status, refused.json().error.metadata.reason], [400, 'wrong_task'])
})

t.test('68: OpenRouter\'s own answer passes as it is, and what it cost is booked', async (t) => {
  const theirs = { id: 'gen-rerank-1', model: 'author/m', results: UNSORTED, usage: { search_units: 1, cost: 0.001 } }
  const { broker, upstream } = await openrouterScene(t, answerJson(theirs), MODEL.modelYaml)
  const { json, headers } = await rerank(broker.url, { provider: { sort: 'price' } })
  t.same(json, theirs)
  t.equal(headers.get('x-aibroker-cost-usd'), '0.001000000')
  t.match(JSON.parse(upstream.requests[0]?.body ?? ''), { model: 'author/m', provider: { sort: 'price' } })
  const { data } = (await (await fetch(`${broker.url}/generation?id=${headers.get('x-generation-id')}`)).json()) as any
  t.match(data, { api_type: 'rerank', total_cost: 0.001 })
})

t.test('68: a reranker says in the list what it is, and what a unit costs', async (t) => {
  const { broker } = await scene(t, status(500), { ...MODEL, yaml: 'per_search_unit: 0.002' })
  const { data } = await (await fetch(`${broker.url}/models?output_modalities=rerank`)).json() as any
  t.match(data, [{ id: 'm', architecture: { modality: 'text->rerank' }, pricing: { search_unit: '0.002' } }])
  const quote = (await post(`${broker.url}/explain`, ASKED)).json()
  t.match(JSON.stringify(quote), 'test0')
})
