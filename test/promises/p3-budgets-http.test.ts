// P3 over HTTP: what fits a budget is served, what does not is a 402 with the arithmetic, and nothing overshoots.

import t, { type Test } from 'tap'
import { SqliteBudgets } from '../../src/budgets/sqlite-budgets.ts'
import type { BudgetTerms } from '../../src/budgets/budget.ts'
import { systemClock } from '../../src/core/clock.ts'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'
import { verifyLedger } from '../../src/ledger/sqlite/verify.ts'
import { gateway, post } from '../helper.ts'
import { terms } from '../ledger/budget-books.ts'
import { leapingClock, look, rowsOf } from './observe.ts'
import { chatJson, provider, status, type Answer } from '../upstreams.ts'

/** One request: 10 tokens in, 100 out, at USD 1 and 2 per million. */
const USAGE = { prompt_tokens: 10, completion_tokens: 100, total_tokens: 110 }
const COST = 10n * 1_000n + 100n * 2_000n
const BODY = { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] }

async function budgeted (t: Test, answer: Answer, changes: Partial<BudgetTerms>, models = 1) {
  const source = await provider(t, answer)
  const broker = await gateway(t, {
    models: { m: Array.from({ length: models }, () => ({ url: source.url })) }, clock: leapingClock('hasty')
  })
  const guest = openDatabase(`${broker.home}/aibroker.db`, { access: 'guest', durability: 'process' })
  t.teardown(() => { guest.close() })
  const budgets = new SqliteBudgets(guest.sqlite, systemClock)
  const { budget } = budgets.set(terms(changes))
  return {
    source,
    broker,
    state: () => budgets.stateOf(budget),
    ask: (body: object = {}) => post(`${broker.url}/chat/completions`, { ...BODY, ...body }),
    verify: () => look(broker.home, (sqlite) => verifyLedger(sqlite))
  }
}

/** What the broker reserves for one request: the maximum of its own quote. */
async function boundOf (url: string, body: object = BODY): Promise<bigint> {
  const quote = await (await post(`${url}/explain`, body)).json() as { maximum_cost_usd: string }
  return BigInt(Math.round(Number(quote.maximum_cost_usd) * 1e9))
}

t.test('200 requests at once on a budget for 50: exactly what fits is served', async (t) => {
  const { ask, state, source, verify, broker } =
    await budgeted(t, chatJson({ usage: USAGE }), { unit: 'requests', limit: 50n })
  const answers = await Promise.all(Array.from({ length: 200 }, () => ask()))
  const statuses = answers.map(({ status }) => status)
  t.equal(statuses.filter((status) => status === 200).length, 50)
  t.equal(statuses.filter((status) => status === 402).length, 150)
  t.equal(source.requests.length, 50, 'nothing was sent for the others')
  t.match(state(), { spent: 50n, reserved: 0n, left: 0n })
  t.match(verify(), { ok: true, exchanges: 200, open: 0 })
  t.equal(rowsOf(broker.home).filter(({ error }) => error === 'budget_exceeded').length, 150)
})

t.test('in money the bound is reserved, the cost is booked, and all of the budget can be used', async (t) => {
  const { ask, state, broker, verify } = await budgeted(t, chatJson({ usage: USAGE }), { limit: 1n })
  const bound = await boundOf(broker.url)
  const budgets = openDatabase(`${broker.home}/aibroker.db`, { access: 'guest', durability: 'process' })
  new SqliteBudgets(budgets.sqlite, systemClock).set(terms({ limit: bound + 9n * COST }))
  budgets.close()
  const statuses: number[] = []
  for (let count = 0; count < 12; count++) statuses.push((await ask()).status)
  t.same(statuses, [...Array.from({ length: 10 }, () => 200), 402, 402])
  t.match(state(), { spent: 10n * COST, reserved: 0n })
  t.match(verify(), { ok: true })
})

t.test('the refusal tells the arithmetic, and its exchange can be explained', async (t) => {
  const { ask, broker } = await budgeted(t, chatJson(), { name: 'team-a', limit: 1_000n })
  const answer = await ask()
  t.equal(answer.status, 402)
  t.match((await answer.json() as { error: object }).error, {
    code: 402,
    message: /Budget "team-a" allows .* and this request may need up to/,
    metadata: { budget: 'team-a', limit: '0.000001000', spent: '0.000000000', reserved: '0.000000000' }
  })
  const id = answer.headers.get('x-generation-id')
  t.match(id, /^gen-/)
  const explained = await (await fetch(`${broker.url}/exchanges/${id}/explain`)).json()
  t.match(explained, { id, status: 402, error: 'budget_exceeded', attempts: [] })
})

