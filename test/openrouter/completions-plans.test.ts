// Completions at backends that only chat: who comes first, who cannot be asked, and what that could cost.

import t from 'tap'
import { SqliteBudgets } from '../../src/budgets/sqlite-budgets.ts'
import { systemClock } from '../../src/core/clock.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'
import { post } from '../helper.ts'
import { terms } from '../ledger/budget-books.ts'
import { chatOnly, costsOf, mixed, pathsAt, TEXT_ANSWER } from './completions-scene.ts'
import { answered, errorOf, firstOf } from './scene.ts'

const TRANSLATION = 'completion_over_chat'

t.test('of equal backends those come first that serve completions, and a better priority counts more', async (t) => {
  const equal = await mixed(t, { own: TEXT_ANSWER, chats: answered(), priorities: [1, 1] })
  for (let times = 0; times < 12; times++) t.equal(firstOf((await equal.complete()).json())['text'], 'Native')
  t.equal(equal.upstreams[1]?.requests.length, 0, 'a lot would have drawn the other one once in 4,096 times')
  const chatsFirst = await mixed(t, { own: TEXT_ANSWER, chats: answered(), priorities: [2, 1] })
  t.equal(firstOf((await chatsFirst.complete()).json())['text'], 'Hello')
})

const UNTOLD: ReadonlyArray<readonly [body: JsonObject, headers: Record<string, string>, named: string]> = [
  [{ prompt: ['a', 'b'] }, {}, 'a prompt that is not one text'],
  [{ prompt: [1, 2, 3] }, {}, 'a prompt that is not one text'],
  [{ prompt: [[1, 2]] }, {}, 'a prompt that is not one text'],
  [{ prompt: undefined }, {}, 'a prompt that is not one text'],
  [{ messages: [{ role: 'user', content: 'a' }] }, {}, 'messages'],
  [{ suffix: ' end' }, {}, 'suffix'],
  [{ echo: true }, {}, 'echo'],
  [{ logprobs: 0 }, {}, 'logprobs'],
  [{ best_of: 2 }, {}, 'best_of'],
  [{}, { 'x-aibroker-relay': 'exact' }, 'X-Aibroker-Relay: exact']
]

t.test('what no chat can be asked is a 400 that names it, and is left to those who serve completions', async (t) => {
  const alone = await chatOnly(t, [answered()])
  const beside = await mixed(t, { own: TEXT_ANSWER, chats: answered(), priorities: [2, 1] })
  for (const [body, headers, named] of UNTOLD) {
    const refused = await alone.complete(body, headers)
    t.equal(refused.status, 400, named)
    t.match(errorOf(refused)['message'], `test0:m-upstream serves chats alone, and cannot be asked ${named}`)
    const served = await beside.complete(body, headers)
    t.equal(firstOf(served.json())['text'], 'Native', named)
    const { considered } = (await explained(beside.broker.url, served)) as { considered: JsonObject[] }
    t.match(considered, [
      { backend: 'own:m-own', verdict: 'chosen' },
      { backend: 'groq:m-groq', code: 'needs_completions', reason: new RegExp(named), would_help: /serves \/v1\/completions/ }
    ])
  }
  t.equal(alone.upstreams[0]?.requests.length, 0)
  t.same(pathsAt(beside.upstreams[1]), [])
})

t.test('explain and the dry run say who is told it as a chat, and bound it as one', async (t) => {
  const { broker, complete } = await mixed(t, { own: TEXT_ANSWER, chats: answered(), priorities: [1, 2] })
  const { candidates } = (await post(`${broker.url}/completions?dry_run=1`, { model: 'm', prompt: 'a', max_tokens: 1 })).json()
  t.match(candidates, [{ backend: 'own:m-own' }, { backend: 'groq:m-groq', translation: TRANSLATION }])
  t.notOk('translation' in candidates[0])
  const maxima: number[] = candidates.map(({ maximum_cost_usd: usd }: JsonObject) => Math.round(Number(usd) * 1e9))
  const [own = 0, told = 0] = maxima
  t.equal(told - own, 1_024 * 1_000, 'what a chat puts around its messages, at the price of input')
  const asked = (await post(`${broker.url}/explain`, { model: 'm', prompt: 'a' })).json()
  t.match(asked.candidates, candidates.map(({ backend }: JsonObject) => ({ backend })))
  const { considered } = await explained(broker.url, await complete())
  const skipped = { backend: 'groq:m-groq', verdict: 'skipped', code: 'not_needed', translation: TRANSLATION }
  t.match(considered, [{ verdict: 'chosen' }, skipped])
})

