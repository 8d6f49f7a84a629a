// How load is shared among backends of one priority (OpenRouter's checks 94-96 and 120).

import t from 'tap'
import { createHealth } from '../../src/routing/health.ts'
import { createPerformance } from '../../src/routing/performance.ts'
import type { Router } from '../../src/routing/router.ts'
import { manualClock } from '../keys/manual-clock.ts'
import { backend, candidatesOf, catalogOf, model, price, provider, request, routerOf } from './samples.ts'
import { seeded, wishing } from './wishes.ts'

const DRAWS = 10_000
const dollars = (usd: string) => ({ price: price({ input: usd, output: usd }) })
const THREE = [backend('a:m', dollars('1')), backend('b:m', dollars('2')), backend('c:m', dollars('3'))]
const providers = ['a', 'b', 'c'].map((id) => provider(id))
const catalog = catalogOf(model('m', THREE))

/** Share of the draws in which each came first. */
function sharesOf (router: Router): Record<string, number> {
  const firsts: Record<string, number> = {}
  for (let draw = 0; draw < DRAWS; draw++) {
    const [first = ''] = candidatesOf(router.plan(request('m')))
    firsts[first] = (firsts[first] ?? 0) + 1 / DRAWS
  }
  return firsts
}

t.test('94: prices 1, 2 and 3 are first 36 : 9 : 4 times', async (t) => {
  const shares = sharesOf(routerOf({ catalog, providers, random: seeded(94) }))
  for (const [id, weight] of [['a:m', 36], ['b:m', 9], ['c:m', 4]] as const) {
    t.ok(Math.abs((shares[id] ?? 0) - weight / 49) < 0.02, `${id} ${shares[id]}`)
  }
})

t.test('95: who failed 5 s ago is last, the others share 9 : 1; after 30 s of quiet it is back', async (t) => {
  const clock = manualClock()
  const random = seeded(95)
  const health = createHealth({ clock, random })
  const router = routerOf({ catalog, providers, random, health })
  health.note('b:m', { kind: 'failed', status: 503, reason: 'down' })
  clock.pass(5_000)
  const shares = sharesOf(router)
  t.equal(shares['b:m'], undefined)
  t.ok(Math.abs((shares['a:m'] ?? 0) - 0.9) < 0.02, String(shares['a:m']))
  t.equal(candidatesOf(router.plan(request('m'))).at(-1), 'b:m', 'it may still serve')
  clock.pass(25_000)
  t.ok((sharesOf(router)['b:m'] ?? 0) > 0.1)
})

t.test('an answer after the failure makes a backend an equal again', async (t) => {
  const clock = manualClock()
  const health = createHealth({ clock, random: () => 0 })
  health.note('b:m', { kind: 'failed', status: 503, reason: 'down' })
  t.ok(health.hasJustFailed('b:m'))
  health.note('b:m', { kind: 'answered', status: 200 })
  t.notOk(health.hasJustFailed('b:m'))
})

t.test('what is free is always first, and equals among the free share the load', async (t) => {
  const free = catalogOf(model('m', [...THREE, backend('x:m', dollars('0')), backend('y:m', dollars('0')), backend('z:m')]))
  const shares = sharesOf(routerOf({ catalog: free, providers: [...providers, ...['x', 'y', 'z'].map((id) => provider(id))], random: seeded(1) }))
  t.same(Object.keys(shares).sort(), ['x:m', 'y:m'])
  t.ok(Math.abs((shares['x:m'] ?? 0) - 0.5) < 0.02)
})

t.test('96: sort by price is always the cheapest first, without chance and over priorities', async (t) => {
  const far = catalogOf(model('m', [backend('c:m', dollars('3')), backend('a:m', { ...dollars('1'), priority: 9 }), backend('b:m', { ...dollars('2'), priority: 5 })]))
  const router = routerOf({ catalog: far, providers, random: seeded(96) })
  for (let call = 0; call < 100; call++) {
    const plan = router.plan(wishing('m', { provider: { sort: 'price' } }))
    t.same(candidatesOf(plan), ['a:m', 'b:m', 'c:m'])
    t.equal(plan.policy, 'price')
  }
})

t.test('96: sort by throughput, latency and quality: what is not measured is last', async (t) => {
  const clock = manualClock()
  const performance = createPerformance(clock)
  const router = routerOf({ catalog, providers, random: seeded(96), performance })
  const serve = (id: string, firstEventMs: number, outputTokens: number, failures: number) => {
    for (let call = 0; call < 30; call++) {
      performance.note(id, { firstEventMs, outputTokens, durationMs: 1_000, outcome: call < failures ? 'failure' : 'success' })
    }
  }
  serve('a:m', 300, 50, 3)
  serve('c:m', 200, 40, 0)
  const sorted = (by: string) => candidatesOf(router.plan(wishing('m', { provider: { sort: { by } } })))
  t.same(sorted('throughput'), ['a:m', 'c:m', 'b:m'])
  t.same(sorted('latency'), ['c:m', 'a:m', 'b:m'])
  t.same(sorted('exacto'), ['c:m', 'a:m', 'b:m'])
})

t.test('108: a threshold that one misses puts it last; one that all miss changes nothing', async (t) => {
  const performance = createPerformance(manualClock())
  const router = routerOf({ catalog, providers, performance })
  for (const [id, outputTokens, firstEventMs] of [['a:m', 10, 900], ['b:m', 50, 400], ['c:m', 60, 300]] as const) {
    performance.note(id, { outputTokens, firstEventMs, durationMs: 1_000, outcome: 'success' })
  }
  const ordered = (wish: object) => candidatesOf(router.plan(wishing('m', { provider: { ...wish } })))
  t.same(ordered({ preferred_min_throughput: 20 }), ['b:m', 'c:m', 'a:m'])
  t.same(ordered({ preferred_min_throughput: 1_000 }), ['a:m', 'b:m', 'c:m'])
  t.same(ordered({ preferred_max_latency: 0.5 }), ['b:m', 'c:m', 'a:m'], 'seconds')
  t.same(ordered({ preferred_max_latency: { p50: 0.5, p99: 0.35 } }), ['c:m', 'a:m', 'b:m'], 'all cutoffs must hold')
})

t.test('120: the lower priority is first whatever it costs, the other one follows', async (t) => {
  const two = catalogOf(model('m', [backend('c:m', dollars('30')), backend('a:m', { ...dollars('1'), priority: 5 })]))
  const router = routerOf({ catalog: two, providers, random: seeded(120) })
  for (let call = 0; call < 100; call++) t.same(candidatesOf(router.plan(request('m'))), ['c:m', 'a:m'])
})

t.test('120: equal priorities share within theirs only', async (t) => {
  const three = catalogOf(model('m', [backend('b:m', { ...dollars('2'), priority: 5 }), backend('c:m', dollars('3')), backend('a:m', dollars('3'))]))
  const router = routerOf({ catalog: three, providers, random: seeded(120) })
  t.same(Object.keys(sharesOf(router)).sort(), ['a:m', 'c:m'])
  t.equal(candidatesOf(router.plan(request('m'))).at(-1), 'b:m')
})
