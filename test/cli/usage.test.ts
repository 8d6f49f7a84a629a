// aibroker usage as bars, by two groups at once, and as CSV that a spreadsheet does not run.

import t, { type Test } from 'tap'
import { join } from 'node:path'
import { chart } from '../../src/cli/usage-chart.ts'
import type { UsageLine } from '../../src/ledger/usage-report.ts'
import { answered, attemptIntent, exchangeIntent, NOON_MS, settlement } from '../ledger/samples.ts'
import { sqliteBooks } from '../ledger/sqlite-books.ts'
import { aibroker, emptyHome } from './command.ts'

const DAY_MS = 86_400_000

type Request = readonly [day: number, model: string, cost: bigint]

async function openHome (t: Test, requests: readonly Request[]): Promise<string> {
  const home = emptyHome(t)
  const { ledger } = sqliteBooks(t, join(home, 'aibroker.db'))
  for (const [day, model, cost] of requests) {
    const intent = exchangeIntent({ createdAtMs: NOON_MS + day * DAY_MS, keyId: `${model}!` })
    const exchange = await ledger.open(intent, attemptIntent({ model }))
    await ledger.settle(exchange, settlement({ attempt: answered({ cost }) }))
  }
  return home
}

const SOME = [[0, 'small', 1_000_000n], [1, 'small', 2_000_000n], [1, 'large', 8_000_000n]] as const

function line (name: string, costNanoUsd: bigint, requests = 1): UsageLine {
  return {
    names: [name],
    requests,
    errors: 0,
    promptTokens: 0,
    completionTokens: 0,
    cachedTokens: 0,
    reasoningTokens: 0,
    costNanoUsd,
    unpricedRequests: 0,
    firstRequestAtMs: NOON_MS,
    lastRequestAtMs: NOON_MS
  }
}

t.test('bars are as long as their share of the largest, and lines as wide as the terminal', async (t) => {
  const lines = [line('large', 8_000_000_000n), line('small', 4_000_000_000n), line('', 1n)]
  for (const width of [60, 80, 200]) {
    const drawn = chart(lines, { width, isPlain: true }).split('\n')
    for (const text of drawn) t.equal([...text].length, width)
    const bars = drawn.map((text) => (text.match(/[█▏▎▍▌▋▊▉]/g) ?? []).length)
    t.equal(bars[0], width - 'large'.length - '8.000000000 USD'.length - 2)
    t.ok(Math.abs((bars[1] ?? 0) - (bars[0] ?? 0) / 2) <= 1)
    t.equal(bars[2], 1, 'something is never nothing')
    t.match(drawn[2], /^- .*0\.000000001 USD$/)
  }
})

t.test('colours are for terminals that want them', async (t) => {
  const lines = [line('a', 1n)]
  t.ok(chart(lines, { width: 80, isPlain: false }).includes('\u001b[36m█'))
  t.notOk(chart(lines, { width: 80, isPlain: true }).includes('\u001b'))
  t.notOk(chart(lines, { width: undefined, isPlain: false }).includes('\u001b'))
})

t.test('names are cut and made plain; where nothing cost anything, requests are drawn', async (t) => {
  const [first = '', second] = chart([line('x\u001b'.repeat(100), 0n, 5), line('b', 0n, 10)], { width: 40, isPlain: true }).split('\n')
  t.match(first, /^x\ufffdx.{12}… █+.* {2}5 requests$/)
  t.equal([...first].length, 40)
  t.match(second, /10 requests$/)
  t.equal(chart([], { width: 40, isPlain: true }), 'no requests')
})

t.test('--chart through the command has no colours in a pipe', async (t) => {
  const home = await openHome(t, SOME)
  const { code, stdout } = await aibroker(t, ['usage', '--by', 'day', '--chart'], { home })
  t.equal(code, 0)
  t.match(stdout, /^2026-11-21 █+\S* +0\.001000000 USD\n2026-11-22 █+ 0\.010000000 USD\n$/)
  t.equal(stdout.split('\n')[0]?.length, 80)
})

t.test('two groups at once, one of them the model', async (t) => {
  const home = await openHome(t, SOME)
  const lines = async (by: string) => (await aibroker(t, ['usage', '--by', by, '--csv'], { home })).stdout
    .trimEnd().split('\r\n').map((text) => text.split(',').slice(0, 3).join(' '))
  t.same(await lines('day,model'), ['day model requests', '2026-11-21 small 1', '2026-11-22 large 1', '2026-11-22 small 1'])
  t.same(await lines('model,day'), ['model day requests', 'small 2026-11-21 1', 'small 2026-11-22 1', 'large 2026-11-22 1'])
  const { by, data, totals } = JSON.parse((await aibroker(t, ['usage', '--by', 'model,day', '--json'], { home })).stdout)
  t.same(by, ['model', 'day'])
  t.match(data[2], { model: 'large', day: '2026-11-22', requests: 1, cost_nano_usd: 8_000_000 })
  t.match(totals, { requests: 3, cost_usd: '0.011000000' })
  const table = (await aibroker(t, ['usage', '--by', 'day,model'], { home })).stdout
  t.match(table, /^day +model +requests /)
  t.match(table, /\ntotal +3 /)
})

for (const by of ['day,key', 'day,model,key', 'model,model', 'day,colour']) {
  t.test(`--by ${by} is wrong usage`, async (t) => {
    t.match(await aibroker(t, ['usage', '--by', by], { home: await openHome(t, []) }), { code: 2, stderr: /--by (takes|must be)/ })
  })
}

t.test('names that a spreadsheet would run are quoted, in every column', async (t) => {
  const names = ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx']
  const home = await openHome(t, names.map((name) => [0, name, 1n] as const))
  for (const by of ['model', 'key', 'key,model']) {
    const { stdout } = await aibroker(t, ['usage', '--by', by, '--csv'], { home })
    const lines = stdout.trimEnd().split('\r\n').slice(1)
    t.equal(lines.length, names.length)
    for (const text of lines) t.match(text, by === 'key,model' ? /^"?'[^,]*,"?'/ : /^"?'/)
  }
})
