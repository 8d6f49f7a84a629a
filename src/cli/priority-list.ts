// aibroker priority list: priorities of providers that were set live, over those of modelsconfig.yml.

import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { plainJson, table, type Column } from './plain-text.ts'
import { formatMoment } from './times.ts'
import type { Terminal } from './terminal.ts'

type Flags = BooksFlags & JsonFlag

const COLUMNS: readonly Column[] = [
  { title: 'provider', align: 'left' }, { title: 'priority', align: 'right' }, { title: 'set', align: 'left' }
]

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Lists priorities of providers that were set live. All others are as modelsconfig.yml says.')
    .addHelpText('after', examples(['aibroker priority list', 'aibroker priority list --json']))
    .action((flags: Flags) => list(flags, terminal))
}

async function list (flags: Flags, terminal: Terminal): Promise<void> {
  const { createPriorities } = await import('../ledger/sqlite/priorities.ts')
  const rows = await withBooks(flags, terminal, 'reader', ({ sqlite }) => createPriorities(sqlite).all())
  if (flags.json) {
    const data = rows.map(({ provider, priority, setAtMs }) =>
      ({ provider, priority, set_at: new Date(setAtMs).toISOString() }))
    return terminal.print(plainJson({ data }))
  }
  if (rows.length === 0) return terminal.note('None is set: every priority is as modelsconfig.yml says.')
  terminal.print(table(COLUMNS, rows.map(({ provider, priority, setAtMs }) =>
    [provider, String(priority), formatMoment(setAtMs)])))
}
