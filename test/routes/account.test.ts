// GET /key and /credits over a whole gateway: what was used, what is left, and whose it is.

import t, { type Test } from 'tap'
import { SqliteBudgets } from '../../src/budgets/sqlite-budgets.ts'
import type { BudgetTerms } from '../../src/budgets/budget.ts'
import { systemClock } from '../../src/core/clock.ts'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'
import { gateway, post } from '../helper.ts'
import { terms } from '../ledger/budget-books.ts'
import { chatJson, provider } from '../upstreams.ts'

const ASK = { model: 'm', messages: [{ role: 'user', content: 'hi' }], max_tokens: 10 }
/** Nine input and three output tokens at USD 1 and 2 per million. */
const COST = 0.000015
const OPERATOR = 'sk-the-operator-0123456789'
const DOLLAR = 1_000_000_000n

async function broker (t: Test) {
  const upstream = await provider(t, chatJson())
  const { gateway: opened, url, origin } = await gateway(t, {
    models: { m: [{ url: upstream.url }] }, env: { AIBROKER_API_KEYS: OPERATOR }
  })
  const books = openDatabase(opened.settings.databasePath, { access: 'guest', durability: 'process' })
  t.teardown(() => { books.close() })
  const budgets = new SqliteBudgets(books.sqlite, systemClock)
  const tokenOf = (key: Parameters<typeof opened.keys.create>[0] = {}) => opened.keys.create({ name: 'laptop', ...key })
  const get = async (path: string, token: string) => {
    const response = await fetch(`${origin}${path}`, { headers: { authorization: `Bearer ${token}` } })
    return { status: response.status, headers: response.headers, body: await response.json() as any }
  }
  const ask = async (token: string) => post(`${url}/chat/completions`, ASK, { authorization: `Bearer ${token}` })
  const limit = (changes: Partial<BudgetTerms>) => budgets.set(terms({ limit: DOLLAR, ...changes }))
  return { tokenOf, get, ask, limit }
}

const MEMBERS = [
  'label', 'limit', 'limit_remaining', 'limit_reset', 'include_byok_in_limit', 'usage', 'usage_daily', 'usage_weekly',
  'usage_monthly', 'byok_usage', 'byok_usage_daily', 'byok_usage_weekly', 'byok_usage_monthly', 'is_free_tier',
  'is_management_key', 'is_provisioning_key', 'creator_user_id', 'expires_at', 'rate_limit', 'allowed_data_regions',
  'free_model_daily_requests', 'organization_id', 'workspace_id'
]

t.test('a key without a budget: every member is there, usage counts what was answered a moment ago', async (t) => {
  const { tokenOf, get, ask } = await broker(t)
  const { token } = tokenOf({ rpm: 30, expiresAtMs: Date.UTC(2099, 0, 1) })
  t.equal((await ask(token)).status, 200)
  for (const path of ['/v1/key', '/api/v1/key', '/v1/auth/key', '/api/v1/auth/key']) {
    const { status, headers, body: { data } } = await get(path, token)
    t.equal(status, 200)
    t.equal(headers.get('cache-control'), 'no-store')
    t.same(MEMBERS.filter((name) => !(name in data)), [])
    t.match(data, {
      label: 'laptop',
      limit: null,
      limit_remaining: null,
      limit_reset: null,
      usage: COST,
      usage_daily: COST,
      usage_weekly: COST,
      usage_monthly: COST,
      expires_at: '2099-01-01T00:00:00.000Z',
      rate_limit: { requests: 30, interval: '1m' },
      x_aibroker: { usage_usd: '0.000015000', unpriced_requests: 0, budgets: [] }
    })
  }
})

t.test('the limit is that of the budget with the least left, whoever shares it', async (t) => {
  const { tokenOf, get, ask, limit } = await broker(t)
  const { token, record } = tokenOf({ team: 'search' })
  const key = async () => (await get('/v1/key', token)).body.data
  limit({
    name: 'mine', scope: { kind: 'key', value: record.id }, window: { kind: 'calendar', every: 'month', timeZone: 'UTC' }
  })
  limit({ name: 'soft', limit: 1n, isSoft: true })
  limit({ name: 'another key', scope: { kind: 'key', value: 'key_someone1' }, limit: 1n })
  limit({ name: 'another team', scope: { kind: 'team', value: 'sales' }, limit: 1n })
  limit({ name: 'a model', scope: { kind: 'model', value: 'other' }, limit: 1n })
  limit({ name: 'tokens', unit: 'tokens', limit: 5_000n })
  t.match(await key(), { limit: 1, limit_remaining: 1, limit_reset: 'monthly' })
  t.equal((await ask(token)).status, 200)
  const one = await key()
  t.match(one, { limit: 1, limit_remaining: 1 - COST, limit_reset: 'monthly' })
  t.same(one.x_aibroker.budgets.map(({ name, left }: { name: string, left: string }) => [name, left]), [
    ['mine', '0.999985000'], ['soft', '0.000000000'], ['tokens', '4988']
  ])

  limit({ name: 'team', scope: { kind: 'team', value: 'search' }, limit: DOLLAR / 2n })
  t.match(await key(), { limit: 0.5, limit_remaining: 0.5, limit_reset: null })
})

t.test('what is left in /key is what is admitted: at nothing, the next request is a 402', async (t) => {
  const { tokenOf, get, ask, limit } = await broker(t)
  const { token, record } = tokenOf()
  limit({ name: 'mine', scope: { kind: 'key', value: record.id }, limit: 10_000_000n })
  t.equal((await ask(token)).status, 200)
  limit({ name: 'mine', scope: { kind: 'key', value: record.id }, limit: 15_000n })
  t.match((await get('/v1/key', token)).body.data, { limit: COST, limit_remaining: 0, usage: COST })
  t.match((await get('/v1/credits', token)).body.data, { total_credits: COST, total_usage: COST })
  t.equal((await ask(token)).status, 402)
})

t.test('credits minus usage is what may be spent; without a budget it is said to be unlimited', async (t) => {
  const { tokenOf, get, ask, limit } = await broker(t)
  const { token } = tokenOf()
  await ask(token)
  t.same((await get('/api/v1/credits', token)).body, {
    data: { total_credits: 1_000_000 + COST, total_usage: COST, x_aibroker: { unlimited: true, left_usd: null } }
  })
  limit({ name: 'everybody' })
  t.same((await get('/v1/credits', token)).body, {
    data: { total_credits: 1 + COST, total_usage: COST, x_aibroker: { unlimited: false, left_usd: '1.000000000' } }
  })
})

t.test('a key sees its own use, the operator everybody\'s, and a stranger nothing', async (t) => {
  const { tokenOf, get, ask } = await broker(t)
  const [one, other] = [tokenOf(), tokenOf()]
  await ask(one.token)
  t.equal((await get('/v1/key', one.token)).body.data.usage, COST)
  t.equal((await get('/v1/key', other.token)).body.data.usage, 0)
  const all = (await get('/v1/key', OPERATOR)).body.data
  t.match(all, { label: 'operator#0', usage: COST, rate_limit: { requests: -1 } })
  for (const path of ['/v1/key', '/v1/credits', '/v1/auth/key']) {
    t.equal((await get(path, 'sk-nobody')).status, 401)
  }
})

t.test('where no key is needed the answer is the machine\'s', async (t) => {
  const upstream = await provider(t, chatJson())
  const { url } = await gateway(t, { models: { m: [{ url: upstream.url }] } })
  await post(`${url}/chat/completions`, ASK)
  const body = await (await fetch(`${url}/key`)).json()
  t.match(body, { data: { label: 'local', usage: COST, expires_at: null } })
})
