// One broker per database, and no lock that outlives its broker.

import t from 'tap'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { lockDatabase } from '../../src/ledger/sqlite/lock.ts'
import { attemptIntent, exchangeIntent, NOON_MS, settlement } from './samples.ts'
import { databasePath, sqliteBooks, temporaryFolder, unrecoveredBooks } from './sqlite-books.ts'

t.test('a second broker is refused, told the pid of the first, and may start when it has closed', async (t) => {
  const path = databasePath(t)
  const broker = await brokerOn(t, path)
  t.throws(() => sqliteBooks(t, path), new RegExp(`in use by another broker, pid ${broker.pid}\\.`))

  broker.send('close')
  await once(broker, 'exit')
  t.notOk(existsSync(`${path}.lock`))
  sqliteBooks(t, path)
})

t.test('a killed broker leaves no lock that counts', async (t) => {
  const path = databasePath(t)
  const broker = await brokerOn(t, path)
  broker.kill('SIGKILL')
  await once(broker, 'exit')
  t.ok(existsSync(`${path}.lock`), 'the file is still there')
  const { ledger } = sqliteBooks(t, path)
  t.equal(JSON.parse(readFileSync(`${path}.lock`, 'utf8')).pid, process.pid)
  await ledger.close()
  t.same(readdirSync(dirname(path)).filter((name) => name.includes('lock')), [])
})

t.test('the pid of a lock that now belongs to another program does not count', async (t) => {
  const path = join(temporaryFolder(t), 'x.db')
  const lock = lockDatabase(path)
  const { pid, started } = JSON.parse(readFileSync(`${path}.lock`, 'utf8'))
  lock.release()

  writeFileSync(`${path}.lock`, JSON.stringify({ pid, started: `${started}0` })) // the same pid, started later
  lockDatabase(path).release()
  writeFileSync(`${path}.lock`, JSON.stringify({ pid, started }))
  t.throws(() => lockDatabase(path), /in use by this process/)
})

t.test('a lock file cut short by a full disk does not count', async (t) => {
  const path = join(temporaryFolder(t), 'x.db')
  for (const text of ['', '{"pid":', '{"pid":"1"}', 'null']) {
    writeFileSync(`${path}.lock`, text)
    lockDatabase(path).release()
    t.notOk(existsSync(`${path}.lock`), JSON.stringify(text))
  }
})

t.test('the same process cannot open it twice either', async (t) => {
  const path = databasePath(t)
  sqliteBooks(t, path)
  t.throws(() => sqliteBooks(t, path), /in use by this process/)
})

t.test('a released lock that another broker holds now is left alone', async (t) => {
  const path = join(temporaryFolder(t), 'x.db')
  mkdirSync(dirname(path), { recursive: true })
  const lock = lockDatabase(path)
  writeFileSync(`${path}.lock`, '{"pid":1,"started":""}')
  lock.release()
  t.ok(existsSync(`${path}.lock`))
})

t.test('reports and the sqlite3 shell work while the broker runs', async (t) => {
  const { ledger, reader } = sqliteBooks(t)
  const exchange = await ledger.open(exchangeIntent(), attemptIntent())
  await ledger.settle(exchange, settlement())
  t.equal(reader().sqlite.prepare('SELECT count(*) FROM request_logs').pluck().get(), 1)
})

t.test('every exchange a killed broker was told of is there after restart, and closed', async (t) => {
  const path = databasePath(t)
  for (let round = 0; round < 4; round++) {
    const broker = await brokerOn(t, path)
    const acknowledged = { opened: new Set<string>(), settled: new Set<string>() }
    const enough = new Promise<void>((resolve) => {
      broker.on('message', ({ opened, settled }: { opened?: string, settled?: string }) => {
        if (opened) acknowledged.opened.add(opened)
        if (settled) acknowledged.settled.add(settled)
        if (acknowledged.settled.size === 150 * (round + 1)) resolve()
      })
    })
    broker.send('work')
    await enough
    broker.kill('SIGKILL')
    await once(broker, 'close')

    const { ledger, reports, verify } = unrecoveredBooks(t, path)
    const open = verify().open
    t.equal(ledger.recover(NOON_MS), open, 'recovery closes what verification saw open')
    const lost = [...acknowledged.opened].filter((id) => reports.exchange(id) === undefined)
    const unsettled = [...acknowledged.settled].filter((id) => reports.exchange(id)?.status !== 200)
    t.same({ lost, unsettled }, { lost: [], unsettled: [] }, `round ${round}: ${open} were open`)
    t.match(verify(), { ok: true, differences: [], open: 0 })
    await ledger.close()
  }
})

async function brokerOn (t: Test, path: string): Promise<ChildProcess> {
  const broker = fork(join(import.meta.dirname, 'broker-process.ts'), [path], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  t.teardown(() => broker.kill('SIGKILL'))
  const [message] = await once(broker, 'message') as [{ ready: boolean }]
  t.equal(message.ready, true)
  return broker
}
