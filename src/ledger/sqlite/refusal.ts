// Why a database file is not opened, in a sentence that says what to do.

import Database from 'better-sqlite3'

/** The CLI prints the sentence and exits; nothing was changed in the file. */
export class DatabaseRefusal extends Error {}

const DAMAGED = (path: string) =>
  `${path} is damaged or is not a SQLite database. Nothing was changed. Stop every program that uses it, keep a copy, ` +
  `then restore a backup or salvage the rows: sqlite3 "${path}" .recover | sqlite3 "${path}.recovered"`

/** SQLite's result codes (https://www.sqlite.org/rescode.html) by prefix, and what the operator should do. */
const ADVICE: ReadonlyArray<readonly [code: string, sentence: (path: string) => string]> = [
  ['SQLITE_NOTADB', DAMAGED],
  ['SQLITE_CORRUPT', DAMAGED],
  ['SQLITE_CANTOPEN', (path) => `${path} cannot be opened: check that it exists and that you may read and write its folder.`],
  ['SQLITE_READONLY', (path) => `${path} cannot be written: check the permissions of the file and its folder.`],
  ['SQLITE_BUSY', (path) => `${path} is held by a write of another program; try again when it is done.`],
  ['SQLITE_FULL', (path) => `The disk of ${path} is full; free some space and start again.`]
]

/** The refusal an error of SQLite or of the file system means; refusals pass as they are. */
export function refusalOf (error: unknown, path: string): Error {
  if (error instanceof DatabaseRefusal) return error
  if (!(error instanceof Error)) return new DatabaseRefusal(`${path} cannot be opened: ${String(error)}`)
  const code = error instanceof Database.SqliteError ? error.code : ''
  const advice = ADVICE.find(([prefix]) => code.startsWith(prefix))
  return new DatabaseRefusal(advice ? advice[1](path) : `${path} cannot be opened: ${error.message}`, { cause: error })
}
