// reconcile asks the provider what it charged, over real HTTP, and books the difference once.

import { createServer, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { AttemptResult } from '../../src/ledger/ledger.ts'
import { systemClock } from '../../src/core/clock.ts'
import { answered, attemptIntent, exchangeIntent, settlement } from '../ledger/samples.ts'
import { sqliteBooks } from '../ledger/sqlite-books.ts'
import { aibroker, emptyHome } from './command.ts'

const KEYS = 'sk-or-first-key,sk-or-second-key'
const BOUND = { cost: 5_000_000n, grade: 'bounded', outcome: 'cut' } as const

type Generations = Readonly<Record<string, { readonly status?: number, readonly data?: object }>>

/** An OpenRouter that knows these generations. */
async function openRouter (t: Test, generations: Generations) {
  const calls: Array<Pick<IncomingMessage, 'url' | 'headers'>> = []
  const server = createServer((request, response) => {
    calls.push(request)
    const id = new URL(request.url ?? '', 'http://test').searchParams.get('id') ?? ''
    const { status = 200, data } = generations[id] ?? { status: 404 }
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(data ? { data } : { error: { code: status, message: 'sk-or-first-key' } }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async () => { await new Promise((resolve) => { server.close(resolve) }) }
  t.teardown(() => { server.close() })
  return { calls, close, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1` }
}

interface Booked {
  readonly result: Partial<AttemptResult>
  readonly credentialId?: string
  readonly provider?: string
}

async function openHome (t: Test, generations: Generations, booked: readonly Booked[]) {
  const { url, ...router } = await openRouter(t, generations)
  const home = emptyHome(t)
  const { ledger } = sqliteBooks(t, join(home, 'aibroker.db'))
  for (const { result, provider = 'openrouter', credentialId = 'openrouter#0' } of booked) {
    const createdAtMs = systemClock.nowMs()
    const intent = attemptIntent({ startedAtMs: createdAtMs, provider, credentialId })
    const exchange = await ledger.open(exchangeIntent({ createdAtMs }), intent)
    await ledger.settle(exchange, settlement({ attempt: answered(result) }))
  }
  const env = { OPENROUTER_BASE_URL: url, OPENROUTER_API_KEYS: KEYS }
  const run = (...args: string[]) => aibroker(t, [...args, '--json'], { home, env })
  return { ...router, run }
}

t.test('bounds and unknown costs become what was charged; each is asked for with its own key, and booked once', async (t) => {
  const { calls, run } = await openHome(t, {
    'gen-bound': { data: { id: 'gen-bound', total_cost: 0.00123, is_byok: false } },
    'gen-unknown': { data: { total_cost: 1e-7, is_byok: true, upstream_inference_cost: 0.002 } },
    'gen-untold': { data: { total_cost: null } }
  }, [
    { result: { ...BOUND, upstreamId: 'gen-bound' } },
    { result: { cost: undefined, grade: 'unpriced', upstreamId: 'gen-unknown' }, credentialId: 'openrouter#1' },
    { result: { ...BOUND, upstreamId: 'gen-untold' } },
    { result: { ...BOUND, upstreamId: 'gen-gone&x=1' } },
    { result: { ...BOUND, upstreamId: undefined } },
    { result: { ...BOUND, upstreamId: 'gen-bound' }, provider: 'openai' },
    { result: { upstreamId: 'gen-known' } }
  ])
  const { code, stdout, stderr } = await run('reconcile', 'openrouter')
  t.equal(code, 0, stderr)
  t.same(JSON.parse(stdout), { provider: 'openrouter', attempts: 2, difference_usd: '-0.001769900', not_told: 2 })
  t.match(calls.map(({ url, headers }) => [url, headers.authorization]), [
    ['/api/v1/generation?id=gen-bound', 'Bearer sk-or-first-key'],
    ['/api/v1/generation?id=gen-unknown', 'Bearer sk-or-second-key'],
    ['/api/v1/generation?id=gen-untold', 'Bearer sk-or-first-key'],
    ['/api/v1/generation?id=gen-gone%26x%3D1', 'Bearer sk-or-first-key']
  ])
  const books = JSON.parse((await run('verify')).stdout)
  t.match(books, { ok: true, differences: [], cost_usd: '0.023680100' })
  t.match(JSON.parse((await run('usage')).stdout), { totals: { cost_usd: '0.023680100', unpriced_requests: 0 } })

  t.match(JSON.parse((await run('reconcile', 'openrouter')).stdout), { attempts: 0, difference_usd: '0.000000000', not_told: 2 })
  t.equal(calls.length, 6, 'what is settled is not asked for again')
})

t.test('a refusal ends it with the status alone; what was booked before stays', async (t) => {
  const { run } = await openHome(t, {
    'gen-one': { data: { total_cost: 0.001 } }, 'gen-two': { status: 401 }
  }, [{ result: { ...BOUND, upstreamId: 'gen-one' } }, { result: { ...BOUND, upstreamId: 'gen-two' } }])
  const { code, stdout, stderr } = await run('reconcile', 'openrouter')
  t.equal(code, 1)
  t.match(stderr, 'OpenRouter answered 401')
  t.notMatch(stdout + stderr, 'sk-or-', 'P8: no key')
  t.match(JSON.parse((await run('verify')).stdout), { ok: true, cost_usd: '0.006000000' })
})

t.test('nobody there, no key, another provider: a sentence each', async (t) => {
  const home = emptyHome(t)
  t.match(await aibroker(t, ['reconcile', 'openrouter'], { home }), { code: 3, stderr: /no key of OpenRouter/ })
  t.match(await aibroker(t, ['reconcile', 'groq'], { home }), { code: 2, stderr: /groq cannot be asked/ })
  const { run, close } = await openHome(t, {}, [{ result: { ...BOUND, upstreamId: 'gen-one' } }])
  await close()
  const { code, stderr } = await run('reconcile', 'openrouter')
  t.equal(code, 1)
  t.match(stderr, /OpenRouter could not be reached at http:\/\/127\.0\.0\.1:\d+;/)
  t.notMatch(stderr, 'sk-or-', 'P8: no key')
})
