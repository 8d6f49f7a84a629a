// OpenRouter's response cache, check 126.

import t from 'tap'
import { ResponseCache } from '../../src/exchange/response-cache.ts'
import { withoutSpace } from '../../src/exchange/without-space.ts'
import { post } from '../helper.ts'
import { answered, scene, WELL } from '../openrouter/scene.ts'
import { leapingClock } from '../promises/observe.ts'
import { answerJson } from '../upstreams.ts'

const CACHED = { 'x-openrouter-cache': 'true' }
const OPERATOR = { authorization: 'Bearer operator-key-0123456789' }
const OPERATED = { env: { AIBROKER_API_KEYS: 'operator-key-0123456789' } }
type Reply = Awaited<ReturnType<typeof post>>

function tellsOf ({ headers }: Reply) {
  const told = ['status', 'ttl', 'age', 'source-id'].map((name) => headers.get(`x-openrouter-cache-${name}`))
  return { status: told[0], ttl: told[1], age: told[2], source: told[3] }
}

t.test('126: the second of two equal requests is answered from the cache, and costs nothing', async (t) => {
  const { ask, upstream, broker } = await scene(t, answered())
  const [first, second] = [await ask({}, CACHED), await ask({}, CACHED)]
  t.match(tellsOf(first), { status: 'MISS', ttl: '300', age: null })
  t.match(tellsOf(second), { status: 'HIT', ttl: '300', age: /^\d+$/, source: first.headers.get('x-generation-id') })
  t.equal(upstream.requests.length, 1)
  const id = second.headers.get('x-generation-id') ?? ''
  const answer = second.json()
  t.not(id, first.headers.get('x-generation-id'))
  t.match(answer, { id, choices: first.json().choices, usage: { prompt_tokens: 0, completion_tokens: 0, cost: 0 } })
  t.ok(answer.created > first.json().created)
  t.match(answer.x_aibroker, { cost_usd: '0.000000000', cost_grade: 'free', is_cached: true })
  t.equal(second.headers.get('x-aibroker-cost-usd'), '0.000000000')
  const row = broker.gateway.reports.exchange(id)
  t.match(row, { status: 200, attempts: [{ provider: 'cache', costNanoUsd: 0n, grade: 'free', outcome: 'answered' }] })
})

t.test('126: space does not count, the order of members does; nor is a request found that did not ask', async (t) => {
  const { broker, upstream } = await scene(t, answered())
  const url = `${broker.url}/chat/completions`
  const status = async (body: string, headers: Record<string, string> = CACHED) =>
    tellsOf(await post(url, body, headers)).status
  const messages = '"messages":[{"role":"user","content":"a \\" b"}]'
  t.equal(await status(`{"model":"m",${messages}}`), 'MISS')
  t.equal(await status(`{ "model" : "m",\n ${messages} }`), 'HIT')
  t.equal(await status(`{${messages},"model":"m"}`), 'MISS')
  t.equal(await status(`{"model":"m",${messages.replace('a ', 'a  ')}}`), 'MISS', 'space within a text is text')
  t.equal(await status(`{"model":"m",${messages}}`, {}), null)
  t.equal(await status(`{"model":"m",${messages}}`, { 'x-openrouter-cache': 'false' }), null)
  t.equal(await status(`{"model":"m",${messages}}`, { ...CACHED, 'x-aibroker-relay': 'exact' }), null)
  t.equal(upstream.requests.length, 6)
})

t.test('126: an answer with metadata is not the usual one', async (t) => {
  const { ask } = await scene(t, answered())
  const status = async (headers: Record<string, string>) => tellsOf(await ask({}, { ...CACHED, ...headers })).status
  const differing: ReadonlyArray<Record<string, string>> =
    [{}, { 'x-openrouter-metadata': 'enabled' }]
  for (const headers of differing) t.equal(await status(headers), 'MISS')
  for (const headers of differing) t.equal(await status(headers), 'HIT')
})

t.test('126: a stream is told again as a stream, and is not the plain answer', async (t) => {
  const { ask, stream, upstream } = await scene(t, WELL)
  const options = { stream_options: { include_usage: true } }
  const [first, second] = [await stream(options, CACHED), await stream(options, CACHED)]
  t.equal(upstream.requests.length, 1)
  const id = second.response.headers.get('x-generation-id')
  t.equal(second.response.headers.get('x-openrouter-cache-status'), 'HIT')
  t.match(second.response.headers.get('content-type'), /^text\/event-stream/)
  t.equal(second.text, first.text)
  t.ok(second.values.length > 2 && second.values.every((value) => value['id'] === id))
  t.match(second.usage, { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, cost: 0 })
  t.ok(second.isDone)
  t.equal(tellsOf(await ask({ ...options, stream: false }, CACHED)).status, 'MISS')
})

