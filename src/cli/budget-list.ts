// aibroker budget list: every budget with what is spent, reserved and left.

import { systemClock } from '../core/clock.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { cellsOf, COLUMNS, jsonOf } from './budget-rows.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { plainJson, table } from './plain-text.ts'
import type { Terminal } from './terminal.ts'

type Flags = BooksFlags & JsonFlag

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Lists budgets with what is spent in the present window, reserved by running requests, and left.')
    .addHelpText('after', examples(['aibroker budget list', 'aibroker budget list --json']))
    .action((flags: Flags) => list(flags, terminal))
}

async function list (flags: Flags, terminal: Terminal): Promise<void> {
  const { SqliteBudgets } = await import('../budgets/sqlite-budgets.ts')
  const words = await import('../budgets/words.ts')
  const rows = await withBooks(flags, terminal, 'reader', ({ sqlite }) => {
    const budgets = new SqliteBudgets(sqlite, systemClock)
    return budgets.list().map((budget) => [budget, budgets.stateOf(budget)] as const)
  })
  const data = rows.map(([budget, state]) => jsonOf(budget, state, words))
  if (flags.json) return terminal.print(plainJson({ data }))
  if (rows.length === 0) return terminal.note('No budgets. "aibroker budget set <name> --limit <USD>" makes one.')
  terminal.print(table(COLUMNS, rows.map(([budget, state]) => cellsOf(budget, state, words))))
}
