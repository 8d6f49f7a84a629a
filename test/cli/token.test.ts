// Client keys from the command line: made, listed, taken back; the token is seen once and nowhere else.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { digestOf, isToken } from '../../src/keys/token.ts'
import { keyStore } from './key-store.ts'
import { aibroker, emptyHome } from './command.ts'

async function create (t: Test, home: string, ...flags: string[]): Promise<{ token: string, id: string }> {
  const { code, stdout, stderr } = await aibroker(t, ['token', 'create', '--json', ...flags], { home })
  t.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

t.test('create --json prints the token and its id, and nothing else', async (t) => {
  const home = emptyHome(t)
  const { code, stdout, stderr } = await aibroker(t, ['token', 'create', '--name', 'laptop', '--json'], { home })
  t.equal(code, 0)
  t.equal(stderr, '')
  const made = JSON.parse(stdout)
  t.same(Object.keys(made).sort(), ['id', 'token'])
  t.ok(isToken(made.token))
  t.match(made.id, /^key_[0-9a-zA-Z]{8}$/)
  t.match(keyStore(t, home).check(made.token), { id: made.id, name: 'laptop' })
})

t.test('create prints the token alone on stdout, so that a shell can take it', async (t) => {
  const { stdout, stderr } = await aibroker(t, ['token', 'create', '--name', 'shell'])
  t.ok(isToken(stdout.trimEnd()))
  t.equal(stdout.split('\n').length, 2)
  t.match(stderr, 'shown only now')
  t.notMatch(stderr, stdout.trimEnd())
})

t.test('every limit reaches the key as it was written', async (t) => {
  const home = emptyHome(t)
  const beforeMs = Date.now()
  const { token } = await create(t, home,
    '--name', 'ci', '--rpm', '60', '--max-in-flight', '4', '--models', 'gpt-4o, openai/*',
    '--providers', 'openai,groq', '--origin', 'https://app.example', '--origin', 'http://localhost:5173', '--ttl', '30d',
    '--stream', 'resume')

  const { expiresAtMs, ...record } = keyStore(t, home).check(token) ?? {}
  t.match(record, {
    name: 'ci',
    rpm: 60,
    maxInFlight: 4,
    models: ['gpt-4o', 'openai/*'],
    providers: ['openai', 'groq'],
    origins: ['https://app.example', 'http://localhost:5173'],
    streamMode: 'resume'
  })
  const days = ((expiresAtMs ?? 0) - beforeMs) / 86_400_000
  t.ok(days >= 30 && days < 30.01, 'thirty days from now')
})

t.test('a key can have a budget, a team and a project from the start', async (t) => {
  const home = emptyHome(t)
  const { id } = await create(t, home, '--name', 'intern', '--budget', '5/month', '--tz', 'Europe/Berlin',
    '--team', 'search', '--project', 'moon')
  const { stdout } = await aibroker(t, ['budget', 'show', id, '--json'], { home })
  t.match(JSON.parse(stdout), {
    name: id,
    scope: `key:${id}`,
    unit: 'usd',
    limit: '5.000000000',
    left: '5.000000000',
    window: { kind: 'calendar', every: 'month', timeZone: 'Europe/Berlin' },
    soft: false
  })
  const list = await aibroker(t, ['token', 'list'], { home })
  t.match(list.stdout, new RegExp(`^${id} .* 5 USD per month \\(Europe/Berlin\\) .* search +moon`, 'm'))
})

t.test('a key without flags has no limit', async (t) => {
  const home = emptyHome(t)
  const { token, id } = await create(t, home)
  t.match(keyStore(t, home).check(token), {
    id,
    name: id,
    rpm: undefined,
    budget: undefined,
    models: undefined,
    expiresAtMs: undefined,
    origins: undefined,
    streamMode: undefined
  })
})

t.test('list shows every key with its state, and no token', async (t) => {
  const home = emptyHome(t)
  const kept = await create(t, home, '--name', 'kept', '--models', 'gpt-4o', '--stream', 'atomic')
  const gone = await create(t, home, '--name', 'gone')
  t.equal((await aibroker(t, ['token', 'revoke', gone.id], { home })).code, 0)

  const text = await aibroker(t, ['token', 'list'], { home })
  t.match(text.stdout, new RegExp(`^${kept.id} +kept +usable .* atomic +gpt-4o$`, 'm'))
  t.match(text.stdout, new RegExp(`^${gone.id} +gone +revoked`, 'm'))

  const json = await aibroker(t, ['token', 'list', '--json'], { home })
  const { data } = JSON.parse(json.stdout)
  t.match(data, [
    { id: kept.id, name: 'kept', state: 'usable', budget_usd: null, models: ['gpt-4o'], revoked_at: null, stream_mode: 'atomic' },
    { id: gone.id, name: 'gone', state: 'revoked', budget_usd: null, models: null, revoked_at: /^\d{4}-.*Z$/, stream_mode: null }
  ])
  for (const { token } of [kept, gone]) t.notMatch(text.stdout + json.stdout, token.slice(-40))
})

t.test('a management key is listed as one; the key of a client is none', async (t) => {
  const home = emptyHome(t)
  const manager = await aibroker(t, ['token', 'create', '--name', 'boss', '--management'], { home })
  t.match(manager.stderr, 'it administers')
  const client = await create(t, home, '--name', 'app')
  t.match(keyStore(t, home).check(manager.stdout.trim()), { name: 'boss', isManagement: true })
  const { stdout } = await aibroker(t, ['token', 'list'], { home })
  t.match(stdout, /^key_\w+ +boss +usable +management /m)
  t.match(stdout, new RegExp(`^${client.id} +app +usable +client `, 'm'))
  const { data } = JSON.parse((await aibroker(t, ['token', 'list', '--json'], { home })).stdout)
  t.same(data.map((key: any) => [key.name, key.management, key.disabled]), [['boss', true, false], ['app', false, false]])
})

t.test('a key that was disabled over HTTP is listed as disabled', async (t) => {
  const home = emptyHome(t)
  const { token, id } = await create(t, home, '--name', 'app')
  const keys = keyStore(t, home)
  const key = keys.byHash(digestOf(token))
  if (key) keys.change(key, { isDisabled: true })
  t.match((await aibroker(t, ['token', 'list'], { home })).stdout, new RegExp(`^${id} +app +disabled `, 'm'))
  const { data } = JSON.parse((await aibroker(t, ['token', 'list', '--json'], { home })).stdout)
  t.match(data, [{ state: 'disabled', disabled: true, updated_at: /Z$/ }])
})

t.test('--limit-reset is the other spelling of what follows the slash of a budget', async (t) => {
  const home = emptyHome(t)
  const { id } = await create(t, home, '--budget', '5', '--limit-reset', 'weekly')
  const { stdout } = await aibroker(t, ['budget', 'list', '--json'], { home })
  t.match(JSON.parse(stdout).data, [{ name: id, limit: '5.000000000', window: { kind: 'calendar', every: 'week', timeZone: 'UTC' } }])
})

t.test('a revoked key lets nobody in, and revoking again is "not found"', async (t) => {
  const home = emptyHome(t)
  const { token, id } = await create(t, home)
  const first = await aibroker(t, ['token', 'revoke', id, '--json'], { home })
  t.same(JSON.parse(first.stdout), { id, revoked: true })
  t.equal(keyStore(t, home).check(token), undefined)

  const second = await aibroker(t, ['token', 'revoke', id], { home })
  t.equal(second.code, 3)
  t.match(second.stderr, 'no usable key')
})

t.test('a token given to revoke instead of its id is refused and not repeated', async (t) => {
  const home = emptyHome(t)
  const { token } = await create(t, home)
  const { code, stdout, stderr } = await aibroker(t, ['token', 'revoke', token], { home })
  t.equal(code, 2)
  t.notMatch(stdout + stderr, token.slice(4, 20))
})

t.test('the token is in no file', async (t) => {
  const home = emptyHome(t)
  const { token } = await create(t, home)
  const names = readdirSync(home)
  t.ok(names.includes('aibroker.db'))
  for (const name of names) t.notOk(readFileSync(join(home, name)).includes(token.slice(12, 40)), name)
})

t.test('a name cannot write on the terminal of who lists it', async (t) => {
  const home = emptyHome(t)
  await create(t, home, '--name', '\u001b[2Jnice\u202e')
  for (const flags of [[], ['--json']]) {
    const { stdout } = await aibroker(t, ['token', 'list', ...flags], { home })
    t.notMatch(stdout, '\u001b')
    t.notMatch(stdout, '\u202e')
  }
})

const WRONG: ReadonlyArray<readonly [flags: readonly string[], says: RegExp]> = [
  [['--budget', 'five'], /--budget <USD>.*US dollars/],
  [['--budget', '-1'], /--budget/],
  [['--budget', '5/fortnight'], /5\/month with one of hour, day/],
  [['--team', 'a\nb'], /--team <name>.*Give a name/],
  [['--budget', '0.0000000001'], /at most nine places/],
  [['--budget', '99999999999'], /US dollars from 0 to 9223372036/],
  [['--rpm', '0'], /--rpm <count>.*whole number/],
  [['--max-in-flight', '1.5'], /--max-in-flight <count>.*whole number/],
  [['--limit-reset', 'daily'], /--limit-reset needs a --budget/],
  [['--budget', '5/month', '--limit-reset', 'daily'], /--limit-reset needs a --budget/],
  [['--budget', '5', '--limit-reset', 'yearly'], /--limit-reset <when>.*one of daily, weekly, monthly/],
  [['--tz', 'Europe/Berlin'], /--tz needs a --budget like 5\/month/],
  [['--budget', '5', '--tz', 'Europe/Berlin'], /--tz needs a --budget like 5\/month/],
  [['--management', '--budget', '5'], /--budget means nothing with --management/],
  [['--management', '--max-in-flight', '5'], /--max-in-flight means nothing with --management/],
  [['--ttl', 'soon'], /--ttl must be a length of time/],
  [['--ttl', '0d'], /--ttl must be a length of time/],
  [['--stream', 'Resume'], /--stream <mode>.*one of live, resume, atomic/],
  [['--models', ' , '], /--models <a,b>.*at least one/],
  [['--origin', '*'], /--origin .*origins like/],
  [['--origin', 'https://app.example/path'], /--origin .*origins like/]
]

for (const [flags, says] of WRONG) {
  t.test(`create ${flags.join(' ')} is wrong usage and makes no key`, async (t) => {
    const home = emptyHome(t)
    const { code, stdout, stderr } = await aibroker(t, ['token', 'create', ...flags], { home })
    t.equal(code, 2)
    t.equal(stdout, '')
    t.match(stderr, says)
    t.same(readdirSync(home), [])
  })
}

t.test('list before anything was made says where it looked, with exit code 3', async (t) => {
  const home = emptyHome(t)
  const { code, stderr } = await aibroker(t, ['token', 'list'], { home })
  t.equal(code, 3)
  t.match(stderr, join(home, 'aibroker.db'))
})

t.test('--database names the file, wherever home is', async (t) => {
  const home = emptyHome(t)
  const database = `sqlite:${join(home, 'other.db')}`
  await create(t, home, '--database', database)
  t.same(readdirSync(home).filter((name) => name.endsWith('.db')), ['other.db'])
})
