// Budgets in the ledger: what is reserved, booked, given back and refused.

import t from 'tap'
import type { BudgetTerms } from '../../src/budgets/budget.ts'
import { systemClock } from '../../src/core/clock.ts'
import { budgetedBooks, refusalOf } from './budget-books.ts'
import { answered, attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from './samples.ts'
import { ALL } from '../contracts/books.ts'

const DAY_MS = 86_400_000
const daily: BudgetTerms['window'] = { kind: 'calendar', every: 'day', timeZone: 'UTC' }

t.test('an intent reserves its ceiling, and its settlement books the cost and gives the rest back', async (t) => {
  const { ledger, set, windows, verify } = budgetedBooks(t)
  set({ window: daily })
  const exchange = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 5_000_000n }))
  const startMs = Date.UTC(2026, 10, 21)
  t.same(windows(), [{ name: 'all', startMs, spent: 0n, reserved: 5_000_000n }])
  t.match(verify(), { ok: true, open: 1 })
  await ledger.settle(exchange, settlement({ attempt: answered({ cost: 450_000n, markup: 50_000n }) }))
  t.same(windows(), [{ name: 'all', startMs, spent: 500_000n, reserved: 0n }])
  t.match(verify(), { ok: true, open: 0 }, 'the markup is in the row, too')
})

t.test('a request that does not fit is refused with the arithmetic, and recorded as ended', async (t) => {
  const { ledger, set, windows, reports, verify } = budgetedBooks(t)
  set({ name: 'tiny', window: daily, limit: 8_000_000n })
  const first = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 5_000_000n }))
  const error = await refusalOf(ledger.open(exchangeIntent({ requestedModel: 'refused' }), attemptIntent()))

  t.match(error, { code: 'budget_exceeded', status: 402 })
  t.equal(error.message, 'Budget "tiny" allows 0.008 USD per day (UTC): 0 USD spent and 0.005 USD reserved, and this ' +
    'request may need up to 0.005 USD. It requires more credits, or fewer max_tokens. There is room again at 2026-11-22T00:00:00.000Z.')
  const { exchange, ...metadata } = error.extras.metadata ?? {}
  t.same(metadata, {
    budget: 'tiny',
    scope: 'global',
    unit: 'usd',
    window: 'per day (UTC)',
    limit: '0.008000000',
    spent: '0.000000000',
    reserved: '0.005000000',
    left: '0.003000000',
    needed: '0.005000000',
    resets_at: '2026-11-22T00:00:00.000Z'
  })
  t.equal(error.extras.retryAfterS, 14 * 3600)
  t.match(reports.exchange(String(exchange)), { status: 402, error: 'budget_exceeded', attempts: [] })
  t.match(reports.usage({ ...ALL, by: 'model' }).rows, [{ group: 'refused', requests: 1, errors: 1 }])
  t.match(windows(), [{ spent: 0n, reserved: 5_000_000n }])

  await ledger.settle(first, settlement({ attempt: answered({ cost: 1n }) }))
  t.ok(await ledger.open(exchangeIntent(), attemptIntent()), 'what was given back can be lent again')
  t.match(verify(), { ok: true, exchanges: 3, open: 1 })
})

t.test('a refusal does not spoil the batch it came in', async (t) => {
  const { ledger, set, windows } = budgetedBooks(t)
  set({ limit: 10_000_000n })
  const asked = Array.from({ length: 50 }, () => ledger.open(exchangeIntent(), attemptIntent({ ceiling: 1_000_000n })))
  const results = await Promise.allSettled(asked)
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 10, 'exactly as many as fit')
  t.match(windows(), [{ reserved: 10_000_000n }])
})

t.test('all budgets of a request lend, or none does', async (t) => {
  const { ledger, set, windows } = budgetedBooks(t)
  set({ name: 'wide' })
  set({ name: 'narrow', scope: { kind: 'key', value: 'key_abcdefgh' }, limit: 1n })
  const { extras } = await refusalOf(ledger.open(exchangeIntent(), attemptIntent()))
  t.match(extras.metadata, { budget: 'narrow', scope: 'key:key_abcdefgh' })
  t.ok(windows().every(({ spent, reserved }) => spent === 0n && reserved === 0n))
})

