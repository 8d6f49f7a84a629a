// What would the budgets say? Asked over HTTP, and compared with what they do say to the same request.

import t, { type Test } from 'tap'
import type { BudgetTerms } from '../../src/budgets/budget.ts'
import { SqliteBudgets } from '../../src/budgets/sqlite-budgets.ts'
import { systemClock } from '../../src/core/clock.ts'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'
import { gateway, post } from '../helper.ts'
import { terms } from '../ledger/budget-books.ts'
import { look, rowsOf } from '../promises/observe.ts'
import { chatJson, provider, type Answer } from '../upstreams.ts'

interface Told {
  readonly verdict: string
  readonly reason?: string
  readonly max_output_tokens?: number
}

interface Quote {
  readonly maximum_cost_usd: string
  readonly budgets: readonly Told[]
}

const BODY = { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] }
const USAGE = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 }

async function served (t: Test, answer: Answer = chatJson({ usage: USAGE }), yaml = 'input_cost: 1\n        output_cost: 2') {
  const source = await provider(t, answer)
  const broker = await gateway(t, { models: { m: [{ url: source.url, yaml }] } })
  const guest = openDatabase(`${broker.home}/aibroker.db`, { access: 'guest', durability: 'process' })
  t.teardown(() => { guest.close() })
  const budgets = new SqliteBudgets(guest.sqlite, systemClock)
  return {
    source,
    broker,
    set: (changes: Partial<BudgetTerms>) => budgets.set(terms(changes)),
    ask: (body: object = {}) => post(`${broker.url}/chat/completions`, { ...BODY, ...body }),
    quote: async (body: object = {}) => await (await post(`${broker.url}/explain`, { ...BODY, ...body })).json() as Quote
  }
}

const nano = (usd: string) => BigInt(usd.replace('.', ''))

t.test('without a budget there is nobody to ask', async (t) => {
  const { quote } = await served(t)
  t.same((await quote()).budgets, [])
})

t.test('each budget the request counts in says what is left of it, and nothing is reserved', async (t) => {
  const { quote, ask, set, broker } = await served(t)
  const bound = (await quote()).maximum_cost_usd
  set({ name: 'all', limit: 5_000_000_000n, window: { kind: 'calendar', every: 'day', timeZone: 'UTC' } })
  set({ name: 'machine', scope: { kind: 'ip', value: '127.0.0.1' }, unit: 'requests', limit: 7n })
  set({ name: 'other', scope: { kind: 'model', value: 'elsewhere' } })
  set({ name: 'watched', unit: 'tokens', limit: 1n, isSoft: true })
  t.equal((await ask()).status, 200)
  const rows = rowsOf(broker.home).length
  for (const path of ['/explain', '/chat/completions?dry_run=1']) {
    const { budgets } = await (await post(`${broker.url}${path}`, BODY)).json() as Quote
    t.match(budgets, [
      {
        budget: 'all',
        scope: 'global',
        unit: 'usd',
        limit: '5.000000000',
        spent: '0.000030000',
        reserved: '0.000000000',
        needed: bound,
        window: 'per day (UTC)',
        resets_at: /T00:00:00.000Z$/,
        verdict: 'allows',
        is_soft: false
      },
      { budget: 'machine', scope: 'ip:127.0.0.1', limit: '7', spent: '1', left: '6', needed: '1', resets_at: null },
      { budget: 'watched', unit: 'tokens', spent: '20', left: '0', verdict: 'allows', is_soft: true }
    ])
    t.equal(budgets.length, 3)
  }
  t.equal(rowsOf(broker.home).length, rows)
  const reserved = look(broker.home, (sqlite) => sqlite.prepare('SELECT sum(reserved) FROM budget_windows').pluck().get())
  t.equal(reserved, 0)
})

t.test('what a running request holds counts', async (t) => {
  let release = () => {}
  const released = new Promise<void>((resolve) => { release = resolve })
  let arrived = () => {}
  const seen = new Promise<void>((resolve) => { arrived = resolve })
  t.teardown(() => { release() })
  const { quote, ask, set } = await served(t, async (call) => {
    arrived()
    await released
    await chatJson({ usage: USAGE })(call)
  })
  const bound = (await quote()).maximum_cost_usd
  set({ limit: nano(bound) })
  const running = ask()
  await seen
  t.match((await quote()).budgets, [{ reserved: bound, left: '0.000000000', verdict: 'refuses', reason: /Insufficient credits/ }])
  release()
  t.equal((await running).status, 200)
  t.match((await quote()).budgets, [{ reserved: '0.000000000', spent: '0.000030000' }])
})

t.test('what it says is what it does: refused in the same words', async (t) => {
  const { quote, ask, set, source } = await served(t)
  set({ limit: 1_000n })
  const { budgets: [told] } = await quote()
  t.equal(told?.verdict, 'refuses')
  const answer = await ask()
  t.equal(answer.status, 402)
  t.equal(answer.json().error.message, told?.reason)
  t.equal(source.requests.length, 0)
})

t.test('what it says is what it does: the same smaller limit of output, or none where it would be of no use', async (t) => {
  const usage = { prompt_tokens: 10, completion_tokens: 38, total_tokens: 48 }
  const { quote, ask, set } = await served(t, chatJson({ usage }))
  set({ mayClamp: true, limit: nano((await quote({ max_tokens: 40 })).maximum_cost_usd) })
  const { budgets: [told] } = await quote()
  t.equal(told?.verdict, 'clamps')
  const answer = await ask()
  t.equal(answer.status, 200)
  t.equal(answer.headers.get('x-aibroker-budget-clamped'), String(told?.max_output_tokens))
  t.match((await quote()).budgets, [{ verdict: 'refuses' }], 'fewer than 16 tokens')
  t.equal((await ask()).status, 402)
})

t.test('what it says is what it does: without a price there is no bound', async (t) => {
  const { quote, ask, set } = await served(t, chatJson(), 'timeouts: {}')
  set({})
  const { budgets: [told] } = await quote()
  t.match(told, { verdict: 'needs_bound', needed: null, reason: /the price of m is not known/ })
  const answer = await ask()
  t.equal(answer.status, 402)
  t.equal(answer.json().error.message, told?.reason)
})
