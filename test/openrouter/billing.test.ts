// OpenRouter's dialect, checks 149 and 150: who used what, by address, and one row for each call that stays.

import { join } from 'node:path'
import Database from 'better-sqlite3'
import t, { type Test } from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { gateway, type TestGateway } from '../helper.ts'
import { leapingClock } from '../promises/observe.ts'
import { sequence, status } from '../upstreams.ts'
import { answered, scene, WELL } from './scene.ts'

/** What comes from this machine may say for whom it asks. */
const BEHIND_PROXY = { AIBROKER_TRUST_PROXY: '127.0.0.1' }
const KEY = 'sk-client'
const AUTHORISED = { authorization: `Bearer ${KEY}` }
const ADDRESSES = ['198.51.100.7', '2001:db8::7', '198.51.100.7', '198.51.100.8']

async function reportOf ({ url }: TestGateway, path: string) {
  const response = await fetch(`${url}/billing/usage${path}`, { headers: AUTHORISED })
  const body = await response.json() as { readonly data: JsonObject[], readonly totals: JsonObject }
  return { status: response.status, body }
}

t.test('149: usage by address: all of them, one, one of IPv6 in any spelling, and one nobody has seen', async (t) => {
  const { ask, broker } = await scene(t, answered(), { env: { ...BEHIND_PROXY, AIBROKER_API_KEYS: KEY } })
  for (const address of ADDRESSES) {
    t.equal((await ask({}, { ...AUTHORISED, 'x-forwarded-for': address })).status, 200)
  }
  const all = await reportOf(broker, '')
  t.same(all.body.data.map(({ ip, requests }) => `${ip} ${requests}`).sort(),
    ['198.51.100.7 2', '198.51.100.8 1', '2001:db8::7 1'])
  t.match(all.body.totals, { requests: 4, cost_usd: '0.000060000', total_tokens: 48 })

  t.match((await reportOf(broker, '/198.51.100.7')).body, {
    data: [{ ip: '198.51.100.7', requests: 2, cost_usd: '0.000030000', by_model: [{ model: 'm', requests: 2 }] }],
    totals: { requests: 2 }
  })
  for (const spelling of ['2001:db8::7', '2001%3Adb8%3A%3A7', '2001:DB8:0:0::7']) {
    t.match((await reportOf(broker, `/${spelling}`)).body, { data: [{ ip: '2001:db8::7', requests: 1 }] }, spelling)
  }
  t.match(await reportOf(broker, '/203.0.113.1'),
    { status: 200, body: { data: [], totals: { requests: 0, cost_usd: '0.000000000' } } })
})

function rowsIn (t: Test, home: string): Array<Record<string, unknown>> {
  const books = new Database(join(home, 'aibroker.db'), { readonly: true })
  t.teardown(() => { books.close() })
  return books.prepare<[], Record<string, unknown>>('SELECT * FROM request_logs ORDER BY time, id').all()
}

t.test('150: each call, well or not, is one row, and the rows are there after a restart', async (t) => {
  const { ask, stream, broker } = await scene(t, sequence(answered(), WELL, status(400), status(500)))
  const asked = [await ask(), (await stream()).response, await ask(), await ask(), await ask({ provider: { only: ['nobody'] } })]
  t.same(asked.map(({ status }) => status), [200, 200, 400, 502, 404])
  await broker.close()

  const rows = rowsIn(t, broker.home)
  t.same(rows.map(({ id }) => id), asked.map(({ headers }) => headers.get('x-generation-id')))
  const used = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12, cost_usd: '0.000015000' }
  t.match(rows, [
    { status: 200, model: 'm', provider: 'test0', ...used },
    { status: 200, model: 'm', provider: 'test0', ...used },
    { status: 400, model: 'm', cost_usd: '0.000000000' },
    { status: 502, model: 'm', cost_usd: '0.000000000' },
    { status: 404, model: 'm', provider: '', cost_usd: '0.000000000' }
  ])
  for (const row of rows) t.match(row, { ip: '127.0.0.1', time: /^\d{4}-\d\d-\d\dT[\d:.]+Z$/, duration_ms: Number })

  const again = await gateway(t, { flags: { home: broker.home }, clock: leapingClock() })
  t.match((await reportOf(again, '')).body.totals, { requests: 5, errors: 3, cost_usd: '0.000030000' })
})

t.test('150: what names no model that is known here is a line in the log, and no row', async (t) => {
  const { ask, broker } = await scene(t, answered())
  const { status, headers } = await ask({ model: 'nowhere' })
  t.equal(status, 400)
  t.match(broker.log(), new RegExp(`"id":"${headers.get('x-request-id')}".*"model":"nowhere".*"status":400`))
  t.same(rowsIn(t, broker.home), [])
})
