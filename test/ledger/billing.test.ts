// The usage report over HTTP: JSON and CSV, money exact, spreadsheets safe.

import Fastify from 'fastify'
import t, { type Test } from 'tap'
import type { Principal } from '../../src/core/ask.ts'
import { GatewayError } from '../../src/core/errors.ts'
import type { Gateway } from '../../src/gateway.ts'
import billing from '../../routes/billing.ts'
import { manualClock } from '../keys/manual-clock.ts'
import { answered, attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from './samples.ts'
import { sqliteBooks, type SqliteBooks } from './sqlite-books.ts'

async function served (t: Test) {
  const books = sqliteBooks(t)
  const app = Fastify()
  const { ledger, reports } = books
  // Only what the route may use of the gateway.
  app.decorate('gateway', { ledger, reports, clock: manualClock(NOON_MS) } as unknown as Gateway)
  app.decorateRequest('principal', null as unknown as Principal)
  app.addHook('onRequest', async (request) => {
    request.principal = { keyId: request.headers['x-test-key'] } as Principal
  })
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof GatewayError)) throw error
    return reply.code(error.status).send({ error: { message: error.message, code: error.code } })
  })
  for (const prefix of ['/v1', '/api/v1']) await app.register(billing, { prefix })
  t.teardown(() => app.close())
  const get = (path: string, accept?: string, keyId?: string) =>
    app.inject({ url: path, headers: { ...accept && { accept }, ...keyId && { 'x-test-key': keyId } } })
  return { books, get }
}

async function book ({ ledger }: SqliteBooks, ip = '127.0.0.1', cost = 450_000n, model = 'gpt-4o'): Promise<void> {
  const exchange = await ledger.open(exchangeIntent({ ip }), attemptIntent({ model }))
  const usage = { input: 90, cache_read: 10, output: 20 }
  await ledger.settle(exchange, settlement({ attempt: answered({ cost, usage }) }))
}

t.test('a parameter that nobody knows is refused with the nearest one: a report of everything is no answer to it', async (t) => {
  const { get } = await served(t)
  const cases = [['sinc=7d', /no parameter "sinc" here\. Did you mean "since"\?/], ['ip=127.0.0.1', /Known are by, since, until/]] as const
  for (const path of ['/v1/billing/usage', '/v1/billing/usage.csv', '/api/v1/billing/usage/127.0.0.1']) {
    for (const [query, says] of cases) {
      const answer = await get(`${path}?by=key&${query}`)
      t.equal(answer.statusCode, 400)
      t.match(answer.json().error.message, says)
    }
  }
})

t.test('the report has the documented shape, on both bases', async (t) => {
  const { books, get } = await served(t)
  await book(books)
  const exchange = await books.ledger.open(exchangeIntent(), attemptIntent({ ceiling: undefined }))
  const unpriced = failed({ cost: undefined, grade: 'unpriced' })
  await books.ledger.settle(exchange, settlement({ status: 502, error: 'every_backend_failed', attempt: unpriced }))

  const sums = {
    requests: 2,
    errors: 1,
    prompt_tokens: 100,
    completion_tokens: 20,
    total_tokens: 120,
    cached_tokens: 10,
    reasoning_tokens: 0,
    cost_usd: '0.000450000',
    cost_nano_usd: 450_000,
    unpriced_requests: 1,
    first_request_at: '2026-11-21T10:00:00.000Z',
    last_request_at: '2026-11-21T10:00:00.000Z'
  }
  for (const base of ['/v1', '/api/v1']) {
    const answer = await get(`${base}/billing/usage`)
    t.equal(answer.statusCode, 200)
    t.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
    t.same(answer.json(), {
      by: 'ip', data: [{ ip: '127.0.0.1', ...sums, by_model: [{ model: 'gpt-4o', ...sums }] }], totals: sums
    })
  }
})

t.test('a client key reads its own books, the operator and keyless programs read all', async (t) => {
  const { books, get } = await served(t)
  for (const keyId of ['key_one', 'key_two']) {
    const exchange = await books.ledger.open(exchangeIntent({ keyId }), attemptIntent())
    await books.ledger.settle(exchange, settlement({ attempt: answered() }))
  }
  const seenBy = async (keyId?: string) => {
    const { data } = (await get('/v1/billing/usage?by=key', undefined, keyId)).json()
    return data.map(({ key }: { key: string }) => key).sort()
  }
  t.same(await seenBy('key_one'), ['key_one'])
  t.same(await seenBy('key_three'), [])
  t.same(await seenBy('operator#0'), ['key_one', 'key_two'])
  t.same(await seenBy(), ['key_one', 'key_two'])
})

t.test('an empty report has an empty list and zeros', async (t) => {
  const { get } = await served(t)
  const { data, totals } = (await get('/v1/billing/usage')).json()
  t.same(data, [])
  t.match(totals, { requests: 0, cost_usd: '0.000000000', cost_nano_usd: 0 })
  t.notOk('first_request_at' in totals)
})

