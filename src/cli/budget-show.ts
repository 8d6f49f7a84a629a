// aibroker budget show: one budget, with its thresholds.

import { systemClock } from '../core/clock.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { jsonOf, lineOf } from './budget-rows.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { CommandFailure } from './failure.ts'
import { plain, plainJson } from './plain-text.ts'
import type { Terminal } from './terminal.ts'

type Flags = BooksFlags & JsonFlag

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Shows one budget with what is spent, reserved and left. Exit code 3 when there is none of that name.')
    .argument('<name>', 'as "aibroker budget list" shows it')
    .addHelpText('after', examples(['aibroker budget show everybody', 'aibroker budget show key_3kTz90Qa --json']))
    .action((name: string, flags: Flags) => show(name, flags, terminal))
}

async function show (name: string, flags: Flags, terminal: Terminal): Promise<void> {
  const { SqliteBudgets } = await import('../budgets/sqlite-budgets.ts')
  const words = await import('../budgets/words.ts')
  await withBooks(flags, terminal, 'reader', ({ sqlite }) => {
    const budgets = new SqliteBudgets(sqlite, systemClock)
    const budget = budgets.find(name)
    if (!budget) throw new CommandFailure('not_found', `no budget ${plain(name)}; see "aibroker budget list"`)
    const state = budgets.stateOf(budget)
    if (flags.json) return terminal.print(plainJson(jsonOf(budget, state, words)))
    terminal.print(plain(lineOf(budget, state, words)))
    if (budget.isSoft) terminal.print('It is soft: it counts and tells, and refuses nothing.')
    if (budget.mayClamp) terminal.print('A request that does not fit may be made shorter.')
    if (budget.thresholds.length > 0) terminal.print(`It tells when these shares are spent: ${budget.thresholds.join(', ')}.`)
  })
}
