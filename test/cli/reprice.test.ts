// reprice books what attempts have cost whose price nobody knew, beside a broker that is running.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { FORMAT } from '../../src/catalog/price-list.ts'
import { FILE_NAME } from '../../src/catalog/price-list-file.ts'
import type { AttemptResult } from '../../src/ledger/ledger.ts'
import { systemClock } from '../../src/core/clock.ts'
import { answered, attemptIntent, exchangeIntent, settlement } from '../ledger/samples.ts'
import { sqliteBooks } from '../ledger/sqlite-books.ts'
import { aibroker, emptyHome } from './command.ts'

const CONFIG = `
models:
  mine:
    backends:
      - { provider: groq, model_id: up, priority: 1, input_cost: 1, output_cost: 2 }
  dear:
    backends:
      - { provider: groq, model_id: up, priority: 1, input_cost: 100, output_cost: 200 }
  nightly:
    backends:
      - provider: groq
        model_id: owl
        priority: 1
        input_cost: 1
        output_cost: 2
        hours: [{ utc_start: 2200, utc_end: 600, input_cost: 0.5 }]
  ears:
    backends:
      - { provider: groq, model_id: ear, priority: 1, per_minute: 0.006 }
`

interface Asked {
  readonly model: string
  readonly modelId: string
  readonly task?: 'chat' | 'embedding' | 'transcription'
  readonly usage: AttemptResult['usage']
  readonly ageMs?: number
  /** Instead of its age. */
  readonly createdAtMs?: number
}

const MINE: Asked = { model: 'mine', modelId: 'up', usage: { input: 1_000, output: 500 } }
const HOUR_MS = 3_600_000

/** A ledger that stays open, with a request without a price for each that is asked. */
async function openHome (t: Test, asked: readonly Asked[]) {
  const home = emptyHome(t)
  const config = join(home, 'models.yml')
  writeFileSync(config, CONFIG)
  const books = sqliteBooks(t, join(home, 'aibroker.db'))
  const ids: string[] = []
  for (const { model, modelId, task = 'chat', usage, ageMs = 0, ...rest } of asked) {
    const { createdAtMs = systemClock.nowMs() - ageMs } = rest
    const exchange = await books.ledger.open(exchangeIntent({ createdAtMs, task }), attemptIntent({
      startedAtMs: createdAtMs, provider: 'groq', model, modelId, ceiling: undefined, priceVersion: undefined
    }))
    const attempt = answered({ usage, cost: undefined, grade: 'unpriced' })
    await books.ledger.settle(exchange, settlement({ attempt }))
    ids.push(exchange.id)
  }
  const run = async (...flags: string[]) => {
    const { code, stdout, stderr } = await aibroker(t, [...flags, '--json'], { home })
    t.equal(code, 0, stderr)
    return JSON.parse(stdout)
  }
  return { home, books, ids, run, reprice: (...flags: string[]) => run('reprice', '--config', config, ...flags) }
}

t.test('a price by the time of day is that of the moment it was sent', async (t) => {
  const NOON_MS = Date.UTC(2026, 10, 20, 12)
  const asked = { ...MINE, model: 'nightly', modelId: 'owl' }
  const { reprice, run, ids } = await openHome(t, [
    { ...asked, createdAtMs: NOON_MS }, { ...asked, createdAtMs: NOON_MS + 10 * HOUR_MS }
  ])
  t.match(await reprice(), { attempts: 2, cost_usd: '0.003500000' })
  t.match(await run('explain', ids[0] ?? ''), { cost_usd: '0.002000000', attempts: [{ price_applied: null }] })
  t.match(await run('explain', ids[1] ?? ''), { cost_usd: '0.001500000', attempts: [{ price_applied: { utc_hours: '2200-0600' } }] })
  t.match(await run('verify'), { ok: true, cost_usd: '0.003500000', differences: [] })
})

