// aibroker budget remove: lifts a budget; what it counted stays in the books.

import { systemClock } from '../core/clock.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { CommandFailure } from './failure.ts'
import { plain, plainJson } from './plain-text.ts'
import type { Terminal } from './terminal.ts'

type Flags = BooksFlags & JsonFlag

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Lifts a budget. A running broker stops keeping it with its next request; requests it counted stay booked.')
    .argument('<name>', 'as "aibroker budget list" shows it')
    .addHelpText('after', examples(['aibroker budget remove everybody']))
    .action((name: string, flags: Flags) => remove(name, flags, terminal))
}

async function remove (name: string, flags: Flags, terminal: Terminal): Promise<void> {
  const { SqliteBudgets } = await import('../budgets/sqlite-budgets.ts')
  const isRemoved = await withBooks(flags, terminal, 'guest', ({ sqlite }) =>
    new SqliteBudgets(sqlite, systemClock).remove(name))
  if (!isRemoved) throw new CommandFailure('not_found', `no budget ${plain(name)}; see "aibroker budget list"`)
  terminal.print(flags.json ? plainJson({ name, removed: true }) : `Removed ${plain(name)}.`)
}
