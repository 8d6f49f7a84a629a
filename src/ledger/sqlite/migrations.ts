// The schema: numbered SQL files, applied once each, forward only. `user_version` is the number of the last one.

import type { Database } from 'better-sqlite3'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../../paths.ts'
import { DatabaseRefusal } from './refusal.ts'

interface Migration {
  readonly version: number
  readonly file: string
}

/** "AiBr" in the file's header: tells our databases from those of other programs. */
const APPLICATION_ID = 0x41694272

const folder = join(packageRoot, 'src', 'ledger', 'sqlite', 'migrations')
const migrations: readonly Migration[] = readdirSync(folder)
  .filter((name) => /^\d{3}-[a-z0-9-]+\.sql$/.test(name))
  .sort()
  .map((name) => ({ version: Number(name.slice(0, 3)), file: join(folder, name) }))

refuseTwins(migrations)

/** The schema this version of the program reads and writes. */
export const schemaVersion = migrations.at(-1)?.version ?? 0

export function versionOf (sqlite: Database): number {
  return Number(sqlite.pragma('user_version', { simple: true }))
}

/** @throws DatabaseRefusal when the file belongs to another program or to a newer version of this one. */
export function refuseForeign (sqlite: Database, path: string): void {
  const version = versionOf(sqlite)
  const isOurs = sqlite.pragma('application_id', { simple: true }) === APPLICATION_ID
  const isEmpty = sqlite.prepare('SELECT 1 FROM sqlite_schema').get() === undefined
  if (!isOurs && !isEmpty) {
    throw new DatabaseRefusal(`${path} is a database of another program; give aibroker its own with --database.`)
  }
  if (version > schemaVersion) {
    throw new DatabaseRefusal(
      `${path} was written by a newer aibroker (schema ${version}, this one knows ${schemaVersion}). ` +
      'Install that version again, or restore a backup made before the upgrade.')
  }
}

/** Applies what is missing; each migration and its number are one transaction. */
export function migrate (sqlite: Database): void {
  for (const { version, file } of migrations) {
    if (versionOf(sqlite) >= version) continue
    sqlite.transaction(() => {
      if (versionOf(sqlite) >= version) return // another process was quicker
      sqlite.exec(readFileSync(file, 'utf8'))
      sqlite.pragma(`application_id = ${APPLICATION_ID}`)
      sqlite.pragma(`user_version = ${version}`)
    }).immediate()
  }
}

/** Two files of one number: one of them would never be applied. */
function refuseTwins (known: readonly Migration[]): void {
  const twin = known.find(({ version }, at) => version === known[at - 1]?.version)
  if (twin) throw new Error(`${twin.file} has the number of another migration`)
}
