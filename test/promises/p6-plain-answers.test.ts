import t from 'tap'
import { gateway, post } from '../helper.ts'
import { cutAfterBytes, chatJson, provider } from '../upstreams.ts'

const WHOLE = JSON.stringify({ id: 'c', object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }] })

t.test('P6 half a body does not pass as an answer, whatever its content type says', async (t) => {
  for (const type of ['application/json', 'text/plain', 'application/octet-stream']) {
    const cut = await provider(t, ({ response }) => {
      // The connection's end is the body's end: HTTP itself cannot tell this from a whole answer.
      response.writeHead(200, { 'content-type': type, connection: 'close' })
      response.end(WHOLE.slice(0, 60))
    })
    const { url } = await gateway(t, { models: { m: [cut] } })
    const answer = await post(`${url}/chat/completions`, { model: 'm', messages: [{ role: 'user', content: 'hi' }] })
    t.equal(answer.status, 502, type)
    t.match(answer.json(), { error: { code: 502, metadata: { reason: 'every_backend_failed' } } })
  }
})

t.test('P6 an answer that breaks off is left for the next backend, and stays on the books at its bound', async (t) => {
  const broken = await provider(t, cutAfterBytes(40, WHOLE, 'application/json'))
  const whole = await provider(t, chatJson({ content: 'whole' }))
  const { url, gateway: { reports } } = await gateway(t, { models: { m: [broken, whole] } })
  const answer = await post(`${url}/chat/completions`, { model: 'm', messages: [{ role: 'user', content: 'hi' }], max_tokens: 10 })
  t.equal(answer.json().choices[0].message.content, 'whole')
  const attempts = reports.exchange(answer.headers.get('x-generation-id') ?? '')?.attempts ?? []
  const bound = { outcome: 'failed', grade: 'bounded' }
  t.match(attempts, [bound, bound, { outcome: 'answered', grade: 'reported' }], 'the second try of the first one as well')
  t.ok((attempts[0]?.costNanoUsd ?? 0n) > 0n, 'a provider that began to answer may bill for it')
})
