// Deadlines that a client sets are its own business: they do not make a backend rest for others.

import t from 'tap'
import { gateway, post } from '../helper.ts'
import { chatJson, never, provider, type Answer } from '../upstreams.ts'

const ASK = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }

t.test('a client with impatient deadlines does not open the breaker for everybody', async (t) => {
  let answer: Answer = never()
  const slow = await provider(t, (call) => answer(call))
  const { url, gateway: { health } } = await gateway(t, { models: { m: [slow] } })
  const chat = `${url}/chat/completions`
  for (let count = 0; count < 5; count++) {
    t.equal((await post(chat, ASK, { 'x-aibroker-timeout-first-byte': '20ms' })).status, 502)
    t.equal((await post(chat, ASK, { 'x-aibroker-timeout-total': '20ms' })).status, 408)
  }
  t.match(health.list(), [{ state: 'closed', failures: 0 }])
  answer = chatJson()
  t.equal((await post(chat, ASK)).status, 200)
})

t.test('the operator\'s deadlines do', async (t) => {
  const silent = await provider(t, never())
  const { url, gateway: { health } } = await gateway(t, {
    models: { m: [silent] }, env: { AIBROKER_FIRST_BYTE_TIMEOUT_MS: '20' }
  })
  for (let count = 0; count < 3; count++) t.equal((await post(`${url}/chat/completions`, ASK)).status, 502)
  t.match(health.list(), [{ state: 'open', failures: 3 }])
})
