// What requests tell of the backends that served them: speed and reliability, read from the gateway afterwards.

import t from 'tap'
import { HALF_HOUR_MS } from '../../src/catalog/measured.ts'
import { gateway, post } from '../helper.ts'
import { chatJson, chatSse, provider, status } from '../upstreams.ts'

const ASK = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }
const BACKEND = 'test0:m-upstream'

t.test('an answer tells throughput, a stream its first output too, and each call counts once', async (t) => {
  const upstream = await provider(t, (call) => call.request.json()['stream'] === true ? chatSse()(call) : chatJson()(call))
  const { url, gateway: { performance } } = await gateway(t, { models: { m: [upstream] } })
  await post(`${url}/chat/completions`, ASK)
  t.ok((performance.throughput(BACKEND, HALF_HOUR_MS)?.p50 ?? 0) > 0)
  t.equal(performance.latencyMs(BACKEND, HALF_HOUR_MS), undefined)
  await post(`${url}/chat/completions`, { ...ASK, stream: true })
  t.ok((performance.latencyMs(BACKEND, HALF_HOUR_MS)?.p50 ?? 0) > 0)
  for (let call = 0; call < 17; call++) await post(`${url}/chat/completions`, ASK)
  t.equal(performance.uptime(BACKEND, HALF_HOUR_MS), undefined)
  await post(`${url}/chat/completions`, ASK)
  t.equal(performance.uptime(BACKEND, HALF_HOUR_MS), 100)
})

t.test('a model that is gone counts against its backend, a request that is wrong does not', async (t) => {
  let code = 400
  const upstream = await provider(t, (call) => status(code)(call))
  const { url, gateway: { performance } } = await gateway(t, { models: { m: [upstream] } })
  const ask = async (times: number) => {
    for (let call = 0; call < times; call++) await post(`${url}/chat/completions`, ASK)
    return performance.uptime(BACKEND, HALF_HOUR_MS)
  }
  t.equal(await ask(20), undefined)
  code = 404
  t.equal(await ask(20), 0)
})