t.test('a dry run changes nothing; the real one books each attempt once; usage and verify agree', async (t) => {
  const { run, reprice, ids, books } = await openHome(t, [MINE, { ...MINE, model: 'dear' }])
  const expected = {
    attempts: 2, cost_usd: '0.202000000', price_unknown: 0, usage_unknown: 0, data: [{ provider: 'groq', model_id: 'up' }]
  }
  t.match(await reprice('--dry-run'), { dry_run: true, ...expected })
  t.match(await run('usage'), { totals: { cost_usd: '0.000000000', unpriced_requests: 2 } })
  t.match(await reprice(), { dry_run: false, ...expected }, 'each at the price of its own model')
  t.match(await reprice(), { attempts: 0, cost_usd: '0.000000000', data: [] })
  t.match(await run('usage'), { totals: { requests: 2, cost_usd: '0.202000000', unpriced_requests: 0 } })
  t.match(await run('verify'), { ok: true, cost_usd: '0.202000000', differences: [] })
  t.match(await run('explain', ids[0] ?? ''), {
    cost_usd: '0.002000000',
    attempts: [{ cost_grade: 'reported', adjustments: [{ kind: 'repriced', source: /^aibroker reprice, catalog [0-9a-f]{16}$/ }] }]
  })

  const next = await books.ledger.open(exchangeIntent({ createdAtMs: systemClock.nowMs() }), attemptIntent())
  await books.ledger.settle(next, settlement())
  t.match(await run('verify'), { ok: true, cost_usd: '0.202450000' }, 'the running ledger goes on')
})

t.test('--since and --model choose; what still has no price, or no whole usage, stays unpriced and is counted', async (t) => {
  const { run, reprice } = await openHome(t, [
    { ...MINE, ageMs: 50 * HOUR_MS },
    MINE,
    { ...MINE, model: 'dear' },
    { ...MINE, usage: { input: 1_000 } },
    { ...MINE, model: 'nobody/knows', modelId: 'nobody-knows' },
    { model: 'ears', modelId: 'ear', task: 'transcription', usage: { audio_ms: 60_000 } }
  ])
  t.match(await reprice('--model', 'dear'), { attempts: 1, cost_usd: '0.200000000', price_unknown: 0, usage_unknown: 0 })
  t.match(await reprice('--since', '2d'), { attempts: 2, cost_usd: '0.008000000', price_unknown: 1, usage_unknown: 1 })
  t.match(await reprice(), { attempts: 1, cost_usd: '0.002000000', price_unknown: 1, usage_unknown: 1 })
  t.match(await run('usage'), { totals: { cost_usd: '0.210000000', unpriced_requests: 2 } })
  t.match(await run('verify'), { ok: true, differences: [] })
})

t.test('a price of the list in the home folder counts, as it does for the broker', async (t) => {
  const { home, reprice } = await openHome(t, [{ ...MINE, model: 'nobody/knows', modelId: 'nobody-knows' }])
  t.match(await reprice(), { attempts: 0, price_unknown: 1 })
  const listed = { id: 'groq:nobody-knows', source: 'a test', as_of: '2026-11-20', input_cost: 3, output_cost: 4 }
  writeFileSync(join(home, FILE_NAME), JSON.stringify({ format: FORMAT, prices: [listed] }), { mode: 0o600 })
  t.match(await reprice(), { attempts: 1, cost_usd: '0.005000000', price_unknown: 0 })
})

t.test('for people: a sentence and a line for each model; explain tells of the correction', async (t) => {
  const { home, ids } = await openHome(t, [MINE])
  const config = join(home, 'models.yml')
  const { stdout } = await aibroker(t, ['reprice', '--config', config], { home })
  t.match(stdout, /^1 attempt was repriced: 0\.002000000 USD$/m)
  t.match(stdout, /^groq +up +1 +0\.002000000 +0 +0$/m)
  const told = (await aibroker(t, ['explain', ids[0] ?? ''], { home })).stdout
  t.match(told, /^repriced at .* by aibroker reprice, catalog [0-9a-f]{16}: 0\.002000000 USD on top of what was booked$/m)
})

t.test('a dry run makes no books where there are none', async (t) => {
  const home = emptyHome(t)
  const { code, stderr } = await aibroker(t, ['reprice', '--dry-run'], { home })
  t.equal(code, 3)
  t.match(stderr, 'There is no ledger')
})
