// Every answer of ours against OpenRouter's published OpenAPI document, which is not part of this project:
// OPENROUTER_OPENAPI=path npm run test:openapi. A table of what was checked goes to stderr.

import t, { type Test } from 'tap'
import { gateway, type TestGateway } from '../helper.ts'
import { answerJson, embeddingsJson, provider, readSse, speechBytes, transcriptionJson, type Answer } from '../upstreams.ts'
import { CHAT, methodOf, recordingForm, sent, taskModels, type Asked } from './asked.ts'
import { PLAIN, REFUSED, STREAMED } from './odd-answers.ts'
import { readJudge, type Told } from './published-document.ts'
import { Tally } from './tally.ts'

const FILE = process.env['OPENROUTER_OPENAPI'] ?? ''
const judge = FILE === '' ? undefined : readJudge(FILE)
const tally = new Tally()

interface Tried extends Asked {
  /** What is being tried, for the table. */
  readonly as?: string
}

const modelOf = (name: string) => name.replace(/[ ,]+/g, '-')
const chatOf = (name: string, more: object = {}): Tried => ({
  path: '/chat/completions',
  body: { ...CHAT, model: modelOf(name), ...more },
  as: `${name}${'stream' in more ? ', streamed' : ''}`
})

/** Asks, judges the answer or each event of it, and gives the parsed body back. */
async function ask (t: Test, { url }: TestGateway, asked: Tried) {
  const { path, as = '' } = asked
  const method = methodOf(asked)
  const response = await fetch(`${url}${asked.url ?? path}`, { method, ...sent(asked) })
  const contentType = response.headers.get('content-type') ?? ''
  const told: Told = { method: method.toLowerCase(), path, status: response.status, contentType }
  const values = await valuesOf(response, contentType)
  for (const value of values) {
    const verdict = judge?.judge(told, value) ?? { isTold: false, problems: ['there is no document'] }
    tally.add(told, verdict, as)
    t.same(verdict.problems, [], `${told.method} ${path} ${told.status} ${as}: ${JSON.stringify(value).slice(0, 400)}`)
  }
  return { value: values[0] as any, id: response.headers.get('x-generation-id') ?? '' }
}

async function valuesOf (response: Response, contentType: string): Promise<unknown[]> {
  if (contentType.startsWith('text/event-stream')) return [...(await readSse(response)).values]
  const text = await response.text()
  return contentType.includes('json') ? [JSON.parse(text)] : [text]
}

/** A broker whose model of each name is answered as the table says. */
async function serving (t: Test, answers: { readonly [name: string]: Answer }, env = {}): Promise<TestGateway> {
  const byModel = new Map(Object.entries(answers).map(([name, answer]) => [modelOf(name), answer]))
  const { url } = await provider(t, (call) => {
    const model = String(call.request.json()['model']).replace(/-upstream$/, '')
    return byModel.get(model)?.(call)
  })
  return gateway(t, { models: Object.fromEntries([...byModel.keys()].map((model) => [model, [{ url }]])), env })
}

if (FILE === '') {
  const missing = 'Set OPENROUTER_OPENAPI to the path of OpenRouter\'s OpenAPI document as JSON.'
  process.stderr.write(`${missing}\n`)
  t.bailout(missing)
}
t.teardown(() => { process.stderr.write(tally.text()) })

t.test('chat', async (t) => {
  const broker = await serving(t, PLAIN)
  for (const name of Object.keys(PLAIN)) await ask(t, broker, chatOf(name))
})

t.test('chat, streamed', async (t) => {
  const broker = await serving(t, STREAMED)
  for (const name of Object.keys(STREAMED)) {
    await ask(t, broker, chatOf(name, { stream: true }))
    await ask(t, broker, chatOf(name, { stream: true, stream_options: { include_usage: true } }))
  }
})

const responseOf = (name: string, more: object = {}): Tried => ({
  path: '/responses',
  body: { input: 'Hi', ...more, model: modelOf(name) },
  as: `${name}${'stream' in more ? ', streamed' : ''}`
})