const SCOPES: ReadonlyArray<readonly [kind: BudgetTerms['scope']['kind'], value: string]> = [
  ['global', ''], ['key', 'key_abcdefgh'], ['team', 'red'], ['project', 'moon'], ['model', 'gpt-4o'], ['ip', '127.0.0.1']
]
for (const [kind, value] of SCOPES) {
  t.test(`a budget of a ${kind} counts its requests and no others`, async (t) => {
    const { ledger, set, windows } = budgetedBooks(t)
    set({ name: 'mine', scope: { kind, value } })
    const others = kind === 'global' ? [] : [set({ name: 'other', scope: { kind, value: 'other' } })]
    await ledger.open(exchangeIntent({ team: 'red', project: 'moon' }), attemptIntent({ ceiling: 7n }))
    t.match(windows(), [{ name: 'mine', reserved: 7n }])
    t.equal(windows().length, 1)
    t.equal(others.length, kind === 'global' ? 0 : 1)
  })
}

t.test('requests and tokens are budgets, too', async (t) => {
  const { ledger, set, windows, verify } = budgetedBooks(t)
  set({ name: 'calls', unit: 'requests', limit: 2n })
  set({ name: 'words', unit: 'tokens', limit: 1_000n })
  const first = await ledger.open(exchangeIntent(), attemptIntent({ ceilingTokens: 600 }))
  t.match(windows(), [{ name: 'calls', reserved: 1n }, { name: 'words', reserved: 600n }])
  await ledger.retry(first, failed(), attemptIntent({ ceilingTokens: 700 }))
  t.match(windows(), [{ name: 'calls', reserved: 1n }, { name: 'words', reserved: 700n }])
  await ledger.settle(first, settlement({ attempt: answered({ usage: { input: 100, cache_read: 20, reasoning: 3 } }) }))
  t.match(windows(), [{ spent: 1n, reserved: 0n }, { spent: 123n, reserved: 0n }])

  const long = await refusalOf(ledger.open(exchangeIntent(), attemptIntent({ ceilingTokens: 878 })))
  t.equal(long.message, 'Budget "words" allows 1000 tokens in total: 123 tokens spent and 0 tokens reserved, and this ' +
    'request may need up to 878 tokens. It requires more credits, or fewer max_tokens. The operator can raise it: aibroker budget set.')
  t.equal(long.extras.retryAfterS, undefined)
  const longer = await refusalOf(ledger.open(exchangeIntent(), attemptIntent({ ceilingTokens: 2_000 })))
  t.match(longer.message, /larger than the whole budget and requires more credits, or fewer max_tokens \(.*The operator can raise it/)
  set({ name: 'none', unit: 'requests', limit: 0n })
  const none = await refusalOf(ledger.open(exchangeIntent(), attemptIntent({ ceilingTokens: 1 })))
  t.match(none.message, /"none".*may need up to 1 request\. The operator can raise it/, 'fewer tokens would not help')
  set({ name: 'none', unit: 'requests', limit: 9n })
  await ledger.open(exchangeIntent(), attemptIntent({ ceilingTokens: 877 }))
  const third = await refusalOf(ledger.open(exchangeIntent(), attemptIntent({ ceilingTokens: 0 })))
  t.match(third.extras.metadata, { budget: 'calls', needed: '1' })
  t.match(verify(), { ok: true })
})

t.test('usage nobody told counts as its bound, unless nothing was done', async (t) => {
  const { ledger, set, windows } = budgetedBooks(t)
  set({ unit: 'tokens', limit: 10_000n })
  const bounded = await ledger.open(exchangeIntent(), attemptIntent({ ceilingTokens: 600 }))
  await ledger.settle(bounded, settlement({ attempt: answered({ usage: {}, grade: 'bounded' }) }))
  t.match(windows(), [{ spent: 600n }])
  const free = await ledger.open(exchangeIntent(), attemptIntent({ ceilingTokens: 600 }))
  await ledger.settle(free, settlement({ status: 502, attempt: failed() }))
  t.match(windows(), [{ spent: 600n, reserved: 0n }])
})

t.test('a failed attempt gives its reservation to the next one, and what it cost stays', async (t) => {
  const { ledger, set, windows, verify } = budgetedBooks(t)
  set({ limit: 5_000_000n })
  const exchange = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 5_000_000n }))
  await ledger.retry(exchange, failed(), attemptIntent({ ceiling: 5_000_000n }))
  t.match(windows(), [{ spent: 0n, reserved: 5_000_000n }])
  await ledger.retry(exchange, failed({ cost: 1_000n, grade: 'counted' }), attemptIntent({ ceiling: 4_999_000n }))
  t.match(windows(), [{ spent: 1_000n, reserved: 4_999_000n }])
  t.match(verify(), { ok: true, open: 1 })
})

