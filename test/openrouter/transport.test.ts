// OpenRouter's dialect, checks 1-15: paths, keys, headers, statuses.

import t from 'tap'
import { post } from '../helper.ts'
import { chatJson, status } from '../upstreams.ts'
import { answered, errorOf, MESSAGES, openrouterScene, scene, WELL } from './scene.ts'

const KEYED = { env: { AIBROKER_API_KEYS: 'sk-client' } }
const BODY = { model: 'm', messages: MESSAGES }

t.test('1: /v1 and /api/v1 answer alike', async (t) => {
  const { broker } = await scene(t, answered())
  for (const path of ['chat/completions', 'models', 'key', 'credits', 'generation?id=none']) {
    const isPost = path === 'chat/completions'
    const answers = await Promise.all(['v1', 'api/v1'].map(async (base) => {
      const response = await fetch(`${broker.origin}/${base}/${path}`, isPost
        ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(BODY) }
        : {})
      return { status: response.status, members: Object.keys(await response.json() as object) }
    }))
    t.same(answers[0], answers[1], path)
  }
})

t.test('2: the key is a bearer token, whatever the case of the word', async (t) => {
  const { ask } = await scene(t, answered(), KEYED)
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    t.equal((await ask({}, { authorization: `${scheme} sk-client` })).status, 200, scheme)
  }
})

t.test('3: without a key it is 401 with an integer code and the words clients look for', async (t) => {
  const { ask } = await scene(t, answered(), KEYED)
  const reply = await ask()
  t.equal(reply.status, 401)
  t.match(errorOf(reply), { code: 401, message: /No auth credentials found/, metadata: { error_type: 'authentication' } })
})

t.test('4: an unknown key is 401, and nothing is sent', async (t) => {
  const { ask, upstream } = await scene(t, answered(), KEYED)
  const reply = await ask({}, { authorization: 'Bearer sk-or-v1-0123456789' })
  t.equal(reply.status, 401)
  t.match(errorOf(reply), { code: 401, message: /User not found/ })
  t.equal(upstream.requests.length, 0)
})

t.test('5: where no key is needed, any Authorization and none will do', async (t) => {
  const { ask } = await scene(t, answered())
  t.equal((await ask()).status, 200)
  t.equal((await ask({}, { authorization: 'Bearer whatever' })).status, 200)
})

t.test('6: x-api-key alone opens the chat as well', async (t) => {
  const { ask } = await scene(t, answered(), KEYED)
  t.equal((await ask({}, { 'x-api-key': 'sk-client' })).status, 200)
})

t.test('7: the client\'s key stays here, and the provider\'s is never told', async (t) => {
  const echo = 'sk-canary-provider-0-0123456789abcdef'
  const { ask, upstream, broker } = await scene(t,
    status(400, { error: { message: `wrong with ${echo}`, code: null } }), KEYED)
  const reply = await ask({}, { authorization: 'Bearer sk-client' })
  t.equal(upstream.requests[0]?.headers.authorization, `Bearer ${echo}`)
  t.notMatch(reply.text, echo)
  t.notMatch(broker.log(), echo)
  t.notMatch(broker.log(), 'sk-client')
})

t.test('8: every answer carries X-Generation-Id; OpenRouter\'s own id stays in its body', async (t) => {
  const plain = await scene(t, answered())
  t.match((await plain.ask()).headers.get('x-generation-id'), /^gen-\d+-\w{20}$/)
  const streams = await scene(t, WELL)
  t.match((await streams.stream()).response.headers.get('x-generation-id'), /^gen-/)
  const failing = await scene(t, status(500))
  t.match((await failing.ask()).headers.get('x-generation-id'), /^gen-/)
  const theirs = await openrouterScene(t, chatJson({ extra: { id: 'gen-1700000000-abcdefghij0123456789' } }))
  t.equal((await theirs.ask()).json().id, 'gen-1700000000-abcdefghij0123456789')
})

t.test('9: an unknown path and a wrong method get the envelope', async (t) => {
  const { broker } = await scene(t, answered())
  for (const base of ['v1', 'api/v1']) {
    const unknown = await fetch(`${broker.origin}/${base}/nowhere`)
    t.equal(unknown.status, 404)
    t.match(unknown.headers.get('content-type'), /^application\/json/)
    t.match(await unknown.json(), { error: { code: 404, message: /No route/ } })
    const wrong = await fetch(`${broker.origin}/${base}/chat/completions`)
    t.equal(wrong.status, 405)
    t.match(await wrong.json(), { error: { code: 405 } })
  }
})

t.test('10: a body that is no JSON, or empty, is 400, and so is a chat of no messages; nothing is sent', async (t) => {
  const { broker, upstream } = await scene(t, answered())
  for (const body of ['{"model":', '', '[]', '"text"', '{"model":"m","messages":[]}', '{"model":"m","stream":true,"messages":[]}']) {
    const { status, json } = await post(`${broker.url}/chat/completions`, body)
    t.equal(status, 400, body)
    t.match(json(), { error: { code: 400, metadata: { error_type: 'invalid_request' } } })
  }
  const { json } = await post(`${broker.url}/chat/completions`, { model: 'm', messages: [] })
  t.match(json(), { error: { message: '"messages" is empty: send at least one.', param: 'messages' } })
  t.equal(upstream.requests.length, 0)
})

t.test('11: a body over the limit is 413 and says so', async (t) => {
  const { ask } = await scene(t, answered(), { env: { AIBROKER_BODY_LIMIT: '2048' } })
  const reply = await ask({ messages: [{ role: 'user', content: 'x'.repeat(4096) }] })
  t.equal(reply.status, 413)
  t.match(errorOf(reply), { code: 413, metadata: { error_type: 'payload_too_large' } })
})

t.test('12: JSON is application/json, streams are text/event-stream', async (t) => {
  const plain = await scene(t, answered())
  t.match((await plain.ask()).headers.get('content-type'), /^application\/json/)
  t.match((await plain.ask({ model: 'nothing' })).headers.get('content-type'), /^application\/json/)
  const streams = await scene(t, WELL)
  t.match((await streams.stream()).response.headers.get('content-type'), /^text\/event-stream/)
})

t.test('14: an empty cookie and compressed answers accepted change nothing', async (t) => {
  const { ask } = await scene(t, answered())
  t.equal((await ask({}, { cookie: '', 'accept-encoding': 'gzip, deflate' })).json().choices[0].message.content, 'Hello')
})

t.test('15: members nobody knows are no mistake', async (t) => {
  const { ask, upstream } = await scene(t, answered())
  t.equal((await ask({ safe_prompt: true, made_up: { a: [1] } })).status, 200)
  t.match(upstream.requests[0]?.json(), { safe_prompt: true, made_up: { a: [1] } })
})
