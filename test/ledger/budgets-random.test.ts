// Random histories: up to 500 exchanges at once over four scopes and more, with retries, failures, crashes and clocks
// that jump. After every commit the file itself is read: no budget has lent more than it has (P3).

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import t, { type Test } from 'tap'
import type { BudgetTerms } from '../../src/budgets/budget.ts'
import { GatewayError } from '../../src/core/errors.ts'
import { COST_GRADES } from '../../src/core/usage.ts'
import type { AttemptIntent, AttemptResult, Ledger } from '../../src/ledger/ledger.ts'
import { budgetedBooks, terms, type BudgetedBooks } from './budget-books.ts'
import { createRandom, type Random } from './random.ts'
import { answered, attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from './samples.ts'
import { databasePath } from './sqlite-books.ts'

const HOUR_MS = 3_600_000
const LARGEST = 1_000
const SIZES = [1, 2, 5, 20, 60, 150, 300, 500]
const SEEDS = [1, 2, 3]

const BUDGETS: ReadonlyArray<Partial<BudgetTerms>> = [
  { name: 'hourly', window: { kind: 'calendar', every: 'hour', timeZone: 'Asia/Kolkata' } },
  { name: 'key', scope: { kind: 'key', value: 'key_a' }, unit: 'tokens' },
  { name: 'team', scope: { kind: 'team', value: 'red' }, window: { kind: 'rolling', ms: HOUR_MS } },
  { name: 'calls', scope: { kind: 'ip', value: '10.0.0.1' }, unit: 'requests' },
  { name: 'model', scope: { kind: 'model', value: 'one' } },
  { name: 'words', scope: { kind: 'model', value: 'two' }, unit: 'tokens' },
  { name: 'soft', limit: 1n, isSoft: true }
]

// Of a rolling budget every stretch of its length, wherever it ends.
const OVERSHOT = `
  SELECT b.name || ': ' || (SELECT sum(n.spent + n.reserved) FROM budget_windows n
      WHERE n.budget = w.budget AND n.start_ms BETWEEN w.start_ms - b.reach_ms AND w.start_ms) || ' of ' || b.amount AS text
  FROM budget_windows w JOIN budgets b ON b.id = w.budget
  WHERE b.is_soft = 0 AND b.amount < (SELECT sum(n.spent + n.reserved) FROM budget_windows n
    WHERE n.budget = w.budget AND n.start_ms BETWEEN w.start_ms - b.reach_ms AND w.start_ms)`

const ORPHANED = "SELECT count(*) FROM exchanges WHERE error = (SELECT id FROM names WHERE text = 'orphaned')"

const counts = { exchanges: 0, refused: 0, retries: 0, refusedRetries: 0, crashes: 0, orphaned: 0, commits: 0 }

/** Reads the file whenever somebody has committed to it. */
class Watch {
  readonly overshot: string[] = []
  readonly #version: () => unknown
  readonly #overshot: () => string[]
  #seen: unknown

  constructor (sqlite: Database) {
    const version = sqlite.prepare('PRAGMA data_version').pluck()
    const overshot = sqlite.prepare<[], string>(OVERSHOT).pluck()
    this.#version = () => version.get()
    this.#overshot = () => overshot.all()
  }

  look (): void {
    const version = this.#version()
    if (version === this.#seen) return
    this.#seen = version
    counts.commits++
    this.overshot.push(...this.#overshot())
  }
}

class History {
  books: BudgetedBooks
  readonly #random: Random
  readonly #watch: Watch
  #nowMs = NOON_MS

  constructor (books: BudgetedBooks, random: Random, watch: Watch) {
    this.books = books
    this.#random = random
    this.#watch = watch
  }

  /** One client, to its end or to the crash of the broker it had. */
  async exchange (): Promise<void> {
    const random = this.#random
    counts.exchanges++
    for (let turns = random.upTo(6); turns > 0; turns--) await nextTurn()
    const { ledger } = this.books
    try {
      await this.#serve(ledger)
    } catch (error) {
      const isCrash = ledger !== this.books.ledger
      if (isCrash) return
      if (!(error instanceof GatewayError) || error.status !== 402) throw error
      counts.refused++
    } finally {
      this.#watch.look()
    }
  }

  async #serve (ledger: Ledger): Promise<void> {
    const random = this.#random
    const intent = exchangeIntent({
      createdAtMs: this.#tick(),
      ip: random.pick(['10.0.0.1', '10.0.0.2']),
      keyId: random.pick([undefined, 'key_a', 'key_b']),
      team: random.pick([undefined, 'red'])
    })
    let attempt = this.#attempt()
    const exchange = await ledger.open(intent, attempt)
    this.#watch.look()
    let status = 200
    for (let retries = random.upTo(2); retries > 0 && status === 200; retries--) {
      const next = this.#attempt()
      const ended = resultOf(random, failed(), attempt)
      status = await this.#retry(() => ledger.retry(exchange, ended, next))
      if (status === 200) attempt = next
      this.#watch.look()
    }
    for (let turns = random.upTo(4); turns > 0; turns--) await nextTurn()
    const isLost = random.upTo(9) === 0 // a bug: the result is missing
    const last = isLost ? undefined : resultOf(random, answered(), attempt)
    await ledger.settle(exchange, settlement({ status, attempt: last }))
  }

  async #retry (retry: () => Promise<void>): Promise<number> {
    counts.retries++
    try {
      await retry()
      return 200
    } catch (error) {
      if (!(error instanceof GatewayError) || error.status !== 402) throw error
      counts.refusedRetries++
      return 402
    }
  }

  /** The process is gone: what was queued is lost, what runs stays open until the next start. */
  crash (reopen: () => BudgetedBooks): void {
    counts.crashes++
    this.books.database.close()
    this.books = reopen()
    this.#watch.look()
  }

  /** Mostly forward; now and then the clock is set back by up to two hours. */
  #tick (): number {
    const random = this.#random
    this.#nowMs += random.upTo(20) === 0 ? -random.upTo(2 * HOUR_MS) : random.upTo(4 * 60_000)
    return this.#nowMs
  }

  #attempt (): AttemptIntent {
    const random = this.#random
    return attemptIntent({
      model: random.pick(['one', 'two', 'three']),
      startedAtMs: this.#nowMs,
      ceiling: BigInt(random.pick([0, random.upTo(LARGEST), LARGEST])),
      ceilingTokens: random.upTo(LARGEST)
    })
  }
}

