import t from 'tap'
import { gateway, post } from '../helper.ts'
import { chatJson, chatSse, provider, readSse, status } from '../upstreams.ts'

t.test('a request for a model nobody knows has an id, and a line in the log', async (t) => {
  const { url, log } = await gateway(t, { models: { m: [await provider(t, chatJson())] } })
  const answer = await post(`${url}/chat/completions`, { model: 'mm', messages: [{ role: 'user', content: 'hi' }] })
  t.equal(answer.status, 400)
  const id = answer.headers.get('x-request-id') ?? ''
  t.match(id, /^req-\w{12}$/)
  t.equal(answer.headers.get('x-generation-id'), null)
  t.equal(answer.json().error.metadata.request_id, id)
  t.match(log(), new RegExp(`"id":"${id}".*"model":"mm".*"status":400`))
})

t.test('a refused credential is said in the log, by its id and without its value', async (t) => {
  const { url, log } = await gateway(t, { models: { m: [await provider(t, status(401))] } })
  t.equal((await post(`${url}/chat/completions`, { model: 'm', messages: [{ role: 'user', content: 'hi' }] })).status, 503)
  t.match(log(), /"level":50.*test0 refused the credential test0#0 \(401\)/)
  t.notMatch(log(), /sk-canary/)
})

t.test('OpenRouter\'s way of asking for usage is asking for usage', async (t) => {
  const { url } = await gateway(t, { models: { m: [await provider(t, chatSse({ pieces: ['a'] }))] } })
  const { values } = await readSse(await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], stream: true, usage: { include: true } })
  }))
  t.match(values.at(-1), { usage: { prompt_tokens: Number, cost: Number }, x_aibroker: { provider: 'test0' } })
})

t.test('moderation works without a model, as OpenAI\'s clients ask for it', async (t) => {
  const upstream = await provider(t, ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('{"id":"modr-1","model":"omni-moderation-latest","results":[{"flagged":false}]}')
  })
  const { url } = await gateway(t, {
    models: { 'omni-moderation-latest': [upstream] }, modelYaml: 'capabilities: [moderation]'
  })
  t.equal((await post(`${url}/moderations`, { input: 'x' })).status, 200)
  t.match(upstream.requests[0]?.json(), { input: 'x', model: 'omni-moderation-latest-upstream' })
})