t.test('a retry that does not fit is refused and changes nothing; the exchange is still to be settled', async (t) => {
  const { ledger, set, windows, reports, verify } = budgetedBooks(t)
  set({ limit: 5_000_000n })
  const exchange = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 5_000_000n }))
  const ended = failed({ cost: 1n, grade: 'counted' })
  const error = await refusalOf(ledger.retry(exchange, ended, attemptIntent({ ceiling: 5_000_000n })))
  t.match(error, { code: 'budget_exceeded', extras: { metadata: { spent: '0.000000001', reserved: '0.000000000' } } })
  t.match(windows(), [{ spent: 0n, reserved: 5_000_000n }])
  t.match(reports.exchange(exchange.id)?.attempts, [{ outcome: undefined }])
  await ledger.settle(exchange, settlement({ status: 402, error: error.code, attempt: ended }))
  t.match(windows(), [{ spent: 1n, reserved: 0n }])
  t.match(verify(), { ok: true })
})

t.test('an attempt at another model joins its budgets, and leaves to each model what it used', async (t) => {
  const { ledger, set, windows, verify } = budgetedBooks(t)
  set({ name: 'one', scope: { kind: 'model', value: 'one' } })
  set({ name: 'two', scope: { kind: 'model', value: 'two' }, limit: 100n })
  set({ name: 'both' })
  const exchange = await ledger.open(exchangeIntent(), attemptIntent({ model: 'one', ceiling: 50n }))
  await ledger.retry(exchange, failed({ cost: 5n, grade: 'counted' }), attemptIntent({ model: 'two', ceiling: 70n }))
  t.match(windows(), [
    { name: 'one', spent: 5n, reserved: 0n }, { name: 'two', spent: 0n, reserved: 70n }, { name: 'both', spent: 5n, reserved: 70n }
  ])
  t.match(verify(), { ok: true })
  await ledger.retry(exchange, failed({ cost: 9n, grade: 'counted' }), attemptIntent({ model: 'one', ceiling: 30n }))
  await ledger.settle(exchange, settlement({ attempt: answered({ cost: 20n }) }))
  t.match(windows(), [{ spent: 25n, reserved: 0n }, { spent: 9n, reserved: 0n }, { spent: 34n, reserved: 0n }])
  t.match(verify(), { ok: true })
})

t.test('a model cannot be reached past its budget by way of another one', async (t) => {
  const { ledger, set } = budgetedBooks(t)
  set({ name: 'dear', scope: { kind: 'model', value: 'dear' }, limit: 0n })
  const exchange = await ledger.open(exchangeIntent(), attemptIntent({ model: 'cheap' }))
  const { extras } = await refusalOf(ledger.retry(exchange, failed(), attemptIntent({ model: 'dear' })))
  t.match(extras.metadata, { budget: 'dear' })
})

t.test('without a bound nothing is sent under a hard budget, unless it may go unmetered', async (t) => {
  const { ledger, set, windows, verify } = budgetedBooks(t)
  set()
  const unpriced = attemptIntent({ ceiling: undefined, priceVersion: undefined })
  const error = await refusalOf(ledger.open(exchangeIntent(), unpriced))
  t.match(error, { code: 'budget_unpriced', status: 402, message: /"all".*the price of gpt-4o is not known/ })
  set({ name: 'words', unit: 'tokens' })
  t.match((await refusalOf(ledger.open(exchangeIntent(), attemptIntent()))).message, /how many tokens/)

  const exchange = await ledger.open(exchangeIntent(), { ...unpriced, isUnmetered: true })
  t.match(windows(), [{ reserved: 0n }, { reserved: 0n }])
  await ledger.settle(exchange, settlement({ attempt: answered({ cost: undefined, grade: 'unpriced' }) }))
  t.match(windows(), [{ spent: 0n }, { spent: 120n }])
  t.match(verify(), { ok: true })
})

t.test('what is free goes on when the money is spent', async (t) => {
  const { ledger, set } = budgetedBooks(t)
  set({ limit: 0n })
  await refusalOf(ledger.open(exchangeIntent(), attemptIntent({ ceiling: 1n })))
  t.ok(await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 0n })))
})

t.test('a soft budget counts and refuses nothing', async (t) => {
  const { ledger, set, windows, verify } = budgetedBooks(t)
  set({ limit: 1n, isSoft: true })
  const exchange = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: undefined }))
  await ledger.settle(exchange, settlement({ attempt: answered({ cost: 7n }) }))
  await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 9n }))
  t.match(windows(), [{ spent: 7n, reserved: 9n }])
  t.match(verify(), { ok: true })
})

