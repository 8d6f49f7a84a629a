// What was said of a generation, and the texts of it that are not kept.

import t from 'tap'
import { MOST_FEEDBACK } from '../../src/ledger/feedback.ts'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'
import { keyApi } from './keys-api.ts'

t.test('90: the content of a generation is a 404 that says nothing is kept; another key\'s is unknown', async (t) => {
  const { call, make, ask } = await keyApi(t)
  const [own, other] = [await make(), await make()]
  const id = (await ask(own.token)).headers.get('x-generation-id')
  const kept = await call('GET', `/v1/generation/content?id=${id}`, undefined, own.token)
  t.equal(kept.status, 404)
  t.match(kept.body.error, { code: 404, message: /logs no prompts/, metadata: { reason: 'content_not_kept' } })
  for (const [path, token] of [[`content?id=${id}`, other.token], ['content?id=gen-1-x', own.token]]) {
    const unknown = await call('GET', `/v1/generation/${path}`, undefined, token)
    t.equal(unknown.status, 404)
    t.equal(unknown.body.error.metadata.reason, 'unknown_exchange')
  }
  t.match((await call('GET', '/v1/generation/content')).body.error, { code: 400, param: 'id' })
})

t.test('feedback is kept with its generation: the last word counts, and only who administers reads it', async (t) => {
  const { call, make, ask } = await keyApi(t)
  const { token } = await make()
  const id = (await ask(token)).headers.get('x-generation-id')
  const say = (words: object, key?: string) => call('POST', '/v1/generation/feedback', { generation_id: id, ...words }, key)
  t.same((await say({ category: 'latency' })).body, { data: { success: true } })
  t.same((await say({ category: 'formatting', comment: 'no lists' })).body, { data: { success: true } })
  const seenBy = async (key?: string) =>
    (await call('GET', `/v1/generation?id=${id}`, undefined, key)).body.data.x_aibroker.feedback
  t.match(await seenBy(), { category: 'formatting', comment: 'no lists', created_at: /^2026-11-18T12:00:00/ })
  t.equal(await seenBy(token), null)
  t.equal((await say({ category: 'other' }, token)).status, 403)
  for (const [param, words] of [['category', {}], ['category', { category: 'praise' }], ['comment', { category: 'other', comment: 7 }],
    ['comment', { category: 'other', comment: 'x'.repeat(1_001) }], ['generation_id', { category: 'other', generation_id: 5 }]] as const) {
    const refused = await say(words)
    t.equal(refused.status, 400)
    t.equal(refused.body.error.param, param)
  }
  t.equal((await say({ category: 'other', generation_id: 'gen-1763467200-00000001aaaaaaaaaaaa' })).status, 404)
})

t.test('the oldest feedback goes when there is too much of it, and all of it with the rows of its requests', async (t) => {
  const { call, ask, gateway } = await keyApi(t)
  const id = (await ask('sk-the-operator-0123456789')).headers.get('x-generation-id')
  const guest = openDatabase(gateway.settings.databasePath, { access: 'guest', durability: 'process' })
  t.teardown(() => { guest.close() })
  guest.sqlite.exec(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MOST_FEEDBACK})
    INSERT INTO generation_feedback (exchange, category, created_at_ms) SELECT 1000 + i, 'other', i FROM n`)
  t.equal((await call('POST', '/v1/generation/feedback', { generation_id: id, category: 'billing' })).status, 200)
  const rows = () => guest.sqlite.prepare('SELECT count(*), min(exchange), max(created_at_ms) FROM generation_feedback').raw().get()
  t.same(rows(), [MOST_FEEDBACK, 1, gateway.clock.nowMs()])
  t.equal(guest.sqlite.prepare('SELECT min(created_at_ms) FROM generation_feedback').pluck().get(), 2)
  guest.sqlite.exec('DELETE FROM exchanges WHERE id = 1')
  t.equal(guest.sqlite.prepare('SELECT count(*) FROM generation_feedback WHERE exchange = 1').pluck().get(), 0)
})