/** A provider that keeps to its bounds. */
function resultOf (random: Random, result: AttemptResult, attempt: AttemptIntent): AttemptResult {
  const { ceiling = 0n, ceilingTokens = 0 } = attempt
  const grade = random.pick(COST_GRADES)
  const usage = random.pick([{}, { input: random.upTo(ceilingTokens) }])
  if (grade === 'unpriced') return { ...result, usage, grade, cost: undefined }
  if (grade === 'free') return { ...result, usage, grade, cost: 0n }
  return { ...result, usage, grade, cost: grade === 'bounded' ? ceiling : BigInt(random.upTo(Number(ceiling))) }
}

for (const size of SIZES) {
  for (const seed of SEEDS) {
    t.test(`${size} at once, seed ${seed}: never over a limit, nothing leaks, nothing is lost`, async (t) => {
      const { books, overshot } = await live(t, size, seed)
      t.same(overshot.slice(0, 3), [], 'after every commit')
      t.same(books.windows().filter(({ reserved }) => reserved !== 0n), [], 'nothing stays reserved')
      const { ok, open, differences } = books.verify()
      t.match({ ok, open, differences }, { ok: true, open: 0, differences: [] })
      await exhaust(t, books)
    })
  }
}

async function live (t: Test, size: number, seed: number) {
  const random = createRandom(1_000 * size + seed)
  const path = databasePath(t)
  const books = budgetedBooks(t, path)
  for (const changes of BUDGETS) books.set({ limit: BigInt(LARGEST + random.upTo(size * 400)), ...changes })
  const watch = new Watch(books.reader().sqlite)
  const history = new History(books, random, watch)
  let isOver = false
  const clients = Promise.all(Array.from({ length: size }, () => history.exchange())).finally(() => { isOver = true })
  for (let crashes = random.upTo(3); crashes > 0; crashes--) {
    for (let turns = 1 + random.upTo(8); turns > 0; turns--) await nextTurn()
    if (!isOver) history.crash(() => budgetedBooks(t, path))
  }
  await clients
  await history.books.ledger.flush()
  watch.look()
  counts.orphaned += Number(history.books.database.sqlite.prepare(ORPHANED).pluck().get())
  return { books: history.books, overshot: watch.overshot }
}

/** What is left can be used to within the smallest request. */
async function exhaust (t: Test, { ledger, set, budgets }: BudgetedBooks): Promise<void> {
  const budget = set(terms({ name: 'last', limit: 97n, scope: { kind: 'team', value: 'last' } }))
  const each = attemptIntent({ ceiling: 10n, ceilingTokens: 0, model: 'free' })
  const intent = exchangeIntent({ keyId: undefined, ip: '10.9.9.9', team: 'last', createdAtMs: NOON_MS + 900 * HOUR_MS })
  const opened = await Promise.allSettled(Array.from({ length: 20 }, () => ledger.open(intent, each)))
  const admitted = opened.flatMap((one) => one.status === 'fulfilled' ? [one.value] : [])
  t.equal(admitted.length, 9)
  t.equal(budgets.stateOf(budget).left, 7n)
  const none = answered({ cost: 0n, usage: {}, grade: 'free' })
  await Promise.all(admitted.map((exchange) => ledger.settle(exchange, settlement({ attempt: none }))))
  t.equal(budgets.stateOf(budget).left, 97n)
}

t.test('the histories were worth the time', async (t) => {
  t.comment(JSON.stringify(counts))
  for (const [name, count] of Object.entries(counts)) t.ok(count > 10, `${count} ${name}`)
})