t.test('a limit of one request, and a budget, hold for what is told as a chat (P3)', async (t) => {
  const { complete, upstreams } = await chatOnly(t, [answered()])
  t.equal((await complete({ max_tokens: 1 }, { 'x-aibroker-max-cost-usd': '0.001' })).status, 402, 'the frame alone may cost more')
  t.equal((await complete({ max_tokens: 1 }, { 'x-aibroker-max-cost-usd': '0.0012' })).status, 200)
  t.equal((await complete({ tools: [{ type: 'web_search' }] }, { 'x-aibroker-max-cost-usd': '9' })).status, 402,
    'a search that nobody gave a price')
  t.equal(upstreams[0]?.requests.length, 1)
})

t.test('a key\'s budget is charged with what the chat cost', async (t) => {
  const scene = await chatOnly(t, [answered()], { env: { AIBROKER_API_KEYS: 'sk-operator' } })
  const operator = { authorization: 'Bearer sk-operator' }
  const made = (await post(`${scene.broker.url}/keys`, { name: 'k', limit: 0.02 }, operator)).json()
  const reply = await scene.complete({ max_tokens: 1_000 }, { authorization: `Bearer ${made.key}` })
  t.equal(reply.status, 200, reply.text)
  const shown = await (await fetch(`${scene.broker.url}/keys/${made.data.hash}`, { headers: operator })).json() as { data: JsonObject }
  t.equal(shown.data['usage'], 0.000015)
  t.match(costsOf(scene), [{ cost: 15_000, outcome: 'answered' }])
})

t.test('a budget that may clamp lowers the limit of the chat, whose frame is in the bound (P3)', async (t) => {
  const scene = await chatOnly(t, [answered()])
  const quote = (await post(`${scene.broker.url}/explain`, { model: 'm', prompt: 'Say hello', max_tokens: 40 })).json()
  const bound = Math.round(Number(quote.maximum_cost_usd) * 1e9)
  const guest = openDatabase(`${scene.broker.home}/aibroker.db`, { access: 'guest', durability: 'process' })
  new SqliteBudgets(guest.sqlite, systemClock).set(terms({ mayClamp: true, limit: BigInt(bound) }))
  guest.close()
  const reply = await scene.complete({ max_tokens: 1_000 })
  t.equal(reply.status, 200, reply.text)
  const limit = Number(reply.headers.get('x-aibroker-budget-clamped'))
  t.ok(limit >= 38 && limit <= 41, `${limit}`)
  t.equal(scene.upstreams[0]?.requests[0]?.json()['max_tokens'], limit)
  t.ok((costsOf(scene)[0]?.ceiling ?? Infinity) <= bound)
})

t.test('a backend that serves completions gets the client\'s own bytes (P7)', async (t) => {
  const { broker, upstreams } = await mixed(t, { own: TEXT_ANSWER, chats: answered(), priorities: [1, 2] })
  const body = '{ "prompt" : ["a"] , "model":"own/m-own", "echo": true, "big": 1.0 }'
  t.equal((await post(`${broker.url}/completions`, body)).status, 200)
  t.equal(upstreams[0]?.requests[0]?.body, body.replace('own/m-own', 'm-own'))
})

async function explained (url: string, { headers }: { readonly headers: Headers }): Promise<JsonObject> {
  return await (await fetch(`${url}/exchanges/${headers.get('x-generation-id')}/explain`)).json() as JsonObject
}
