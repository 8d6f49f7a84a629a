// A budget that reaches a threshold is heard of: in the log, in the metrics, and by a webhook that may misbehave.

import t, { type Test } from 'tap'
import { terms } from './ledger/budget-books.ts'
import { SqliteBudgets } from '../src/budgets/sqlite-budgets.ts'
import { systemClock } from '../src/core/clock.ts'
import { openDatabase } from '../src/ledger/sqlite/database.ts'
import { gateway, post } from './helper.ts'
import { chatJson, provider, status, resetConnection, type Answer } from './upstreams.ts'

async function budgeted (t: Test, webhook: Answer) {
  const [source, hook] = await Promise.all([provider(t, chatJson()), provider(t, webhook)])
  const broker = await gateway(t, { models: { m: [{ url: source.url }] }, env: { AIBROKER_BUDGET_WEBHOOK: `${hook.url}/told` } })
  const guest = openDatabase(`${broker.home}/aibroker.db`, { access: 'guest', durability: 'process' })
  t.teardown(() => { guest.close() })
  new SqliteBudgets(guest.sqlite, systemClock).set(terms({ name: 'b', unit: 'requests', limit: 4n, thresholds: [0.5, 1] }))
  const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }
  return { broker, hook, ask: async () => (await post(`${broker.url}/chat/completions`, body)).status }
}

t.test('each threshold is told once, with the arithmetic', async (t) => {
  const { broker, hook, ask } = await budgeted(t, status(204))
  for (let count = 0; count < 4; count++) t.equal(await ask(), 200)
  await hook.received(2)
  t.match(hook.requests.map((request) => request.json()), [
    { event: 'budget_threshold', budget: 'b', scope: 'global', unit: 'requests', threshold: 0.5 },
    { event: 'budget_threshold', budget: 'b', threshold: 1, limit: /4/ }
  ])
  t.match(broker.log(), /budget \\"b\\" has reached 50 % of its limit/)
  const metrics = await (await fetch(`${broker.origin}/metrics`)).text()
  t.match(metrics, 'aibroker_budget_thresholds_total{budget="b",threshold="0.5"} 1')
  t.equal(await ask(), 402)
  t.equal(hook.requests.length, 2)
})

for (const [what, webhook] of [['refuses', status(500)], ['breaks', resetConnection()]] as const) {
  t.test(`a webhook that ${what} holds nobody up`, async (t) => {
    const { hook, ask } = await budgeted(t, webhook)
    for (let count = 0; count < 4; count++) t.equal(await ask(), 200)
    await hook.received(2)
  })
}

t.test('refusals before the exchange are counted, and have a request id', async (t) => {
  const broker = await gateway(t)
  const answer = await fetch(`${broker.url}/nowhere`)
  t.ok(answer.headers.get('x-request-id'))
  const metrics = await (await fetch(`${broker.origin}/metrics`)).text()
  t.match(metrics, 'aibroker_refusals_total{error="unknown_route"} 1')
})
