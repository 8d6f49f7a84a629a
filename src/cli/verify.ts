// aibroker verify: every sum of the books is computed again from its rows.

import { formatUsd } from '../core/money.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { CommandFailure } from './failure.ts'
import { plain, plainJson } from './plain-text.ts'
import type { Terminal } from './terminal.ts'

type Flags = BooksFlags & JsonFlag

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Computes every sum of the books again from its rows and compares. Changes nothing; a broker may go on ' +
      'working meanwhile. Exit code 1 when anything differs, with its name and the first place.')
    .addHelpText('after', examples(['aibroker verify', 'aibroker verify --json', 'aibroker verify --database sqlite:backup.db']))
    .action((flags: Flags) => verify(flags, terminal))
}

async function verify (flags: Flags, terminal: Terminal): Promise<void> {
  const { verifyLedger } = await import('../ledger/sqlite/verify.ts')
  const { DAMAGES } = await import('../ledger/verify.ts')
  const report = await withBooks(flags, terminal, 'reader', ({ sqlite }) => verifyLedger(sqlite))
  const { ok, exchanges, attempts, open, costNanoUsd, differences } = report

  if (flags.json) {
    const found = differences.map((difference) => ({ ...difference, says: DAMAGES[difference.name] }))
    terminal.print(plainJson({ ok, exchanges, attempts, open, cost_usd: formatUsd(costNanoUsd), differences: found }))
  } else {
    terminal.print(`${exchanges} exchanges, ${attempts} attempts, ${open} open, ${formatUsd(costNanoUsd)} USD: ` +
      (ok ? 'every sum is the sum of its rows' : 'the books are not in order'))
    for (const { name, count, first } of differences) {
      terminal.print(`${name} (${count}): ${DAMAGES[name]} First: ${plain(first)}`)
    }
  }
  if (!ok) throw new CommandFailure('failed', `verify found ${differences.map(({ name }) => name).join(', ')}`)
}
