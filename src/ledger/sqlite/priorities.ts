// Live priorities as rows of `provider_priorities` (015-provider-priorities.sql).

import type { Database } from 'better-sqlite3'
import type { PriorityStore, SetPriority } from '../priorities.ts'
import { createTransact } from './transact.ts'

const ALL = 'SELECT provider, priority, set_at_ms AS setAtMs FROM provider_priorities ORDER BY provider'
const SET = `
  INSERT INTO provider_priorities (provider, priority, set_at_ms) VALUES (@provider, @priority, @setAtMs)
  ON CONFLICT (provider) DO UPDATE SET priority = excluded.priority, set_at_ms = excluded.set_at_ms`

export function createPriorities (sqlite: Database): PriorityStore {
  const all = sqlite.prepare<[], SetPriority>(ALL)
  const set = sqlite.prepare(SET)
  const clear = sqlite.prepare<[string]>('DELETE FROM provider_priorities WHERE provider = ?')
  const version = sqlite.prepare<[], number>('PRAGMA data_version').pluck()
  const transact = createTransact(sqlite)
  return {
    all: () => all.all(),
    set: (row) => { transact(() => set.run(row)) },
    clear: (provider) => transact(() => clear.run(provider).changes === 1),
    version: () => version.get() ?? 0
  }
}
