// aibroker priority clear: the priority of a provider is as modelsconfig.yml says again.

import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { CommandFailure } from './failure.ts'
import { plain, plainJson } from './plain-text.ts'
import type { Terminal } from './terminal.ts'

type Flags = BooksFlags & JsonFlag

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Takes a priority back that was set live: modelsconfig.yml counts again. A running broker follows within ' +
      'a second.')
    .argument('<provider>', 'as "aibroker priority list" shows it')
    .addHelpText('after', examples(['aibroker priority clear groq']))
    .action((provider: string, flags: Flags) => clear(provider, flags, terminal))
}

async function clear (provider: string, flags: Flags, terminal: Terminal): Promise<void> {
  const { createPriorities } = await import('../ledger/sqlite/priorities.ts')
  const isCleared = await withBooks(flags, terminal, 'guest', ({ sqlite }) => createPriorities(sqlite).clear(provider))
  if (!isCleared) {
    throw new CommandFailure('not_found', `no priority of ${plain(provider)} is set; see "aibroker priority list"`)
  }
  const text = `The priority of ${plain(provider)} is as modelsconfig.yml says.`
  terminal.print(flags.json ? plainJson({ provider, cleared: true }) : text)
}
