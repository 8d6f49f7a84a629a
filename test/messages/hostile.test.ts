// POST /v1/messages with what nobody would send or answer in good faith.

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { post } from '../helper.ts'
import { answered } from '../openrouter/scene.ts'
import { messagesScene } from './messages-scene.ts'

const LOTS = 60_000
const NESTED = '['.repeat(LOTS) + ']'.repeat(LOTS)

t.test('the id of a result is not repeated in full for each of its pictures', async (t) => {
  const { ask, chat } = await messagesScene(t, answered(), { modelYaml: 'capabilities: [vision]' })
  const image = { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } }
  const result = { type: 'tool_result', tool_use_id: 'i'.repeat(20_000), content: [image, image, image] }
  t.equal((await ask({ messages: [{ role: 'user', content: [result] }] })).status, 200)
  const text = JSON.stringify(chat()['messages'])
  t.match(text, 'Attachment 3, of the result of iii')
  t.ok(text.length < 22_000, `${text.length} characters of 20,000`)
})

t.test('what was never signed here is no reason to fail, however it is nested and however much it is', async (t) => {
  const { ask, chat } = await messagesScene(t, answered())
  const sealed = (json: string) => `aibroker:${Buffer.from(json).toString('base64url')}`
  const forged = [`{"type":"reasoning.text","x":${NESTED}}`, `{"type":"reasoning.text","x":[${'{},'.repeat(LOTS)}{}]}`]
  for (const signature of forged.map(sealed)) {
    const said: JsonObject[] = [{ type: 'thinking', thinking: 'Hm', signature }, { type: 'text', text: 'Hi' }]
    const turns: JsonObject[] = [{ role: 'assistant', content: said }, { role: 'user', content: 'And?' }]
    t.equal((await ask({ messages: turns })).status, 200)
    t.notMatch(JSON.stringify(chat()), 'reasoning_details')
  }
})

t.test('an answer that is nested too deeply to be told is a failure of its provider', async (t) => {
  const { ask } = await messagesScene(t, ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(`{"provider":${NESTED},"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"}}]}`)
  })
  const reply = await ask()
  t.equal(reply.status, 502)
  t.equal(reply.json().error.type, 'api_error')
})

t.test('counting takes a place: who fills them all with long texts to be counted is told to come later', async (t) => {
  let letGo = () => {}
  const opened = new Promise<void>((resolve) => { letGo = resolve })
  let noteArrived = () => {}
  const arrived = new Promise<void>((resolve) => { noteArrived = resolve })
  const { ask, url } = await messagesScene(t, async ({ response }) => {
    noteArrived()
    await opened
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }] }))
  }, { env: { AIBROKER_MAX_IN_FLIGHT: '1', AIBROKER_QUEUE: '0' } })
  const running = ask()
  await arrived
  const refused = await post(`${url}/count_tokens`, { model: 'm', messages: [{ role: 'user', content: 'Hello' }] })
  letGo()
  t.equal((await running).status, 200)
  t.equal(refused.status, 503)
  t.match(refused.json(), { type: 'error', error: { type: 'overloaded_error' } })
})
