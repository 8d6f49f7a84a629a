// Opens the database for a command: where --home and --database say, with or without a running broker beside it.

import { existsSync } from 'node:fs'
import { CommandFailure } from './failure.ts'
import { readSettings } from '../settings.ts'
import type { Command } from 'commander'
import type { OpenDatabase } from '../ledger/sqlite/database.ts'
import type { Terminal } from './terminal.ts'

export interface BooksFlags {
  readonly home?: string
  readonly database?: string
}

export function booksOptions (command: Command): Command {
  return command
    .option('--home <folder>', 'where the broker keeps its files (AIBROKER_HOME, ~/.aibroker)')
    .option('--database <url>', 'sqlite:<file> (DATABASE_URL, <home>/aibroker.db)')
}

/**
 * Runs `use` over the open database and closes it on every path. `reader` changes nothing and needs the file to be
 * there; `guest` writes beside a running broker and makes the file when it is missing.
 * @throws CommandFailure with a sentence for the operator.
 */
export async function withBooks<Result> (
  flags: BooksFlags, terminal: Terminal, access: 'reader' | 'guest', use: (books: OpenDatabase) => Result | Promise<Result>
): Promise<Result> {
  const { databasePath, durability } = readSettings({ ...flags }, terminal.env)
  const { openDatabase } = await import('../ledger/sqlite/database.ts')
  const { DatabaseRefusal, refusalOf } = await import('../ledger/sqlite/refusal.ts')
  let books: OpenDatabase | undefined
  try {
    books = openDatabase(databasePath, { access, durability })
    return await use(books)
  } catch (error) {
    const refusal = error instanceof Error && error.name === 'SqliteError' ? refusalOf(error, databasePath) : error
    if (!(refusal instanceof DatabaseRefusal)) throw error
    throw new CommandFailure(existsSync(databasePath) ? 'failed' : 'not_found', refusal.message, error)
  } finally {
    books?.close()
  }
}
