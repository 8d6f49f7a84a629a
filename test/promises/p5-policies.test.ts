// P5 An unknown price is a decision: left out, assumed to be the dearest, or used and shown as unpriced; per key, too.

import t, { type Test } from 'tap'
import { systemClock } from '../../src/core/clock.ts'
import type { UnknownPrice } from '../../src/core/unknown-price.ts'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'
import { SqliteBudgets } from '../../src/budgets/sqlite-budgets.ts'
import { verifyLedger } from '../../src/ledger/sqlite/verify.ts'
import { gateway, post } from '../helper.ts'
import { terms } from '../ledger/budget-books.ts'
import { look } from './observe.ts'
import { chatJson, provider } from '../upstreams.ts'

const USAGE = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 }
const BODY = { max_tokens: 20, messages: [{ role: 'user', content: 'hi' }] }

async function served (t: Test, env: Readonly<Record<string, string>> = {}) {
  const source = await provider(t, chatJson({ usage: USAGE }))
  const broker = await gateway(t, {
    env,
    models: {
      unknown: [{ url: source.url, yaml: 'timeouts: {}' }],
      dear: [{ url: source.url, yaml: 'input_cost: 100\n        output_cost: 500' }]
    }
  })
  const guest = openDatabase(`${broker.home}/aibroker.db`, { access: 'guest', durability: 'process' })
  t.teardown(() => { guest.close() })
  return {
    source,
    broker,
    budget: () => { new SqliteBudgets(guest.sqlite, systemClock).set(terms({ limit: 10n ** 12n })) },
    keyWith: (unknownPrice?: UnknownPrice) => broker.gateway.keys.create(unknownPrice ? { unknownPrice } : {}).token,
    async ask (token?: string) {
      const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
      const answer = await post(`${broker.url}/chat/completions`, { ...BODY, model: 'unknown' }, headers)
      const grade = answer.headers.get('x-aibroker-cost-grade')
      return { status: answer.status, grade, cost: Number(answer.headers.get('x-aibroker-cost-usd') ?? NaN) }
    }
  }
}

t.test('by default it is used, and its row says unpriced: never 0', async (t) => {
  const { ask } = await served(t)
  t.match(await ask(), { status: 200, grade: 'unpriced', cost: NaN })
})

t.test('deny: it is left out', async (t) => {
  const { ask, source } = await served(t, { AIBROKER_UNKNOWN_PRICE: 'deny' })
  t.equal((await ask()).status, 404)
  t.equal(source.requests.length, 0)
})

t.test('assume_ceiling: it is booked as bounded, at what the dearest tokens of the catalog would cost', async (t) => {
  const { ask, broker } = await served(t, { AIBROKER_UNKNOWN_PRICE: 'assume_ceiling' })
  const { status, grade, cost } = await ask()
  t.match({ status, grade }, { status: 200, grade: 'bounded' })
  t.ok(cost >= (10 * 100 + 20 * 500) / 1e6, `${cost}`)
  t.match(look(broker.home, (sqlite) => verifyLedger(sqlite)), { ok: true })
})

t.test('a key has its own policy, over that of the broker', async (t) => {
  const { ask, keyWith } = await served(t, { AIBROKER_UNKNOWN_PRICE: 'deny' })
  t.match(await ask(), { status: 404 })
  t.match(await ask(keyWith('allow_unmetered')), { status: 200, grade: 'unpriced' })
  t.match(await ask(keyWith('assume_ceiling')), { status: 200, grade: 'bounded' })
  t.match(await ask(keyWith('deny')), { status: 404 })
  t.match(await ask(keyWith()), { status: 404 })
})

t.test('under a budget in money only a key that may go unmetered gets around the bound', async (t) => {
  const { ask, keyWith, budget } = await served(t)
  budget()
  t.equal((await ask(keyWith())).status, 402)
  t.match(await ask(keyWith('assume_ceiling')), { status: 200, grade: 'bounded' })
  t.match(await ask(keyWith('allow_unmetered')), { status: 200, grade: 'unpriced' })
})

t.test('a nonsense policy is refused at start', async (t) => {
  await t.rejects(served(t, { AIBROKER_UNKNOWN_PRICE: 'free' }), { message: /AIBROKER_UNKNOWN_PRICE must be one of/ })
})
