// POST /v1/responses with what nobody would send or answer in good faith.

import t from 'tap'
import { Floor } from '../../src/wire/openai-responses/floor.ts'
import { NO_EVENTS } from '../../src/wire/openai-responses/event-writer.ts'
import { ToolNames } from '../../src/wire/openai-responses/tool-names.ts'
import { answered, chunks, DONE, piece } from '../openrouter/scene.ts'
import { lastResponse, responsesScene, typesOf } from './scene.ts'

const LOTS = 60_000
const NESTED = '['.repeat(LOTS) + ']'.repeat(LOTS)

t.test('reasoning that was never sealed here is no reason to fail', async (t) => {
  const { ask, sent } = await responsesScene(t, answered())
  const sealed = `aibroker1.${Buffer.from(`{"details":[{"type":"reasoning.text","x":${NESTED}}]}`).toString('base64url')}`
  const input = [{ type: 'reasoning', summary: [], encrypted_content: sealed }, { role: 'user', content: 'Hello' }]
  t.equal((await ask({ input })).status, 200)
  t.notMatch(JSON.stringify(sent()), 'reasoning_details')
})

t.test('an event that is nested too deeply to be told breaks the stream, and nothing else', async (t) => {
  const deep = `data: {"service_tier":${NESTED},"choices":[{"index":0,"delta":{"content":"!"}}]}\n\n`
  const { stream } = await responsesScene(t, chunks(piece({ content: 'Hello' }), deep, piece({}, 'stop'), DONE))
  const { values } = await stream()
  t.equal(typesOf(values).at(-1), 'response.failed')
  t.equal(lastResponse(values)['status'], 'failed')
})

t.test('calls by the hundred thousand are told in a time that grows with their number alone', async (t) => {
  const timeOf = (count: number): number => {
    const floor = new Floor({ events: NO_EVENTS, suffix: 'x', names: new ToolNames(), wantsSummary: false, wantsSealed: false })
    const begun = performance.now()
    for (let index = 0; index < count; index++) floor.take({ kind: 'call', index, id: `${index}`, name: 'f', text: '' })
    floor.close('completed')
    t.equal(floor.items().length, count)
    return performance.now() - begun
  }
  timeOf(1_000)
  const few = timeOf(10_000)
  t.ok(timeOf(160_000) < 16 * few * 6 + 200)
})
