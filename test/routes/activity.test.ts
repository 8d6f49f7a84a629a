// GET /activity, and that every report of the account tells the same sums.

import t from 'tap'
import { post } from '../helper.ts'
import { ASK, DAY_MS, keyApi, WEDNESDAY_MS } from './keys-api.ts'

/** Members that strict clients ask for: ActivityItem of OpenRouter's OpenAPI document. */
const MEMBERS = [
  'date', 'model', 'model_permaslug', 'endpoint_id', 'provider_name', 'usage', 'byok_usage_inference', 'requests',
  'prompt_tokens', 'completion_tokens', 'reasoning_tokens'
]

const nanoOf = (usd: number) => Math.round(usd * 1e9)

t.test('91: /activity of a day has a row for each model and provider, and they sum to its /billing/usage', async (t) => {
  const { call, make, ask, to, url } = await keyApi(t)
  const [one, other] = [await make(), await make()]
  const days = ['2026-11-18', '2026-11-19', '2026-11-20']
  for (const [day, asks] of [2, 3, 1].entries()) {
    for (let number = 0; number < asks; number++) {
      to(WEDNESDAY_MS + day * DAY_MS + number * 3_600_000)
      t.equal((await ask(one.token)).status, 200)
    }
    t.equal((await ask(other.token)).status, 200)
    const unpaid = { authorization: `Bearer ${one.token}`, 'x-aibroker-max-cost-usd': '0.000000001' }
    t.equal((await post(`${url}/chat/completions`, ASK, unpaid)).status, 402)
  }
  to(WEDNESDAY_MS + 3 * DAY_MS)
  for (const date of days) {
    const { status, headers, body } = await call('GET', `/api/v1/activity?date=${date}`)
    t.equal(status, 200)
    t.equal(headers.get('cache-control'), 'no-store')
    for (const row of body.data) {
      t.same(MEMBERS.filter((name) => !(name in row)), [])
      t.equal(row.date, date)
      t.notOk('workspace_id' in row)
    }
    t.match(body.data[0], { model: 'm', endpoint_id: 'test0:m', provider_name: 'test0' })
    const until = new Date(Date.parse(date) + DAY_MS).toISOString()
    const { totals } = (await call('GET', `/v1/billing/usage?since=${date}&until=${until}`)).body
    const sum = (member: string) => body.data.reduce((sum: number, row: any) => sum + row[member], 0)
    t.equal(nanoOf(sum('usage')), totals.cost_nano_usd)
    t.same(['requests', 'prompt_tokens', 'completion_tokens', 'reasoning_tokens'].map(sum),
      [totals.requests, totals.prompt_tokens, totals.completion_tokens, totals.reasoning_tokens])
    t.ok(totals.cost_nano_usd > 0 && totals.requests > 2)
  }
  const all = (await call('GET', '/v1/activity')).body.data
  t.same([...new Set(all.map(({ date }: { date: string }) => date))], [...days].reverse(), 'without a date: every day')
  const mine = (await call('GET', `/v1/activity?api_key_hash=${other.hash}`)).body.data
  t.same(mine.map((row: any) => [row.date, row.requests]), [...days].reverse().map((date) => [date, 1]))
  await call('DELETE', `/v1/keys/${other.hash}`)
  t.same((await call('GET', `/v1/activity?api_key_hash=${other.hash}`)).body.data, mine, 'what a deleted key used stays')
  const grouped = (await call('GET', '/v1/activity?group_by=workspace&date=2026-11-18')).body.data
  t.match(grouped, [{ workspace_id: /^[0-9a-f-]{36}$/ }])
})

t.test('91: today, a day over thirty days ago and no day at all are a 400 that says which days there are', async (t) => {
  const { call } = await keyApi(t)
  const date = (daysAgo: number) => new Date(WEDNESDAY_MS - daysAgo * DAY_MS).toISOString().slice(0, 10)
  for (const daysAgo of [1, 30]) t.same((await call('GET', `/v1/activity?date=${date(daysAgo)}`)).body, { data: [] })
  for (const wrong of [date(0), date(31), date(-1), 'yesterday', '2026-11-31', '2026-11-17T00:00:00Z', '']) {
    const refused = await call('GET', `/v1/activity?date=${wrong}`)
    t.equal(refused.status, 400, wrong)
    t.match(refused.body.error, { code: 400, param: 'date', message: /last 30 completed days of UTC/ })
  }
  for (const [param, query] of [['group_by', 'group_by=model'], ['user_id', 'user_id=user_1'],
    ['workspace_id', 'workspace_id=else']] as const) {
    const refused = await call('GET', `/v1/activity?${query}`)
    t.equal(refused.status, 400)
    t.equal(refused.body.error.param, param)
  }
  t.equal((await call('GET', `/v1/activity?api_key_hash=${'0'.repeat(64)}`)).status, 404)
})

t.test('91: an ordinary key is refused', async (t) => {
  const { call, make } = await keyApi(t)
  const { token } = await make()
  const refused = await call('GET', '/v1/activity', undefined, token)
  t.equal(refused.status, 403)
  t.match(refused.body.error.message, 'Only management keys can perform this operation')
})

t.test('133: the costs of the answers are what /key, /keys, /credits, /billing/usage and /activity tell', async (t) => {
  const { call, make, ask, to } = await keyApi(t)
  const { token, hash } = await make()
  let cost = 0
  for (let number = 0; number < 7; number++) {
    to(WEDNESDAY_MS + number * 60_000)
    cost += nanoOf((await ask(token)).json().usage.cost)
  }
  t.ok(cost > 0)
  t.equal(nanoOf((await call('GET', '/v1/key', undefined, token)).body.data.usage), cost)
  t.equal(nanoOf((await call('GET', '/v1/credits', undefined, token)).body.data.total_usage), cost)
  t.equal(nanoOf((await call('GET', `/v1/keys/${hash}`)).body.data.usage), cost)
  t.equal(nanoOf((await call('GET', '/v1/keys')).body.data[0].usage_weekly), cost)
  t.equal((await call('GET', '/v1/billing/usage', undefined, token)).body.totals.cost_nano_usd, cost)
  to(WEDNESDAY_MS + DAY_MS)
  const { data } = (await call('GET', '/v1/activity?date=2026-11-18')).body
  t.equal(nanoOf(data.reduce((sum: number, row: any) => sum + row.usage, 0)), cost)
})
