// The key store over the database of a home folder, as a broker would open it.

import { join } from 'node:path'
import type { Test } from 'tap'
import { systemClock } from '../../src/core/clock.ts'
import { systemRandom } from '../../src/core/ids.ts'
import type { KeyStore } from '../../src/keys/keys.ts'
import { SqliteKeys } from '../../src/keys/sqlite-keys.ts'
import { openDatabase } from '../../src/ledger/sqlite/database.ts'

export function keyStore (t: Test, home: string): KeyStore {
  const database = openDatabase(join(home, 'aibroker.db'), { access: 'guest', durability: 'process' })
  t.teardown(() => { database.close() })
  return new SqliteKeys({ database: database.sqlite, clock: systemClock, random: systemRandom, operatorKeys: [] })
}
