// Budgets from the command line, with and without a broker beside it.

import { join } from 'node:path'
import { readdirSync } from 'node:fs'
import t, { type Test } from 'tap'
import { answered, attemptIntent, exchangeIntent, settlement } from '../ledger/samples.ts'
import { sqliteBooks } from '../ledger/sqlite-books.ts'
import { aibroker, emptyHome } from './command.ts'

async function json (t: Test, home: string, ...args: string[]) {
  const { code, stdout, stderr } = await aibroker(t, ['budget', ...args, '--json'], { home })
  t.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

t.test('set makes a budget of everything it is told', async (t) => {
  const home = emptyHome(t)
  const made = await json(t, home, 'set', 'search', '--scope', 'team:search', '--limit', '0.25', '--every', 'week',
    '--tz', 'Europe/Berlin', '--thresholds', '0.9,0.5', '--clamp', '--soft')
  t.match(made, {
    name: 'search',
    scope: 'team:search',
    unit: 'usd',
    limit: '0.250000000',
    spent: '0.000000000',
    left: '0.250000000',
    window: { kind: 'calendar', every: 'week', timeZone: 'Europe/Berlin' },
    resets_at: /^\d{4}-\d\d-\d\dT2[23]:00:00Z$/,
    thresholds: [0.5, 0.9],
    soft: true,
    clamp: true,
    change: 'made'
  })
  t.same((await json(t, home, 'list')).data.map(({ name }: { name: string }) => name), ['search'])
})

t.test('what is not given stays as it was; another window counts from nothing', async (t) => {
  const home = emptyHome(t)
  await json(t, home, 'set', 'all', '--limit', '5', '--every', 'day', '--tz', 'Asia/Tokyo', '--clamp')
  t.match(await json(t, home, 'set', 'all', '--limit', '7'), {
    change: 'changed', limit: '7.000000000', window: { every: 'day', timeZone: 'Asia/Tokyo' }, clamp: true
  })
  t.match(await json(t, home, 'set', 'all', '--no-clamp'), { change: 'changed', limit: '7.000000000', clamp: false })
  t.match(await json(t, home, 'set', 'all', '--tz', 'UTC'), { change: 'replaced', window: { every: 'day', timeZone: 'UTC' } })
  t.match(await json(t, home, 'set', 'all', '--rolling', '24h'), { window: { kind: 'rolling', ms: 86_400_000 } })
  t.match(await json(t, home, 'set', 'all', '--total'), { window: { kind: 'total' }, resets_at: null })
  const { code, stderr } = await aibroker(t, ['budget', 'set', 'all', '--unit', 'tokens'], { home })
  t.equal(code, 2)
  t.match(stderr, 'how many tokens?')
})

t.test('beside a running broker it counts from the next request on, and lists what is spent and reserved', async (t) => {
  const home = emptyHome(t)
  const { ledger } = sqliteBooks(t, join(home, 'aibroker.db'))
  await ledger.open(exchangeIntent(), attemptIntent())
  await json(t, home, 'set', 'all', '--limit', '0.01')
  const exchange = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 4_000_000n }))
  await ledger.settle(exchange, settlement({ attempt: answered({ cost: 1_000_000n }) }))
  await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 2_000_000n }))

  t.match(await json(t, home, 'show', 'all'), { spent: '0.001000000', reserved: '0.002000000', left: '0.007000000' })
  const { stdout } = await aibroker(t, ['budget', 'list'], { home })
  t.match(stdout, /^all +global +0\.01 USD +in total +0\.001 USD +0\.002 USD +0\.007 USD +- +hard$/m)
  await t.rejects(ledger.open(exchangeIntent(), attemptIntent({ ceiling: 8_000_000n })), { code: 'budget_exceeded' })

  t.same(await json(t, home, 'remove', 'all'), { name: 'all', removed: true })
  t.ok(await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 8_000_000n })))
})

t.test('people read a sentence', async (t) => {
  const home = emptyHome(t)
  const made = await aibroker(t, ['budget', 'set', 'calls', '--limit', '1000', '--unit', 'requests', '--soft'], { home })
  t.equal(made.stdout,
    'calls: 1000 requests in total for global, 0 requests spent, 0 requests reserved, 1000 requests left (made)\n')
  const { stdout } = await aibroker(t, ['budget', 'show', 'calls'], { home })
  t.match(stdout, /It is soft.*\nIt tells when these shares are spent: 0\.8, 1\./)
  t.equal((await aibroker(t, ['budget', 'remove', 'calls'], { home })).stdout, 'Removed calls.\n')
  t.match((await aibroker(t, ['budget', 'list'], { home })).stderr, /^No budgets\./)
})

t.test('a budget that is not there is "not found"', async (t) => {
  const home = emptyHome(t)
  await json(t, home, 'set', 'other', '--limit', '1')
  for (const command of ['show', 'remove']) {
    const { code, stderr } = await aibroker(t, ['budget', command, 'nobody\u001b[2J'], { home })
    t.equal(code, 3)
    t.match(stderr, 'no budget nobody\ufffd')
  }
  const { code, stderr } = await aibroker(t, ['budget', 'set', 'k', '--scope', 'key:key_00000000', '--limit', '1'], { home })
  t.equal(code, 3)
  t.match(stderr, 'no key key_00000000')
})

const WRONG: ReadonlyArray<readonly [flags: readonly string[], says: RegExp]> = [
  [[], /--limit is missing: how many usd\?/],
  [['--limit', 'five'], /--limit: Give US dollars/],
  [['--limit', '-1'], /--limit/],
  [['--limit', '1.5', '--unit', 'tokens'], /--limit must be a whole number of tokens/],
  [['--limit', '1', '--unit', 'euros'], /--unit <unit>.*one of usd, tokens, requests/],
  [['--limit', '1', '--scope', 'everybody'], /--scope must be one of global, key:/],
  [['--limit', '1', '--scope', 'team:'], /--scope must be one of/],
  [['--limit', '1', '--scope', 'ip:localhost'], /--scope ip: wants an address/],
  [['--limit', '1', '--every', 'fortnight'], /--every <step>.*one of hour, day/],
  [['--limit', '1', '--every', 'day', '--tz', 'Berlin'], /--tz <zone>.*IANA time zone/],
  [['--limit', '1', '--tz', 'UTC'], /--tz needs --every/],
  [['--limit', '1', '--every', 'day', '--rolling', '1d'], /one of --every \(with --tz\), --rolling and --total/],
  [['--limit', '1', '--rolling', '500d'], /--rolling must be from 1m to 366d/],
  [['--limit', '1', '--thresholds', '80'], /--thresholds <shares>.*shares of the limit/]
]

for (const [flags, says] of WRONG) {
  t.test(`set ${flags.join(' ')} is wrong usage and makes no budget`, async (t) => {
    const home = emptyHome(t)
    const { code, stdout, stderr } = await aibroker(t, ['budget', 'set', 'name', ...flags], { home })
    t.equal(code, 2)
    t.equal(stdout, '')
    t.match(stderr, says)
    const made = readdirSync(home).includes('aibroker.db') ? (await json(t, home, 'list')).data : []
    t.same(made, [])
  })
}

t.test('a token given instead of an id is refused and not repeated', async (t) => {
  const token = `ab_3kTz90Qa_${'s'.repeat(49)}`
  const { code, stdout, stderr } = await aibroker(t, ['budget', 'set', 'k', '--scope', `key:${token}`, '--limit', '1'])
  t.equal(code, 2)
  t.match(stderr, 'wants the id of a key')
  t.notMatch(stdout + stderr, 'ssss')
})
