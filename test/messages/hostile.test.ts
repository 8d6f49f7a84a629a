// POST /v1/messages with what nobody would send or answer in good faith.

import t from 'tap'
import { answered } from '../openrouter/scene.ts'
import { messagesScene } from './messages-scene.ts'

t.test('the id of a result is not repeated in full for each of its pictures', async (t) => {
  const { ask, chat } = await messagesScene(t, answered(), { modelYaml: 'capabilities: [vision]' })
  const image = { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } }
  const result = { type: 'tool_result', tool_use_id: 'i'.repeat(20_000), content: [image, image, image] }
  t.equal((await ask({ messages: [{ role: 'user', content: [result] }] })).status, 200)
  const text = JSON.stringify(chat()['messages'])
  t.match(text, 'Attachment 3, of the result of iii')
  t.ok(text.length < 22_000, `${text.length} characters of 20,000`)
})
