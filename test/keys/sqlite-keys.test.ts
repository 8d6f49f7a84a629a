import Database from 'better-sqlite3'
import t from 'tap'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemRandom } from '../../src/core/ids.ts'
import { SqliteKeys } from '../../src/keys/sqlite-keys.ts'
import { digestOf, makeToken } from '../../src/keys/token.ts'
import { migrate } from '../../src/ledger/sqlite/migrations.ts'
import { keyFile, keyStore } from './store.ts'
import { manualClock } from './manual-clock.ts'

t.test('a store without keys requires none and knows none', async (t) => {
  const keys = keyStore(t)
  t.equal(keys.isRequired(), false)
  t.equal(keys.check('ab_anything'), undefined)
  t.same(keys.list(), [])
})

t.test('a key is known by its token, with everything it was given', async (t) => {
  const keys = keyStore(t)
  const { token, record } = keys.create({
    name: 'laptop',
    expiresAtMs: 1_900_000_000_000,
    rpm: 60,
    maxInFlight: 4,
    budget: 9_007_199_254_740_993n,
    models: ['gpt-5', 'openai/*'],
    providers: ['openai'],
    origins: ['https://app.example'],
    streamMode: 'resume',
    team: 'red',
    project: 'moon'
  })

  t.same(keys.check(token), record)
  t.same(keys.list(), [record])
  t.match(record, { id: `key_${token.slice(3, 11)}`, name: 'laptop', createdAtMs: 1_800_000_000_000 })
  t.equal(keys.isRequired(), true)
})

t.test('a key given nothing is limited by nothing and named by its id', async (t) => {
  const { record } = keyStore(t).create({})
  const { id, name, createdAtMs, isManagement, hasByokInLimit, ...limits } = record
  t.same([isManagement, hasByokInLimit], [false, false])
  t.equal(name, id)
  t.same(new Set(Object.values(limits)), new Set([undefined]))
})

t.test('a budget of zero stays zero', async (t) => {
  const keys = keyStore(t)
  const { token } = keys.create({ budget: 0n })
  t.equal(keys.check(token)?.budget, 0n)
})

t.test('records survive the process: another store on the same file reads them as they were', async (t) => {
  const file = keyFile(t)
  const first = file.another()
  const { token, record } = first.create({ name: 'kept', budget: 5n, origins: ['https://app.example'], streamMode: 'atomic' })
  const second = file.another()
  t.same(second.check(token), record)
  t.same(second.list(), [record])
})

t.test('no token and no part of a secret is in the file', async (t) => {
  const file = keyFile(t)
  const { token } = file.another().create({ name: 'secret' })
  file.database.pragma('wal_checkpoint(TRUNCATE)')
  const bytes = readFileSync(file.path)
  t.ok(bytes.includes('secret'), 'the row is there')
  t.notOk(bytes.includes(token.slice(12, 40)))
  t.notOk(bytes.includes(token.slice(-20)))
})

t.test('a revoked key is unknown at once, and cannot be revoked twice', async (t) => {
  const keys = keyStore(t)
  const { token, record } = keys.create({})
  t.equal(keys.revoke(record.id), true)
  t.equal(keys.check(token), undefined)
  t.equal(keys.revoke(record.id), false)
  t.equal(keys.revoke('key_nobody00'), false)
  t.match(keys.list(), [{ id: record.id, revokedAtMs: 1_800_000_000_000 }])
})

t.test('taking the last key away lets nobody in: a key is still required', async (t) => {
  const clock = manualClock()
  const keys = keyStore(t, [], clock)
  keys.revoke(keys.create({}).record.id)
  t.equal(keys.isRequired(), true)

  const other = keyStore(t, [], clock)
  other.create({ expiresAtMs: clock.nowMs() + 10 })
  clock.pass(5_000)
  t.equal(other.isRequired(), true)
})

t.test('a key expires to the millisecond', async (t) => {
  const clock = manualClock()
  const keys = keyStore(t, [], clock)
  const { token } = keys.create({ expiresAtMs: clock.nowMs() + 500 })
  clock.pass(499)
  t.ok(keys.check(token))
  clock.pass(1)
  t.equal(keys.check(token), undefined)
})

t.test('a key made or revoked by another process counts within a second, and not by a query per request', async (t) => {
  const file = keyFile(t)
  const broker = file.another()
  const command = file.another()
  const { token, record } = command.create({})

  t.equal(broker.check(token), undefined, 'nothing is asked within the second')
  file.clock.pass(1_000)
  t.equal(broker.isRequired(), true)
  t.same(broker.check(token), record)

  command.revoke(record.id)
  file.clock.pass(1_000)
  t.equal(broker.check(token), undefined)
})

t.test('an origin is granted while a usable key names it', async (t) => {
  const clock = manualClock()
  const keys = keyStore(t, [], clock)
  const { record } = keys.create({ origins: ['https://app.example'] })
  t.equal(keys.isGranted('https://app.example'), true)
  t.equal(keys.isGranted('https://evil.example'), false)
  keys.revoke(record.id)
  t.equal(keys.isGranted('https://app.example'), false)
})

t.test('operator keys are keys without limits that no command can revoke', async (t) => {
  const keys = keyStore(t, ['first-secret', 'second-secret'])
  t.equal(keys.isRequired(), true)
  t.match(keys.check('second-secret'), { id: 'operator#1', rpm: undefined, budget: undefined })
  t.equal(keys.check('first-secre'), undefined)
  t.equal(keys.revoke('operator#0'), false)
  t.same(keys.list().map(({ id }) => id), ['operator#0', 'operator#1'])
})

