// aibroker token revoke: takes a client key back; a running broker refuses it within a second.

import { systemClock } from '../core/clock.ts'
import { systemRandom } from '../core/ids.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { CommandFailure } from './failure.ts'
import { plain, plainJson } from './plain-text.ts'
import type { Terminal } from './terminal.ts'

type Flags = BooksFlags & JsonFlag

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Takes a client key back, for good. A running broker refuses it within a second.')
    .argument('<id>', 'id of the key, as "aibroker token list" shows it (key_…); not the token')
    .addHelpText('after', examples(['aibroker token revoke key_3kTz90Qa']))
    .action((id: string, flags: Flags) => revoke(id, flags, terminal))
}

async function revoke (id: string, flags: Flags, terminal: Terminal): Promise<void> {
  // A token given instead of an id must not be repeated anywhere.
  if (!/^key_\w{1,64}$/.test(id)) {
    throw new CommandFailure('wrong_usage', 'give the id of the key (key_…), as "aibroker token list" shows it')
  }
  const { SqliteKeys } = await import('../keys/sqlite-keys.ts')
  const isRevoked = await withBooks(flags, terminal, 'guest', ({ sqlite }) =>
    new SqliteKeys({ database: sqlite, clock: systemClock, random: systemRandom, operatorKeys: [] }).revoke(id))

  if (!isRevoked) throw new CommandFailure('not_found', `no usable key ${plain(id)}; see "aibroker token list"`)
  terminal.print(flags.json ? plainJson({ id, revoked: true }) : `Revoked ${id}.`)
}
