// aibroker verify: every sum of the books is computed again from its rows.

import { formatUsd } from '../core/money.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { CommandFailure } from './failure.ts'
import { plain, plainJson } from './plain-text.ts'
import type { SealCount } from '../ledger/verify.ts'
import type { Terminal } from './terminal.ts'

type Flags = BooksFlags & JsonFlag

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Computes every sum of the books again from its rows and compares, and the chain of seals with every row ' +
      'under it. Changes nothing; a broker may go on working meanwhile. Exit code 1 when anything differs, with its name and the first place.')
    .addHelpText('after', examples(['aibroker verify', 'aibroker verify --json', 'aibroker verify --database sqlite:backup.db']))
    .action((flags: Flags) => verify(flags, terminal))
}

async function verify (flags: Flags, terminal: Terminal): Promise<void> {
  const { verifyLedger } = await import('../ledger/sqlite/verify.ts')
  const { DAMAGES } = await import('../ledger/verify.ts')
  const report = await withBooks(flags, terminal, 'reader', ({ sqlite }) => verifyLedger(sqlite))
  const { ok, exchanges, attempts, open, costNanoUsd, pruned, seals, differences } = report

  if (flags.json) {
    const found = differences.map((difference) => ({ ...difference, says: DAMAGES[difference.name] }))
    const { rows, waiting, head } = seals
    const sealed = { count: seals.seals, rows, waiting_exchanges: waiting, head }
    const sums = { exchanges, attempts, open, cost_usd: formatUsd(costNanoUsd), pruned_exchanges: pruned }
    terminal.print(plainJson({ ok, ...sums, seals: sealed, differences: found }))
  } else {
    terminal.print(`${exchanges} exchanges, ${attempts} attempts, ${open} open, ${formatUsd(costNanoUsd)} USD: ` +
      (ok ? 'every sum is the sum of its rows' : 'the books are not in order'))
    terminal.print(sealsInWords(seals) + (pruned > 0 ? `; ${pruned} exchanges were pruned, their sums are kept` : ''))
    for (const { name, count, first } of differences) {
      terminal.print(`${name} (${count}): ${DAMAGES[name]} First: ${plain(first)}`)
    }
  }
  if (!ok) throw new CommandFailure('failed', `verify found ${differences.map(({ name }) => name).join(', ')}`)
}

function sealsInWords ({ seals, rows, waiting, head }: SealCount): string {
  return `${rows} rows are under ${seals} seals, ${waiting} exchanges wait for theirs` + (head ? `; head ${head}` : '')
}
