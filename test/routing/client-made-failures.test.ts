// One client must not be able to open the breaker of a backend for everybody else by what it asks for.

import t from 'tap'
import { gateway } from '../helper.ts'
import { Caller } from '../exchange/caller.ts'
import { answerJson, provider } from '../upstreams.ts'

const event = (delta: object, reason: string | null) =>
  `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`

t.test('answers that a stop sequence left empty do not make the backend rest', async (t) => {
  const asked = await provider(t, (call) => {
    const { stop, stream } = call.request.json()
    if (stream !== true) return answerJson({ id: 'x', choices: [{ index: 0, message: { role: 'assistant', content: '' }, finish_reason: 'stop' }] })(call)
    call.response.writeHead(200, { 'content-type': 'text/event-stream' })
    call.response.end(event({ role: 'assistant', content: stop === undefined ? 'hi' : '' }, null) + event({}, 'stop') + 'data: [DONE]\n\n')
  })
  const broker = await gateway(t, { models: { m: [{ url: asked.url }] } })
  const ask = async (body: object, headers = {}) => {
    const caller = new Caller(`${broker.url}/chat/completions`, { body, headers })
    await caller.ended
    return caller
  }
  for (let round = 0; round < 2; round++) {
    t.equal((await ask({ stop: ['h'] }, { 'x-aibroker-relay': 'exact' })).status, 502)
    t.equal((await ask({ stream: false, stop: ['h'] })).status, 502)
  }
  t.ok(asked.requests.length >= 6, 'each was tried twice')
  t.equal((await ask({})).status, 200)
})
