// GET /exchanges/:id/explain over HTTP and a real ledger.

import Fastify from 'fastify'
import t, { type Test } from 'tap'
import exchanges from '../../routes/exchanges.ts'
import type { Principal } from '../../src/core/ask.ts'
import { GatewayError } from '../../src/core/errors.ts'
import type { Gateway } from '../../src/gateway.ts'
import { planText } from '../../src/routing/explain.ts'
import { answered, attemptIntent, exchangeIntent, failed, settlement } from '../ledger/samples.ts'
import { sqliteBooks } from '../ledger/sqlite-books.ts'
import { backend, catalogOf, model, principal, request, routerOf } from '../routing/samples.ts'

const catalog = catalogOf(model('gpt-4o', [
  backend('openai:gpt-4o', { priority: 1 }), backend('groq:gpt-4o', { priority: 2 }), backend('nobody:gpt-4o')
]))
const plan = planText(routerOf({ catalog }).plan(request('gpt-4o')))
const SETTLED_TAG = 'abcdefGHIJ12'

async function served (t: Test, asking: Partial<Principal> = {}) {
  const { ledger, reports } = sqliteBooks(t)
  const app = Fastify()
  // Only what the route may use of the gateway and of the request.
  app.decorate('gateway', { ledger, reports } as unknown as Gateway)
  app.decorateRequest('principal', null as unknown as Principal)
  app.addHook('onRequest', async (request) => { request.principal = principal(asking) })
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof GatewayError)) throw error
    return reply.code(error.status).send({ code: error.code, message: error.message })
  })
  for (const prefix of ['/v1', '/api/v1']) await app.register(exchanges, { prefix })
  t.teardown(() => app.close())

  const first = attemptIntent({ provider: 'openai', modelId: 'gpt-4o' })
  const exchange = await ledger.open(exchangeIntent({ plan, keyId: 'key_abcdefgh', tag: SETTLED_TAG }), first)
  await ledger.retry(exchange, failed(), attemptIntent({ provider: 'groq', modelId: 'gpt-4o' }))
  const settled = ledger.settle(exchange, settlement({ attempt: answered() }))
  const get = (base: string, id = exchange.id) => app.inject({ url: `${base}/exchanges/${id}/explain` })
  return { get, id: exchange.id, settled }
}

t.test('P10 an exchange is explained on both bases: considered, tried, chosen, and what it cost', async (t) => {
  const { get, id, settled } = await served(t)
  for (const base of ['/v1', '/api/v1']) {
    const answer = await get(base)
    t.equal(answer.statusCode, 200)
    t.equal(answer.headers['cache-control'], 'no-store')
    t.match(answer.json(), {
      id,
      requested_model: 'gpt-4o',
      status: 200,
      policy: 'priority',
      considered: [
        { backend: 'openai:gpt-4o', verdict: 'tried', code: 'failed' },
        { backend: 'groq:gpt-4o', verdict: 'chosen', code: 'answered' },
        { backend: 'nobody:gpt-4o', verdict: 'skipped', code: 'unknown_provider' }
      ],
      attempts: [{ number: 1, outcome: 'failed' }, { number: 2, outcome: 'answered', cost_usd: '0.000450000' }]
    })
  }
  await settled
})

t.test('P10 what was answered a moment ago is explained as answered: the route waits for the books', async (t) => {
  const { get, settled } = await served(t)
  t.equal((await get('/v1')).json().status, 200)
  await settled
})

t.test('an id that is not in the ledger is a 404 in words', async (t) => {
  const { get, id, settled } = await served(t)
  await settled
  const forged = `${id.slice(0, -1)}${id.endsWith('x') ? 'y' : 'x'}`
  for (const unknown of ['gen-1-0000000aaaaaaaaaaaaa', 'nonsense', forged]) {
    const answer = await get('/v1', unknown)
    t.equal(answer.statusCode, 404)
    t.same(answer.json(), { code: 'unknown_exchange', message: `No exchange ${unknown} in the ledger.` })
  }
})

t.test('a key sees its own exchanges; those of another are as unknown as none', async (t) => {
  const own = await served(t, { kind: 'key', keyId: 'key_abcdefgh' })
  t.equal((await own.get('/v1')).statusCode, 200)
  const other = await served(t, { kind: 'key', keyId: 'key_someone1' })
  const answer = await other.get('/v1')
  t.equal(answer.statusCode, 404)
  t.equal(answer.json().code, 'unknown_exchange')
  await Promise.all([own.settled, other.settled])
})
