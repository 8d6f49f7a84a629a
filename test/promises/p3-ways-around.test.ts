// P3 Ways around a budget that must not work: kinds without a rate, limits of nothing, calls that were never made.

import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import t, { type Test } from 'tap'
import { SqliteBudgets } from '../../src/budgets/sqlite-budgets.ts'
import { systemClock } from '../../src/core/clock.ts'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'
import { verifyLedger } from '../../src/ledger/sqlite/verify.ts'
import { gateway, post } from '../helper.ts'
import { terms } from '../ledger/budget-books.ts'
import { look, observe } from './observe.ts'
import { chatJson, provider } from '../upstreams.ts'

const BODY = { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] }
const TOLD = { prompt_tokens: 10, completion_tokens: 100, total_tokens: 110 }

async function budgeted (t: Test, url: string, limit: bigint) {
  const broker = await gateway(t, { models: { m: [{ url }] } })
  const guest = openDatabase(`${broker.home}/aibroker.db`, { access: 'guest', durability: 'process' })
  t.teardown(() => { guest.close() })
  const budgets = new SqliteBudgets(guest.sqlite, systemClock)
  const { budget } = budgets.set(terms({ limit }))
  return {
    broker,
    state: () => budgets.stateOf(budget),
    ask: async (body: object = {}) => (await post(`${broker.url}/chat/completions`, { ...BODY, ...body })).status,
    verify: () => look(broker.home, (sqlite) => verifyLedger(sqlite))
  }
}

for (const [what, usage] of [
  ['a search', { ...TOLD, num_search_queries: 1 }],
  ['audio', { ...TOLD, completion_tokens_details: { audio_tokens: 90 } }]
] as const) {
  t.test(`${what} that has no rate counts as what was reserved: the budget comes to its end`, async (t) => {
    const { url } = await provider(t, chatJson({ usage }))
    const { ask, state, verify } = await budgeted(t, url, 4_000_000n)
    const statuses: number[] = []
    for (let count = 0; count < 6; count++) statuses.push(await ask())
    t.same(statuses, [200, 200, 200, 402, 402, 402])
    t.ok(state().spent > 3_000_000n, `${state().spent}`)
    t.match(verify(), { ok: true, open: 0 })
  })
}

t.test('a limit of 0 tokens is none: what the model can write is reserved', async (t) => {
  const { url } = await provider(t, chatJson({ usage: TOLD }))
  const { ask } = await budgeted(t, url, 4_000_000n)
  t.equal(await ask({ max_tokens: 0 }), 402)
  t.equal(await ask({ max_tokens: 1 }), 200)
})

t.test('beside a limit 0 is not sent: a server that takes it for none would write more than was reserved', async (t) => {
  const { url, requests } = await provider(t, chatJson({ usage: TOLD }))
  const { ask } = await budgeted(t, url, 4_000_000n)
  t.equal(await ask({ max_completion_tokens: 0, max_tokens: 1 }), 200)
  t.equal(await ask({ max_completion_tokens: 1, max_tokens: 0 }), 200)
  for (const request of requests) t.match(request.json(), { max_completion_tokens: 1, max_tokens: 1 })
})