t.test('no prefix, no other case and no padding of a key is the key', async (t) => {
  const keys = keyStore(t)
  const { token } = keys.create({})
  for (let length = 0; length < token.length; length++) t.equal(keys.check(token.slice(0, length)), undefined)
  for (const other of [` ${token}`, `${token} `, `${token}\0`, token.toUpperCase(), token + token, 'ключ', "' OR 1=1 --"]) {
    t.equal(keys.check(other), undefined)
  }
  t.ok(keys.check(token))
})

t.test('a stored digest is not a key', async (t) => {
  const file = keyFile(t)
  const keys = file.another()
  keys.create({})
  const digest = file.database.prepare('SELECT lower(hex(digest)) FROM client_keys').pluck().get() as string
  t.equal(digest.length, 64)
  t.equal(keys.check(digest), undefined)
})

t.test('a key made before keys had stream modes, teams and projects keeps working and has none', async (t) => {
  const database = new Database(':memory:')
  t.teardown(() => { database.close() })
  const folder = join(import.meta.dirname, '../../src/ledger/sqlite/migrations')
  for (const name of ['001-ledger.sql', '002-client-keys.sql']) database.exec(readFileSync(join(folder, name), 'utf8'))
  database.pragma('user_version = 2')
  const { id, token } = makeToken(systemRandom)
  database.prepare("INSERT INTO client_keys (id, name, digest, created_at_ms) VALUES (?, 'early', ?, 0)")
    .run(id, Buffer.from(digestOf(token), 'hex'))

  migrate(database)
  const keys = new SqliteKeys({ database, clock: manualClock(), random: systemRandom, operatorKeys: [] })
  t.match(keys.check(token), { id, name: 'early', streamMode: undefined, team: undefined, project: undefined })
})

t.test('a stream mode that nobody knows cannot be stored', async (t) => {
  const file = keyFile(t)
  file.another().create({})
  t.throws(() => file.database.exec("UPDATE client_keys SET stream_mode = 'later'"), /CHECK constraint/)
})

t.test('a store that cannot be read lets nobody in', async (t) => {
  const file = keyFile(t)
  const keys = file.another()
  const { token } = keys.create({})
  t.ok(keys.check(token))
  file.database.exec('DROP TABLE client_keys')
  file.clock.pass(1_000)
  t.throws(() => keys.check(token))
  t.throws(() => keys.check(token), 'and not only once')
})

t.test('a key that is disabled here is refused at once, and by another process within a second', async (t) => {
  const file = keyFile(t)
  const [here, there] = [file.another(), file.another()]
  const { token, hash, record } = here.create({})
  t.ok(here.find(record.id))
  file.clock.pass(1_000)
  t.ok(there.check(token))
  const disabled = here.change({ hash, record }, { isDisabled: true })
  t.equal(here.check(token), undefined)
  t.equal(here.find(record.id), undefined)
  file.clock.pass(1_000)
  t.equal(there.check(token), undefined)
  here.change(disabled, { isDisabled: false })
  t.ok(here.check(token))
})

t.test('a key of a transaction that was rolled back was never there, nor was its change', async (t) => {
  const file = keyFile(t)
  const keys = new SqliteKeys({ database: file.database, clock: file.clock, random: systemRandom, operatorKeys: [] })
  const kept = keys.create({ name: 'kept' })
  const lost: string[] = []
  t.throws(() => file.database.transaction(() => {
    lost.push(keys.create({ name: 'lost' }).token)
    keys.change(kept, { isDisabled: true })
    throw new Error('no room')
  }).immediate(), /no room/)
  t.equal(keys.check(lost[0] ?? ''), undefined)
  t.match(keys.check(kept.token), { name: 'kept' })
  t.equal(keys.isRequired(), true)
})

t.test('what is asked within a transaction that is rolled back is forgotten with it', async (t) => {
  const file = keyFile(t)
  const keys = new SqliteKeys({ database: file.database, clock: file.clock, random: systemRandom, operatorKeys: [] })
  const lost: string[] = []
  t.throws(() => file.database.transaction(() => {
    const { token } = keys.create({ origins: ['http://lost.example'] })
    lost.push(token)
    t.ok(keys.check(token))
    throw new Error('no room')
  }).immediate(), /no room/)
  t.equal(keys.check(lost[0] ?? ''), undefined)
  t.equal(keys.isRequired(), false)
  t.equal(keys.isGranted('http://lost.example'), false)
})

t.test('an origin is granted as long as one usable key has it', async (t) => {
  const keys = keyFile(t).another()
  const made = [1, 2].map(() => keys.create({ origins: ['http://app.example'] }))
  t.equal(keys.isGranted('http://app.example'), true)
  for (const [at, { record }] of made.entries()) {
    keys.revoke(record.id)
    t.equal(keys.isGranted('http://app.example'), at === 0)
  }
})

t.test('a hash finds a client key, also a revoked one, and never a management key', async (t) => {
  const keys = keyFile(t).another(['sk-operator'])
  const [client, manager] = [keys.create({}), keys.create({ isManagement: true })]
  keys.revoke(client.record.id)
  t.match(keys.byHash(client.hash)?.record, { id: client.record.id, revokedAtMs: Number })
  t.equal(keys.byHash(manager.hash), undefined)
  t.equal(keys.byHash(digestOf('sk-operator')), undefined)
  t.same(keys.page({ offset: 0, limit: 10, hasDisabled: true }), [])
})
