// aibroker models --health against brokers that are there, not there, closed to this key, or something else.

import { createServer, type RequestListener } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { systemClock } from '../../src/core/clock.ts'
import { gateway, post } from '../helper.ts'
import { chatJson, freePort, provider, status } from '../upstreams.ts'
import { aibroker } from './command.ts'

async function serve (t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('a running broker says how each backend is, and which was never tried', async (t) => {
  const bad = await provider(t, status(503, { error: { message: 'out of\u001b[2J order' } }))
  const good = await provider(t, chatJson())
  const clock = { ...systemClock, monotonicMs: () => 10_000 } // the rest lasts as long as the test
  const models = { c: [{ url: good.url }], a: [{ url: bad.url }], b: [{ url: good.url }] }
  const broker = await gateway(t, { models, clock })
  const send = (model: string) => post(`${broker.url}/chat/completions`, { model, messages: [{ role: 'user', content: 'Hi' }] })
  await send('b')
  while ((await send('a')).status === 502);

  const text = await aibroker(t, ['models', '--health', '--url', broker.origin])
  t.equal(text.code, 0, text.stderr)
  t.match(text.stdout, /^backend +state +failures +retry in +credentials +last failure$/m)
  t.match(text.stdout, /^test1:a-upstream +resting +3 +[12] s +ready +out of.* order$/m)
  t.match(text.stdout, /^test2:b-upstream +well +0 +- +ready +-$/m)
  t.match(text.stdout, /^test0:c-upstream +never tried +0 +- +ready +-$/m)
  t.notMatch(text.stdout, '\u001b')
  t.match(text.stderr, `3 backends, 1 resting, from ${broker.origin}`)

  const json = JSON.parse((await aibroker(t, ['models', '--health', '--url', broker.origin, '--json'])).stdout)
  t.equal(json.source, broker.origin)
  t.match(json.data, [
    { backend: 'test1:a-upstream', models: ['a'], failures_in_a_row: 3 },
    { backend: 'test2:b-upstream', state: 'closed' },
    { backend: 'test0:c-upstream', state: 'untried' }
  ])
})

t.test('a key of the environment goes along, and one that may not read this is told so', async (t) => {
  let authorization: string | undefined
  const url = await serve(t, (request, response) => {
    authorization = request.headers.authorization
    response.writeHead(403).end('{}')
  })
  const { code, stderr } = await aibroker(t, ['models', '--health', '--url', url], { env: { AIBROKER_KEY: 'ab_key' } })
  t.equal(code, 1)
  t.match(stderr, 'AIBROKER_API_KEYS')
  t.equal(authorization, 'Bearer ab_key')
})

for (const [sentence, code, body, says] of [
  ['without a key is told that one is needed', 401, {}, /wants a key: set AIBROKER_KEY/],
  ['that asks an older broker, or another program, is told so', 404, {}, /answered 404, and not as a broker does/],
  ['that gets something else is told so', 200, { data: [1] }, /not as a broker does/]
] as const) {
  t.test(`a program ${sentence}`, async (t) => {
    const url = await serve(t, (_request, response) => { response.writeHead(code).end(JSON.stringify(body)) })
    const ended = await aibroker(t, ['models', '--health', '--url', url])
    t.equal(ended.code, 1)
    t.match(ended.stderr, says)
  })
}

t.test('only a running broker knows: nobody there is exit code 3, a file is wrong usage', async (t) => {
  t.equal((await aibroker(t, ['models', '--health', '--url', `http://127.0.0.1:${await freePort()}`])).code, 3)
  t.equal((await aibroker(t, ['models', '--health', '--config', 'own.yml'])).code, 2)
})