t.test('a request whose row is not committed yet is in the report', async (t) => {
  const { books, get } = await served(t)
  const exchange = await books.ledger.open(exchangeIntent(), attemptIntent())
  const settled = books.ledger.settle(exchange, settlement())
  t.equal((await get('/v1/billing/usage')).json().totals.requests, 1)
  await settled
})

t.test('one address, and its sums by another group', async (t) => {
  const { books, get } = await served(t)
  await book(books, '10.0.0.1')
  await book(books, '::1', 7n, 'small')
  t.match((await get('/v1/billing/usage/10.0.0.1')).json(), { data: [{ ip: '10.0.0.1', requests: 1 }], totals: { requests: 1 } })
  t.match((await get('/v1/billing/usage/%3A%3A1?by=model')).json(), { by: 'model', data: [{ model: 'small', cost_nano_usd: 7 }] })
  t.same((await get('/v1/billing/usage/10.9.9.9')).json().data, [])
})

t.test('since and until are told back as applied', async (t) => {
  const { books, get } = await served(t)
  await book(books)
  const report = (await get('/v1/billing/usage?since=2026-11-21T10:20:00Z&until=2026-11-21T10:30:00Z')).json()
  t.match(report, { since: '2026-11-21T10:00:00.000Z', until: '2026-11-21T11:00:00.000Z', totals: { requests: 1 } })
  t.equal((await get('/v1/billing/usage?since=24h&until=1h')).json().totals.requests, 0)
})

t.test('a parameter that makes no sense is a 400 that names it', async (t) => {
  const { get } = await served(t)
  for (const [query, name] of [['by=colour', 'by'], ['since=soon', 'since'], ['until=1&until=2', 'until']]) {
    const answer = await get(`/v1/billing/usage?${query}`)
    t.equal(answer.statusCode, 400)
    t.match(answer.json().error, { code: 'invalid_body', message: new RegExp(`"${name}"`) })
  }
})

t.test('CSV by suffix or by Accept, one line per group', async (t) => {
  const { books, get } = await served(t)
  await book(books, '10.0.0.1')
  await book(books, '10.0.0.2', 1n)
  const header = 'ip,requests,errors,prompt_tokens,completion_tokens,total_tokens,cached_tokens,reasoning_tokens,' +
    'cost_usd,cost_nano_usd,unpriced_requests,first_request_at,last_request_at'
  const dates = '2026-11-21T10:00:00.000Z,2026-11-21T10:00:00.000Z'
  const lines = [header,
    `10.0.0.1,1,0,100,20,120,10,0,0.000450000,450000,0,${dates}`, `10.0.0.2,1,0,100,20,120,10,0,0.000000001,1,0,${dates}`]

  for (const [path, accept] of [['usage.csv'], ['usage', 'text/csv'], ['usage', 'application/json;q=0.1, text/csv;q=0.9']]) {
    const answer = await get(`/v1/billing/${path}`, accept)
    t.match(answer.headers['content-type'], /^text\/csv; charset=utf-8/)
    t.equal(answer.body, lines.join('\r\n') + '\r\n', `${path} ${accept}`)
  }
  t.equal((await get('/v1/billing/usage/10.0.0.2.csv')).body, [lines[0], lines[2]].join('\r\n') + '\r\n')
  t.match((await get('/v1/billing/usage', '*/*')).headers['content-type'], /^application\/json/)
})

t.test('a model name cannot run in a spreadsheet or break out of its cell', async (t) => {
  const { books, get } = await served(t)
  const names = ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', 'a"b,c', 'line\nbreak', 'plain']
  for (const requestedModel of names) {
    const exchange = await books.ledger.open(exchangeIntent({ requestedModel }), undefined)
    await books.ledger.settle(exchange, settlement({ status: 404, error: 'unknown_model', attempt: undefined }))
  }
  const csv = (await get('/v1/billing/usage.csv?by=model')).body
  const cells = ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\tx", "\"'\rx\"", '"a""b,c"', '"line\nbreak"', 'plain']
  for (const cell of cells) t.ok(csv.includes(`\r\n${cell},1,1,0,`), JSON.stringify(cell))
  t.same((await get('/v1/billing/usage?by=model')).json().data.map(({ model }: { model: string }) => model).sort(),
    [...names].sort(), 'JSON has the names as they are')
})

t.test('money beyond 2^53 nano-dollars is exact in JSON and CSV', async (t) => {
  const { books, get } = await served(t)
  await book(books, '10.0.0.1', 9_007_199_254_740_993n)
  const json = (await get('/v1/billing/usage')).body
  t.match(json, /"cost_nano_usd":9007199254740993[,}]/)
  t.match(json, /"cost_usd":"9007199\.254740993"/)
  t.match((await get('/v1/billing/usage.csv')).body, /,9007199\.254740993,9007199254740993,/)
})