t.test('a client that leaves while the provider is being reached: nothing was sent, and nothing is booked', async (t) => {
  const silent = new Set<Socket>()
  const server = createServer((socket) => { silent.add(socket.on('error', () => {})) }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of silent) socket.destroy()
    server.close()
  })
  const { broker, state, verify } = await budgeted(t, `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, 4_000_000n)
  const observed = observe(broker)
  const leaving = new AbortController()
  const asked = fetch(`${broker.url}/chat/completions`, {
    method: 'POST', body: JSON.stringify(BODY), headers: { 'content-type': 'application/json' }, signal: leaving.signal
  })
  await once(server, 'connection')
  leaving.abort()
  await t.rejects(asked)
  await observed.ended(1)
  t.match(state(), { spent: 0n, reserved: 0n })
  t.match(observed.rows(), [{ status: 499, error: 'client_gone' }])
  t.match(verify(), { ok: true, open: 0 })
})

/** An OpenRouter of the test's own, and a broker with a price for one of its models. */
async function router (t: Test, limit: bigint | undefined, costs = 'input_cost: 1, output_cost: 2') {
  const source = await provider(t, chatJson({ usage: TOLD }))
  const broker = await gateway(t, {
    config: `models:\n  m:\n    capabilities: [tool_calling]\n    context_window: 8000\n    backends:\n      - { provider: openrouter, model_id: a/m, ${costs} }\n`,
    env: { OPENROUTER_BASE_URL: source.url, OPENROUTER_API_KEY: 'key' }
  })
  const guest = openDatabase(`${broker.home}/aibroker.db`, { access: 'guest', durability: 'process' })
  t.teardown(() => { guest.close() })
  if (limit !== undefined) new SqliteBudgets(guest.sqlite, systemClock).set(terms({ limit }))
  const ask = (body: object, headers = {}) => post(`${broker.url}/chat/completions`, { ...BODY, ...body }, headers)
  return { source, ask }
}

const OTHERS = { models: ['m'], route: 'fallback', preset: 'dear' }
const PLENTY = 1_000_000_000n

t.test('OpenRouter gets no names of other models where a cost is bounded, and the client is told', async (t) => {
  for (const [limit, headers] of [[PLENTY, {}], [undefined, { 'x-aibroker-max-cost-usd': '1' }]] as const) {
    const { source, ask } = await router(t, limit)
    const answer = await ask(OTHERS, headers)
    t.equal(answer.status, 200)
    t.same(Object.keys(source.requests[0]?.json() ?? {}).sort(), ['max_tokens', 'messages', 'model'])
    for (const name of Object.keys(OTHERS)) t.match(answer.headers.get('x-aibroker-edits'), name)
  }
  const { source, ask } = await router(t, undefined)
  await ask(OTHERS)
  t.match(source.requests[0]?.json(), { preset: 'dear' }, 'without a bound it is the client\'s own business')
})

const EXTRAS: ReadonlyArray<readonly [what: string, body: object]> = [
  ['a plugin', { plugins: [{ id: 'web' }] }],
  ['a search', { web_search_options: {} }],
  ['a search that says it is off where nobody reads it', { web_search_options: { mode: 'off' } }],
  ['a tool of the provider', { tools: [{ type: 'openrouter:web_search' }] }],
  ['a search for each request', { model: 'openrouter/a/m:online' }]
]

for (const [what, body] of EXTRAS) {
  t.test(`${what} that has no price is not sent where a cost is bounded`, async (t) => {
    for (const [limit, headers] of [[PLENTY, {}], [undefined, { 'x-aibroker-max-cost-usd': '1' }]] as const) {
      const { source, ask } = await router(t, limit)
      const answer = await ask(body, headers)
      t.equal(answer.status, 402)
      t.match(answer.json().error.metadata.reason, /budget_unpriced|too_costly/)
      t.equal(source.requests.length, 0)
    }
    const free = await router(t, undefined)
    t.equal((await free.ask(body)).status, 200)
  })
}

t.test('searches that have a price are reserved for, and what they find is input up to the window', async (t) => {
  const least = 8_000n * 1_000n + 32n * 5_000_000n + 100n * 2_000n
  const body = { plugins: [{ id: 'web' }, { id: 'response-healing' }] }
  const [short, enough] = await Promise.all([least - 1n, least + 1_000n].map((limit) =>
    router(t, limit, 'input_cost: 1, output_cost: 2, per_search: 0.005')))
  t.equal((await short?.ask(body))?.status, 402)
  t.equal((await enough?.ask(body))?.status, 200)
  t.match(enough?.source.requests[0]?.json(), body)
})

t.test('tools that the client runs itself, and plugins that cost nothing, are no extras', async (t) => {
  const { ask } = await router(t, PLENTY)
  const tools = [{ type: 'function', function: { name: 'f', parameters: {} } }]
  t.equal((await ask({ tools, plugins: [{ id: 'response-healing' }], search_parameters: { mode: 'off' } })).status, 200)
})

t.test('a budget of one model counts every spelling that its entry serves', async (t) => {
  const { url, requests } = await provider(t, chatJson({ usage: TOLD }))
  const broker = await gateway(t, {
    config: 'models:\n  m:\n    aliases: [a/m]\n    context_window: 8000\n    backends:\n' +
      '      - { provider: openrouter, model_id: A/m, input_cost: 1, output_cost: 2 }\n',
    env: { OPENROUTER_BASE_URL: url, OPENROUTER_API_KEY: 'key' }
  })
  const guest = openDatabase(`${broker.home}/aibroker.db`, { access: 'guest', durability: 'process' })
  t.teardown(() => { guest.close() })
  const budgets = new SqliteBudgets(guest.sqlite, systemClock)
  const { budget } = budgets.set(terms({ scope: { kind: 'model', value: 'm' }, unit: 'requests', limit: 5n }))
  const ask = async (model: string) => (await post(`${broker.url}/chat/completions`, { ...BODY, model })).status
  for (const model of ['m', 'a/m', 'openrouter/A/m', 'openrouter/a/m', 'openrouter/A/M']) t.equal(await ask(model), 200, model)
  t.equal(budgets.stateOf(budget).spent, 5n)
  t.equal(await ask('openrouter/a/M'), 402)
  t.same(requests.map((request) => request.json()['model']), Array.from({ length: 5 }, () => 'A/m'), 'as the file spells it')
})

t.test('a suffix that prefers dearer endpoints is not sent on where a cost is bounded', async (t) => {
  for (const [limit, sent] of [[PLENTY, 'a/m'], [undefined, 'a/m:nitro']] as const) {
    const { source, ask } = await router(t, limit)
    t.equal((await ask({ model: 'm:nitro' })).status, 200)
    t.equal(source.requests[0]?.json()['model'], sent)
  }
})