t.test('a provider that charges more than the bound is booked as it is, and the next request is refused', async (t) => {
  const { ledger, set, windows } = budgetedBooks(t)
  set({ limit: 10n })
  const exchange = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 10n }))
  await ledger.settle(exchange, settlement({ attempt: answered({ cost: 12n }) }))
  t.match(windows(), [{ spent: 12n, reserved: 0n }])
  const { extras } = await refusalOf(ledger.open(exchangeIntent(), attemptIntent({ ceiling: 1n })))
  t.match(extras.metadata, { spent: '0.000000012', left: '0.000000000' })
})

t.test('a new window begins at nothing, and a running exchange stays in its own', async (t) => {
  const { ledger, set, windows, verify } = budgetedBooks(t)
  set({ window: daily, limit: 5_000_000n })
  const late = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 5_000_000n }))
  const tomorrow = exchangeIntent({ createdAtMs: NOON_MS + DAY_MS })
  const next = await ledger.open(tomorrow, attemptIntent({ ceiling: 5_000_000n }))
  await ledger.settle(late, settlement({ attempt: answered({ cost: 1n }) }))
  await ledger.settle(next, settlement({ attempt: answered({ cost: 2n }) }))
  t.match(windows(), [{ spent: 1n, reserved: 0n }, { spent: 2n, reserved: 0n }])
  t.match(verify(), { ok: true })
})

t.test('a rolling window adds up its sixtieths, and room comes back as they wear off', async (t) => {
  const { ledger, set, verify } = budgetedBooks(t)
  const hour = 3_600_000
  set({ window: { kind: 'rolling', ms: hour }, limit: 100n })
  const use = async (afterMs: number, cost: bigint) => {
    const intent = exchangeIntent({ createdAtMs: NOON_MS + afterMs })
    const exchange = await ledger.open(intent, attemptIntent({ ceiling: cost }))
    await ledger.settle(exchange, settlement({ attempt: answered({ cost }) }))
  }
  await use(0, 60n)
  await use(hour / 2, 40n)
  const error = await refusalOf(use(hour, 50n))
  t.match(error.message, /in any 1h: .*room again at 2026-11-21T11:01:00/)
  t.equal(error.extras.retryAfterS, 60)
  t.match((await refusalOf(use(hour, 70n))).extras, { retryAfterS: 31 * 60 })
  await use(hour + 60_000, 60n)
  t.match(await refusalOf(use(hour + 120_000, 1n)), { code: 'budget_exceeded' })
  t.match(await refusalOf(use(hour / 2, 1n)), { code: 'budget_exceeded' }, 'nor for a clock that is set back')
  t.match(verify(), { ok: true })
})

t.test('a clock that is set back opens no closed window', async (t) => {
  const { ledger, set, windows } = budgetedBooks(t)
  set({ window: { kind: 'calendar', every: 'hour', timeZone: 'UTC' }, limit: 10n })
  await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 6n }))
  await refusalOf(ledger.open(exchangeIntent({ createdAtMs: NOON_MS - 7_200_000 }), attemptIntent({ ceiling: 6n })))
  t.equal(windows().length, 1)
})

t.test('a clock that is two hours ahead for a while neither skips an hour nor makes one longer', async (t) => {
  const now = { wallMs: NOON_MS, steadyMs: 0 }
  const clock = { ...systemClock, nowMs: () => now.wallMs, monotonicMs: () => now.steadyMs }
  const { ledger, set, windows } = budgetedBooks(t, undefined, { clock })
  set({ window: { kind: 'calendar', every: 'hour', timeZone: 'UTC' }, limit: 10n })
  const use = async (steadyMs: number, stepMs: number) => {
    now.steadyMs += steadyMs
    now.wallMs += steadyMs + stepMs
    const exchange = await ledger.open(exchangeIntent({ createdAtMs: now.wallMs }), attemptIntent({ ceiling: 6n }))
    await ledger.settle(exchange, settlement({ attempt: answered({ cost: 6n }) }))
  }
  const hour = 3_600_000
  await use(0, 0)
  await use(60_000, 2 * hour)
  await refusalOf(use(60_000, -2 * hour))
  set({ name: 'another', limit: 1_000n })
  await refusalOf(use(60_000, 0))
  await use(hour, 0)
  await use(hour, hour)
  t.same(windows().filter(({ name }) => name === 'all').map(({ startMs, spent }) => [(startMs - NOON_MS) / hour, spent]),
    [[0, 6n], [1, 6n], [2, 6n], [3, 6n]])
})
