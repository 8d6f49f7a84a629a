// Client keys by the thousand: making, changing and deleting one reads its own rows, and not those of all the others.

import type { Database } from 'better-sqlite3'
import t from 'tap'
import { ClientKeys } from '../../src/admin/client-keys.ts'
import type { KeyWish } from '../../src/admin/key-wish.ts'
import { SqliteBudgets } from '../../src/budgets/sqlite-budgets.ts'
import { systemClock } from '../../src/core/clock.ts'
import { systemRandom } from '../../src/core/ids.ts'
import { SqliteKeys } from '../../src/keys/sqlite-keys.ts'
import { createAccount } from '../../src/ledger/sqlite/account.ts'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'
import { SqliteLedger } from '../../src/ledger/sqlite/ledger.ts'
import { createReports } from '../../src/ledger/sqlite/reports.ts'
import { createTransact } from '../../src/ledger/sqlite/transact.ts'
import { attemptIntent, exchangeIntent, settlement } from '../ledger/samples.ts'
import { databasePath } from '../ledger/sqlite-books.ts'

const NOTHING: KeyWish = {
  name: undefined,
  isDisabled: undefined,
  limit: undefined,
  limitReset: undefined,
  expiresAtMs: undefined,
  hasByokInLimit: undefined,
  creatorUser: undefined,
  externalUser: undefined
}
const wish = (members: Partial<KeyWish>): KeyWish => ({ ...NOTHING, ...members })

/** Counts the rows that statements prepared from now on hand over. */
function countRows (database: Database): () => number {
  let rows = 0
  const prepare = database.prepare.bind(database)
  database.prepare = ((sql: string) => {
    const statement = prepare(sql)
    const all = statement.all.bind(statement)
    const get = statement.get.bind(statement)
    return Object.assign(statement, {
      all (...values: unknown[]) {
        const found = all(...values)
        rows += found.length
        return found
      },
      get (...values: unknown[]) {
        const found = get(...values)
        if (found !== undefined) rows++
        return found
      }
    })
  }) as Database['prepare']
  return () => rows
}

t.test('making, asking, changing and deleting a key reads as many rows however many keys there are', async (t) => {
  const database = openDatabase(databasePath(t), { access: 'owner', durability: 'process' })
  const { sqlite } = database
  const rows = countRows(sqlite)
  const ledger = new SqliteLedger(database, { clock: systemClock, alarm () {} })
  t.teardown(() => ledger.close())
  const keys = new SqliteKeys({ database: sqlite, clock: systemClock, random: systemRandom, operatorKeys: [] })
  const budgets = new SqliteBudgets(sqlite, systemClock, (name) => { ledger.rereadBudget(name) })
  const account = createAccount(sqlite, { reports: createReports(sqlite), budgets, clock: systemClock })
  const clientKeys = new ClientKeys({ keys, budgets, account, transact: createTransact(sqlite) })

  /** Rows that one key costs from its making to its end, with a request of its own between. */
  const oneKey = async () => {
    const before = rows()
    const { token, key: { hash, record } } = clientKeys.create(wish({ name: 'one', limit: 10n ** 9n }))
    t.ok(keys.check(token))
    const exchange = await ledger.open(exchangeIntent({ keyId: record.id }), attemptIntent())
    await ledger.settle(exchange, settlement())
    clientKeys.change(hash, wish({ limit: 2n * 10n ** 9n, isDisabled: true }))
    t.equal(keys.check(token), undefined)
    t.equal(account.budgets({ keyId: record.id, ip: '' }).length, 1)
    clientKeys.remove(hash)
    await ledger.flush()
    return rows() - before
  }
  await oneKey()
  const alone = await oneKey()
  const made = Array.from({ length: 500 }, (_, at) => clientKeys.create(wish({ name: `k${at}`, limit: 10n ** 9n })))
  const among = await oneKey()
  t.ok(among < alone + 10 + 3 * made.length, 'the first request after them reads each and its limit once')
  t.ok(await oneKey() < alone + 10, 'and the next one nothing of them')
  t.ok(keys.check(made[499]?.token ?? ''))
})
