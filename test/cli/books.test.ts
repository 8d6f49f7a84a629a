// usage, explain and verify read the books of a broker, beside it while it runs.

import Database from 'better-sqlite3'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { answered, attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from '../ledger/samples.ts'
import { sqliteBooks, type SqliteBooks } from '../ledger/sqlite-books.ts'
import { explain } from '../../src/routing/explain.ts'
import { aibroker, emptyHome } from './command.ts'

const HOSTILE = 'gpt\u001b[2J\u202e-4o'
const DAY_MS = 86_400_000

interface Home {
  readonly home: string
  readonly books: SqliteBooks
}

function openHome (t: Test): Home {
  const home = emptyHome(t)
  return { home, books: sqliteBooks(t, join(home, 'aibroker.db')) }
}

/** Three exchanges: a good one, a day later one on another model after a failover, and one that found no backend. */
async function fill ({ books: { ledger } }: Home): Promise<string[]> {
  const first = await ledger.open(exchangeIntent(), attemptIntent())
  await ledger.settle(first, settlement())

  const second = await ledger.open(
    exchangeIntent({ createdAtMs: NOON_MS + DAY_MS, keyId: undefined, requestedModel: 'llama' }),
    attemptIntent({ provider: 'groq', model: 'llama', modelId: 'llama-4', credentialId: 'groq#0' }))
  await ledger.retry(second, failed({ reason: 'answered 500: \u001b]0;owned\u0007' }), attemptIntent({ model: 'llama' }))
  await ledger.settle(second, settlement({ attempt: answered({ cost: undefined, grade: 'unpriced' }) }))

  const third = await ledger.open(exchangeIntent({ requestedModel: HOSTILE, ip: '10.0.0.9' }), undefined)
  await ledger.settle(third, settlement({ status: 404, error: 'unknown_model', attempt: undefined }))
  return [first.id, second.id, third.id]
}

t.test('usage shows a line per group and totals, beside a broker that is running', async (t) => {
  const place = openHome(t)
  await fill(place)
  const { code, stdout, stderr } = await aibroker(t, ['usage', '--by', 'model'], place)
  t.equal(code, 0, stderr)
  const lines = stdout.trimEnd().split('\n')
  t.match(lines[0], /^model +requests +errors +prompt +cached +completion +cost USD +unpriced +last request$/)
  t.match(lines.find((line) => line.startsWith('gpt-4o')), /^gpt-4o +1 +0 +100 +0 +20 +0\.000450000 +0 +2026-11-21T10:00:00Z$/)
  t.match(lines.find((line) => line.startsWith('llama')), /^llama +1 +0 +100 +0 +20 +0\.000000000 +1 /)
  t.match(lines.at(-1), /^total +3 +1 +200 +0 +40 +0\.000450000 +1 /)
  const titleEnd = (lines[0] ?? '').indexOf('cost USD') + 'cost USD'.length
  t.equal(lines.at(-1)?.slice(titleEnd - 11, titleEnd), '0.000450000', 'money stands under its title')
})

t.test('usage --json is what the billing route answers', async (t) => {
  const place = openHome(t)
  await fill(place)
  const { stdout } = await aibroker(t, ['usage', '--json'], place)
  const { by, data, totals } = JSON.parse(stdout)
  t.equal(by, 'ip')
  t.match(data, [
    { ip: '127.0.0.1', requests: 2, errors: 0, cost_usd: '0.000450000', cost_nano_usd: 450_000, by_model: Array },
    { ip: '10.0.0.9', requests: 1, errors: 1, cost_usd: '0.000000000' }
  ])
  t.match(totals, { requests: 3, errors: 1, total_tokens: 240, unpriced_requests: 1, cost_usd: '0.000450000' })
  t.ok(data.flatMap((row: { by_model: Array<{ model: string }> }) => row.by_model)
    .some(({ model }: { model: string }) => model === HOSTILE), 'JSON loses nothing')
})

t.test('usage --csv can be read by a spreadsheet', async (t) => {
  const place = openHome(t)
  await fill(place)
  const { stdout } = await aibroker(t, ['usage', '--by', 'day', '--csv'], place)
  const [header, ...lines] = stdout.trimEnd().split('\r\n')
  t.match(header, /^day,requests,errors,prompt_tokens,/)
  t.match(lines, [/^2026-11-21,2,1,100,20,120,/, /^2026-11-22,1,0,100,20,120,/])
})

t.test('--since and --until narrow the report', async (t) => {
  const place = openHome(t)
  await fill(place)
  const requests = async (...flags: string[]) =>
    JSON.parse((await aibroker(t, ['usage', '--json', ...flags], place)).stdout).totals.requests
  t.equal(await requests('--since', '2026-11-22'), 1)
  t.equal(await requests('--until', '2026-11-22T00:00:00Z'), 2)
  t.equal(await requests('--since', '2026-11-21', '--until', '2026-11-23'), 3)
  t.equal(await requests('--since', '100000w'), 3)
})

const WRONG: ReadonlyArray<readonly [flags: readonly string[], says: RegExp]> = [
  [['--by', 'colour'], /--by must be one of ip, key, model, provider, day/],
  [['--since', 'yesterday'], /--since must be a date/],
  [['--until', '2026-02-31'], /--until must be a date/],
  [['--since', '2026-11-22', '--until', '2026-11-21'], /--since must be before --until/],
  [['--csv', '--json'], /--csv or --json, not both/]
]

for (const [flags, says] of WRONG) {
  t.test(`usage ${flags.join(' ')} is wrong usage`, async (t) => {
    const place = openHome(t)
    const { code, stdout, stderr } = await aibroker(t, ['usage', ...flags], place)
    t.equal(code, 2)
    t.equal(stdout, '')
    t.match(stderr, says)
  })
}

const PLAN = JSON.stringify({
  policy: 'cheapest',
  catalog: '0123456789abcdef',
  candidates: [['groq:llama-4', 'llama'], ['openai:gpt-4o-2024-08-06', 'llama'], ['xai:llama', 'llama']],
  more: 0,
  excluded: [['mistral:llama', 'no_credential', 'set MISTRAL_API_KEY']]
})

/** Failed at groq, answered by openai; xai was not needed and mistral not eligible. */
async function failOver ({ books: { ledger } }: Home): Promise<string> {
  const exchange = await ledger.open(exchangeIntent({ plan: PLAN, requestedModel: 'llama' }),
    attemptIntent({ provider: 'groq', model: 'llama', modelId: 'llama-4', credentialId: 'groq#0' }))
  await ledger.retry(exchange, failed(), attemptIntent({ model: 'llama' }))
  await ledger.settle(exchange, settlement())
  return exchange.id
}

t.test('explain says what was considered, what was tried and what would help', async (t) => {
  const place = openHome(t)
  const id = await failOver(place)
  const { code, stdout, stderr } = await aibroker(t, ['explain', id], place)
  t.equal(code, 0, stderr)
  t.match(stdout, `exchange  ${id}`)
  t.match(stdout, /^asked +llama \(chat\) at 2026-11-21T10:00:00\.000Z$/m)
  t.match(stdout, /^came to +200 after 815 ms$/m)
  t.match(stdout, /^cost +0\.000450000 USD$/m)
  t.match(stdout, /^groq:llama-4 +tried +failed: answered 500$/m)
  t.match(stdout, /^openai:gpt-4o-2024-08-06 +chosen +answered$/m)
  t.match(stdout, /^xai:llama +skipped +was eligible, but another one answered/m)
  t.match(stdout, /^ {2}mistral:llama: set MISTRAL_API_KEY$/m)
  t.match(stdout, /^ +1 +groq +llama-4 +groq#0 +failed +500 +- +31 +0\.000000000 +free$/m)
  t.match(stdout, /^ +2 +openai +gpt-4o-2024-08-06 +openai#0 +answered +200 +240 +812 +0\.000450000 +reported$/m)
})

t.test('explain --json is what the explain route answers', async (t) => {
  const place = openHome(t)
  const id = await failOver(place)
  const { stdout } = await aibroker(t, ['explain', id, '--json'], place)
  const record = place.books.reports.exchange(id)
  t.ok(record)
  if (record) t.same(JSON.parse(stdout), JSON.parse(JSON.stringify(explain(record))))
})

t.test('explain shows an exchange that is still running', async (t) => {
  const place = openHome(t)
  const { id } = await place.books.ledger.open(exchangeIntent({ plan: PLAN }), attemptIntent())
  const { code, stdout } = await aibroker(t, ['explain', id], place)
  t.equal(code, 0)
  t.match(stdout, /^came to +running for \d+ s$/m)
})

t.test('an id that is not in the books is exit code 3, and so is one with another tag', async (t) => {
  const place = openHome(t)
  const id = await failOver(place)
  for (const wrong of [`${id.slice(0, -1)}x`, 'gen-1-00000001abcdefABCDEF', 'nonsense']) {
    const { code, stdout, stderr } = await aibroker(t, ['explain', wrong], place)
    t.equal(code, 3)
    t.equal(stdout, '')
    t.match(stderr, `no exchange ${wrong}`)
  }
})

t.test('no text of a client or provider reaches the terminal as a control sequence', async (t) => {
  const place = openHome(t)
  const ids = await fill(place)
  const commands = [
    ['usage', '--by', 'model'], ['usage', '--by', 'model', '--json'], ['usage', '--by', 'model', '--csv'],
    ...ids.flatMap((id) => [['explain', id], ['explain', id, '--json']])
  ]
  for (const args of commands) {
    const { code, stdout, stderr } = await aibroker(t, args, place)
    t.equal(code, 0, stderr)
    // eslint-disable-next-line no-control-regex
    t.notMatch(stdout + stderr, /[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e]/, args.join(' '))
  }
})

t.test('verify finds books in order', async (t) => {
  const place = openHome(t)
  await fill(place)
  const text = await aibroker(t, ['verify'], place)
  t.equal(text.code, 0, text.stderr)
  t.match(text.stdout, /^3 exchanges, 3 attempts, 0 open, 0\.000450000 USD: every sum is the sum of its rows\n0 rows are under 0 seals, 3 exchanges wait for theirs\n$/)

  const json = await aibroker(t, ['verify', '--json'], place)
  t.equal(json.code, 0)
  t.same(JSON.parse(json.stdout), {
    ok: true,
    exchanges: 3,
    attempts: 3,
    open: 0,
    cost_usd: '0.000450000',
    pruned_exchanges: 0,
    seals: { count: 0, rows: 0, waiting_exchanges: 3 },
    differences: []
  })
})

t.test('verify names what somebody changed, with exit code 1', async (t) => {
  const place = openHome(t)
  await fill(place)
  await place.books.ledger.close()
  const database = new Database(place.books.path)
  database.exec('UPDATE attempts SET cost_nano_usd = 1 WHERE cost_nano_usd = 450000')
  database.close()

  const text = await aibroker(t, ['verify'], place)
  t.equal(text.code, 1)
  t.match(text.stdout, /^cost_differs \(1\): Money in the hourly sums is not the money in the rows\. First: 2026-11-21T10/m)
  t.match(text.stderr, /^aibroker: verify found cost_differs$/m)

  const json = await aibroker(t, ['verify', '--json'], place)
  t.equal(json.code, 1)
  t.match(JSON.parse(json.stdout), { ok: false, differences: [{ name: 'cost_differs', count: 1, says: String }] })
  t.match(JSON.parse(json.stderr), { error: { code: 'failed', exit_code: 1 } })
})

t.test('without books the commands say where they looked, with exit code 3, and make nothing', async (t) => {
  const home = emptyHome(t)
  for (const args of [['usage'], ['verify'], ['explain', 'gen-1-00000001abcdefABCDEF'], ['usage', '--json']]) {
    const { code, stdout, stderr } = await aibroker(t, args, { home })
    t.equal(code, 3, args.join(' '))
    t.equal(stdout, '')
    t.match(stderr, 'aibroker.db')
  }
  t.same(readdirSync(home), [])
})

t.test('a file that is no database is refused in words', async (t) => {
  const home = t.testdir({ 'aibroker.db': 'this is a text and no database, and longer than a header of SQLite would be '.repeat(3) })
  const { code, stderr } = await aibroker(t, ['usage'], { home })
  t.equal(code, 1)
  t.match(stderr, /^aibroker: .*is damaged or is not a SQLite database/)
})