t.test('responses', async (t) => {
  const broker = await serving(t, PLAIN)
  const reasoning = { effort: 'low', summary: 'auto' }
  const echoed = { instructions: 'Brief.', metadata: { a: 'b' }, temperature: 1, reasoning }
  for (const name of Object.keys(PLAIN)) {
    await ask(t, broker, responseOf(name))
    await ask(t, broker, responseOf(name, echoed))
  }
  await ask(t, broker, { ...responseOf('plain', { store: true }), as: 'an answer to be kept' })
})

// With summaries: the part of a reasoning text, which OpenAI's client cannot do without, is in the document's event
// and, by the event that one is made of, is not.
t.test('responses, streamed', async (t) => {
  const broker = await serving(t, STREAMED)
  const asked = { stream: true, reasoning: { summary: 'auto' } }
  for (const name of Object.keys(STREAMED)) await ask(t, broker, responseOf(name, asked))
})

t.test('refused responses', async (t) => {
  const broker = await serving(t, Object.fromEntries(REFUSED))
  for (const [name] of REFUSED) {
    await ask(t, broker, responseOf(name))
    await ask(t, broker, responseOf(name, { stream: true }))
  }
})

const messagesOf = (name: string, more: object = {}): Tried => ({
  path: '/messages',
  body: { ...CHAT, model: modelOf(name), max_tokens: 100, ...more },
  as: `${name}${'stream' in more ? ', streamed' : ''}`
})

t.test('messages', async (t) => {
  const broker = await serving(t, PLAIN)
  for (const name of Object.keys(PLAIN)) await ask(t, broker, messagesOf(name))
  await ask(t, broker, { ...messagesOf('nobody'), as: 'an unknown model' })
  await ask(t, broker, { ...messagesOf('plain', { fallbacks: [{}, {}, {}, {}] }), as: 'four fallbacks' })
})

t.test('messages, streamed', async (t) => {
  const broker = await serving(t, STREAMED)
  for (const name of Object.keys(STREAMED)) await ask(t, broker, messagesOf(name, { stream: true }))
})

t.test('messages that providers refuse', async (t) => {
  const broker = await serving(t, Object.fromEntries(REFUSED))
  for (const [name] of REFUSED) {
    await ask(t, broker, messagesOf(name))
    await ask(t, broker, messagesOf(name, { stream: true }))
  }
})

t.test('refusals of providers, and what is told of them afterwards', async (t) => {
  const broker = await serving(t, Object.fromEntries(REFUSED))
  for (const [name] of REFUSED) {
    const { id } = await ask(t, broker, chatOf(name))
    await ask(t, broker, { path: '/generation', url: `/generation?id=${id}`, as: name })
    await ask(t, broker, chatOf(name, { stream: true }))
  }
})

t.test('refusals of ours', async (t) => {
  const broker = await serving(t, { m: PLAIN['plain'] as Answer }, { AIBROKER_BODY_LIMIT: '2000' })
  await ask(t, broker, { ...chatOf('nobody'), as: 'an unknown model' })
  await ask(t, broker, { path: '/chat/completions', body: {}, as: 'no model' })
  await ask(t, broker, { ...chatOf('m'), headers: { 'x-aibroker-max-cost-usd': '0.000000001' }, as: 'too costly' })
  await ask(t, broker, { ...chatOf('m'), headers: { origin: 'https://elsewhere.example' }, as: 'a web page' })
  await ask(t, broker, { ...chatOf('m'), headers: { 'content-type': 'multipart/form-data; boundary=x' }, as: 'a form' })
  await ask(t, broker, { ...chatOf('m', { user: 'x'.repeat(3_000) }), as: 'too large' })
})

t.test('the catalog', async (t) => {
  const broker = await gateway(t)
  for (const query of ['', '?limit=2', '?sort=newest&q=gpt', '?output_modalities=embeddings', '?limit=none']) {
    await ask(t, broker, { path: '/models', url: `/models${query}`, as: query })
  }
  for (const path of ['/models/count', '/models/user', '/embeddings/models', '/providers', '/endpoints/zdr']) {
    await ask(t, broker, { path })
  }
  await ask(t, broker, { path: '/models/{author}/{slug}/endpoints', url: '/models/openai/gpt-4o/endpoints' })
  await ask(t, broker, { path: '/models/{author}/{slug}/endpoints', url: '/models/a/nobody/endpoints', as: 'nobody' })
  await ask(t, broker, { path: '/model/{author}/{slug}', url: '/model/openai/gpt-4o' })
  await ask(t, broker, { path: '/model/{author}/{slug}', url: '/model/a/nobody', as: 'nobody' })
})