t.test('a price that is not known is not free: a budget in money refuses it', async (t) => {
  const source = await provider(t, chatJson())
  const broker = await gateway(t, { models: { m: [{ url: source.url, yaml: 'timeouts: {}' }] } })
  const guest = openDatabase(`${broker.home}/aibroker.db`, { access: 'guest', durability: 'process' })
  t.teardown(() => { guest.close() })
  new SqliteBudgets(guest.sqlite, systemClock).set(terms())
  const answer = await post(`${broker.url}/chat/completions`, BODY)
  t.equal(answer.status, 402)
  t.match(await answer.json(), { error: { message: /Budget "all" admits only requests that are bounded/ } })
  t.equal(source.requests.length, 0)
})

t.test('a budget that may clamp sends a smaller limit of tokens, says so, and never goes beyond', async (t) => {
  const { ask, broker, source, state, verify } =
    await budgeted(t, chatJson({ usage: USAGE }), { mayClamp: true, limit: 1n })
  const bound = await boundOf(broker.url, { ...BODY, max_tokens: 40 })
  const guest = openDatabase(`${broker.home}/aibroker.db`, { access: 'guest', durability: 'process' })
  new SqliteBudgets(guest.sqlite, systemClock).set(terms({ mayClamp: true, limit: bound }))
  guest.close()
  const answer = await ask()
  t.equal(answer.status, 200)
  const clamped = Number(answer.headers.get('x-aibroker-budget-clamped'))
  t.ok(clamped >= 39 && clamped <= 41, `${clamped}`)
  t.equal(source.requests[0]?.json()['max_tokens'], clamped)
  t.match(answer.headers.get('x-aibroker-edits'), /max_tokens/)
  t.equal(state().reserved, 0n)
  t.match(verify(), { ok: true })
  t.equal((await ask()).status, 402, 'fewer than 16 tokens are no answer')
})

t.test('requests at once on what is left: each gets what the ones before it left, the last one a smaller limit', async (t) => {
  let refused = 0
  let open = () => {}
  const opened = new Promise<void>((resolve) => { open = resolve })
  const { ask, broker, source, state, verify } = await budgeted(t, async (call) => {
    await opened // nothing is given back before all have asked
    const tokens = Number(call.request.json()['max_tokens'])
    await chatJson({ usage: { prompt_tokens: 10, completion_tokens: tokens, total_tokens: 10 + tokens } })(call)
  }, { mayClamp: true, limit: 1n })
  const [whole, part] = [await boundOf(broker.url), await boundOf(broker.url, { ...BODY, max_tokens: 40 })]
  const limit = 2n * whole + part
  const guest = openDatabase(`${broker.home}/aibroker.db`, { access: 'guest', durability: 'process' })
  new SqliteBudgets(guest.sqlite, systemClock).set(terms({ mayClamp: true, limit }))
  guest.close()
  const answers = await Promise.all(Array.from({ length: 8 }, async () => {
    const answer = await ask()
    if (answer.status === 402 && ++refused === 5) open()
    return answer.status
  }))
  t.same(answers.toSorted(), [200, 200, 200, 402, 402, 402, 402, 402])
  const limits = source.requests.map((request) => Number(request.json()['max_tokens'])).toSorted((one, other) => other - one)
  t.same(limits.slice(0, 2), [100, 100])
  t.ok(Math.abs((limits[2] ?? 0) - 40) <= 1, `${limits[2]}`)
  t.ok(state().spent <= limit)
  t.equal(state().reserved, 0n)
  t.match(verify(), { ok: true, open: 0 })
})

t.test('a failover that no longer fits ends in a 402, and what was spent is booked', async (t) => {
  const { ask, broker, state, verify, source } = await budgeted(t, status(500), { unit: 'requests', limit: 1n }, 2)
  t.equal((await ask()).status, 502, 'one request, however many attempts')
  t.match(state(), { spent: 1n, reserved: 0n })
  const seen = source.requests.length
  t.equal((await ask()).status, 402)
  t.equal(source.requests.length, seen)
  t.match(verify(), { ok: true, open: 0 })
  t.match(rowsOf(broker.home).at(-1), { status: 402, attempts: [] })
})
