// What a client hears while a provider turns the broker's own credential away: whose fault it is, and until when.

import t from 'tap'
import { steppedClock } from '../catalog/stepped-clock.ts'
import { gateway, post } from '../helper.ts'
import { chatJson, provider, sequence, status } from '../upstreams.ts'

const ask = (model: string, more: object = {}) => ({ model, messages: [{ role: 'user', content: 'hi' }], ...more })

t.test('113: a credential that was refused is a 503 that names its provider, until it is tried again and works', async (t) => {
  const stepped = steppedClock()
  const upstream = await provider(t, sequence(status(401), status(401), chatJson()))
  const { url } = await gateway(t, { models: { m: [upstream] }, clock: { ...stepped, nowMs: () => 0 } })
  const told = async (waitS: number) => {
    const { status, headers, json } = await post(`${url}/chat/completions`, ask('m'))
    t.equal(status, 503)
    t.equal(headers.get('retry-after'), String(waitS))
    t.equal(headers.get('x-should-retry'), 'false')
    const { message, code, metadata } = json().error
    t.equal(message, 'No backend of m can be asked: test0 turned the broker\'s own credential away, and its operator ' +
      `has to look at it: aibroker keys add test0. It is tried again in ${waitS} s.`)
    t.match({ code, metadata }, { code: 503, metadata: { reason: 'credential_refused', error_type: 'provider_unavailable' } })
  }
  await told(5)
  stepped.pass(2_000)
  await told(3)
  t.equal(upstream.requests.length, 1, 'nobody asks with it while it rests')
  stepped.pass(3_000)
  await told(10)
  t.equal(upstream.requests.length, 2)
  stepped.pass(10_000)
  t.equal((await post(`${url}/chat/completions`, ask('m'))).status, 200)
})

t.test('one whose account is declined again and again is told the same way', async (t) => {
  const { url } = await gateway(t, { models: { m: [await provider(t, status(403))] } })
  for (const round of [1, 2, 3]) t.equal((await post(`${url}/chat/completions`, ask('m'))).status, 403, `${round}`)
  const { status: code, headers, json } = await post(`${url}/chat/completions`, ask('m'))
  t.equal(code, 503)
  t.ok(Number(headers.get('retry-after')) > 20)
  t.match(json().error.message, 'test0 turned the broker\'s own credential away')
})

t.test('all models that were asked for are named, and everybody who turned the broker away', async (t) => {
  const [one, other] = [await provider(t, status(401)), await provider(t, status(401))]
  const { url } = await gateway(t, { models: { one: [one], other: [other] } })
  for (const round of [1, 2]) {
    const { json } = await post(`${url}/chat/completions`, ask('one', { models: ['other'] }))
    t.match(json().error.message, /^No backend of one, other can be asked: test0, test1 turned/, `${round}`)
    t.match(json().error.message, 'aibroker keys add test0, aibroker keys add test1')
  }
})

t.test('all models that were asked for are named when every backend of them failed', async (t) => {
  const [one, other] = [await provider(t, status(500)), await provider(t, status(500))]
  const { url } = await gateway(t, { models: { one: [one], other: [other] } })
  const { status: code, json } = await post(`${url}/chat/completions`, ask('one', { models: ['other'] }))
  t.equal(code, 502)
  t.match(json().error.message, 'Every backend of one, other failed')
})