t.test('a key and its requests', async (t) => {
  const answers = { m: PLAIN['plain'] as Answer, s: STREAMED['plain'] as Answer }
  const broker = await serving(t, answers, { AIBROKER_API_KEYS: 'sk-operator' })
  const headers = { authorization: 'Bearer sk-operator' }
  for (const path of ['/key', '/credits', '/activity', '/models/user', '/keys']) await ask(t, broker, { path, as: 'no key' })
  const wish = { name: 'a', limit: 1, limit_reset: 'weekly', expires_at: '2099-01-01T00:00:00Z' }
  const { value: made } = await ask(t, broker, { path: '/keys', body: wish, headers })
  await ask(t, broker, { path: '/keys', body: { name: '' }, headers, as: 'no name' })
  const wished = { callback_url: 'https://app.example/', limit: 1 }
  const { value: { data } } = await ask(t, broker, { path: '/auth/keys/code', body: wished, headers })
  for (const as of ['a code', 'a used code']) await ask(t, broker, { path: '/auth/keys', body: { code: data.id }, as })
  const own = { authorization: `Bearer ${made.key}` }
  for (const path of ['/key', '/credits', '/keys', '/activity']) await ask(t, broker, { path, headers: own, as: 'a client key' })
  for (const path of ['/key', '/credits', '/keys', '/activity']) await ask(t, broker, { path, headers, as: 'the operator' })

  for (const asked of [chatOf('m'), chatOf('s', { stream: true })]) {
    const { id } = await ask(t, broker, { ...asked, headers: own })
    await ask(t, broker, { path: '/generation', url: `/generation?id=${id}`, headers: own })
    await ask(t, broker, { path: '/generation/content', url: `/generation/content?id=${id}`, headers: own })
    const body = { generation_id: id, category: 'latency' }
    await ask(t, broker, { path: '/generation/feedback', body, headers })
  }
  await ask(t, broker, { path: '/generation', url: '/generation?id=gen-1', headers, as: 'nobody' })

  const one = { path: '/keys/{hash}', url: `/keys/${made.data.hash}`, headers }
  await ask(t, broker, one)
  await ask(t, broker, { ...one, method: 'PATCH', body: { disabled: true, limit: null } })
  await ask(t, broker, { ...one, method: 'PATCH', body: { limit: -1 }, as: 'a limit below nothing' })
  await ask(t, broker, { ...one, method: 'DELETE' })
  await ask(t, broker, { ...one, as: 'nobody' })
})

t.test('embeddings, rerankings, speech and transcripts', async (t) => {
  const answers: { readonly [path: string]: Answer } = {
    '/v1/embeddings': embeddingsJson(),
    '/v1/rerank': answerJson({ results: [{ index: 0, relevance_score: 0.5 }] }),
    '/v1/audio/speech': speechBytes(),
    '/v1/audio/transcriptions': transcriptionJson()
  }
  const { url } = await provider(t, (call) => answers[call.request.path]?.(call))
  const config = taskModels(url, ['embeddings', 'rerank', 'speech', 'transcription'])
  const broker = await gateway(t, { config })
  await ask(t, broker, { path: '/embeddings', body: { model: 'embeddings', input: 'Hi' } })
  await ask(t, broker, { path: '/embeddings', body: { model: 'embeddings', input: 'Hi', encoding_format: 'base64' } })
  await ask(t, broker, { path: '/embeddings', body: { model: 'nobody', input: 'Hi' } })
  await ask(t, broker, { path: '/rerank', body: { model: 'rerank', query: 'Hi', documents: ['Ho', { text: 'Ha' }], top_n: 1 } })
  await ask(t, broker, { path: '/rerank', body: { model: 'rerank', query: 'Hi' } })
  await ask(t, broker, { path: '/audio/speech', body: { model: 'speech', input: 'Hi', voice: 'alloy' } })
  await ask(t, broker, { path: '/audio/speech', body: { model: 'nobody', input: 'Hi', voice: 'alloy' } })
  await ask(t, broker, { path: '/audio/transcriptions', body: recordingForm() })
})