t.test('126: keys never meet', async (t) => {
  const { broker, upstream } = await scene(t, answered(), OPERATED)
  const [one, two] = [await tokenOf(broker.url), await tokenOf(broker.url)]
  t.equal(tellsOf(await askAs(broker.url, one)).status, 'MISS')
  t.equal(tellsOf(await askAs(broker.url, two)).status, 'MISS')
  t.equal(tellsOf(await askAs(broker.url, one)).status, 'HIT')
  t.equal(upstream.requests.length, 2)
})

t.test('126: errors are never kept, and neither is a stream that broke', async (t) => {
  let calls = 0
  const { ask } = await scene(t, (call) => {
    calls++
    return answerJson({ error: { message: 'no' } }, 400)(call)
  })
  for (let at = 0; at < 2; at++) {
    const reply = await ask({}, CACHED)
    t.equal(reply.status, 400)
    t.equal(tellsOf(reply).status, 'MISS')
  }
  t.equal(calls, 2)
})

t.test('126: entries end with their time, and Clear makes them anew', async (t) => {
  const clock = leapingClock('hasty')
  const { ask, upstream } = await scene(t, answered(), { clock })
  const status = async (headers: Record<string, string>) => tellsOf(await ask({}, { ...CACHED, ...headers }))
  t.match(await status({ 'x-openrouter-cache-ttl': '60abc' }), { status: 'MISS', ttl: '60' })
  t.match(await status({ 'x-openrouter-cache-clear': 'true', 'x-openrouter-cache-ttl': '999999' }), { status: 'MISS', ttl: '86400' })
  t.match(await status({ 'x-openrouter-cache-ttl': 'soon' }), { status: 'HIT', ttl: '86400' })
  await status({ 'x-openrouter-cache-clear': 'true' })
  clock.leap() // a quarter of an hour
  t.match(await status({}), { status: 'MISS', ttl: '300' })
  t.equal(upstream.requests.length, 4)
})

t.test('126: a hit needs no room in a budget, where the request itself would', async (t) => {
  const usage = { prompt_tokens: 1_400, completion_tokens: 3, total_tokens: 1_403 }
  const { broker, upstream } = await scene(t, answered({}, {}, { usage }), OPERATED)
  const token = await tokenOf(broker.url, { limit: 0.0015 })
  t.equal(tellsOf(await askAs(broker.url, token)).status, 'MISS')
  t.equal((await askAs(broker.url, token, {})).status, 402)
  t.equal(tellsOf(await askAs(broker.url, token)).status, 'HIT')
  t.equal(upstream.requests.length, 1)
})

t.test('the least used entries go when bytes run out, and old ones are not found', async (t) => {
  let nowMs = 0
  const cache = new ResponseCache(16 * 1_024, () => nowMs)
  const answer = (fill: number) => ({ contentType: 'a', source: 's', modelId: 'm', body: Buffer.alloc(1_000, fill) })
  for (let at = 0; at < 20; at++) {
    cache.keep(String(at), answer(at), 1_000)
    cache.find('0')
    t.ok(cache.bytes <= 16 * 1_024)
  }
  t.ok(cache.find('0'), 'used all the time')
  t.notOk(cache.find('1'))
  t.ok(cache.find('19'))
  nowMs = 1_000
  t.notOk(cache.find('19'))
  t.notOk(cache.find('0'))
  t.equal(cache.longestBytes, 1_024)
})

t.test('only space between words goes', async (t) => {
  const text = '{ "a b" : [ 1 ,\n 2 ],\t"c\\"d \\\\" : " e " }'
  t.equal(withoutSpace(Buffer.from(text)).toString(), '{"a b":[1,2],"c\\"d \\\\":" e "}')
})

/** A key made by the operator. */
async function tokenOf (url: string, wish: object = {}): Promise<string> {
  const made = await post(`${url}/keys`, { name: 'a', ...wish }, OPERATOR)
  return made.json().key
}

function askAs (url: string, token: string, headers: Record<string, string> = CACHED): Promise<Reply> {
  const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }], max_tokens: 10 }
  return post(`${url}/chat/completions`, body, { ...headers, authorization: `Bearer ${token}` })
}
