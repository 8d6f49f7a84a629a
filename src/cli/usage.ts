// aibroker usage: requests, tokens and cost out of the books, as the billing routes report them.

import { systemClock } from '../core/clock.ts'
import { GatewayError } from '../core/errors.ts'
import { formatUsd } from '../core/money.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { CommandFailure } from './failure.ts'
import { plain, plainJsonText, table, type Column } from './plain-text.ts'
import { formatMoment } from './times.ts'
import type { UsageQuery, UsageReport, UsageSums } from '../ledger/reports.ts'
import type { Terminal } from './terminal.ts'

interface Flags extends BooksFlags, JsonFlag {
  readonly by?: string
  readonly since?: string
  readonly until?: string
  readonly csv?: boolean
}

const right = (title: string): Column => ({ title, align: 'right' })
const SUMS: ReadonlyArray<readonly [column: Column, cell: (sums: UsageSums) => string]> = [
  [right('requests'), ({ requests }) => String(requests)],
  [right('errors'), ({ errors }) => String(errors)],
  [right('prompt'), ({ promptTokens }) => String(promptTokens)],
  [right('cached'), ({ cachedTokens }) => String(cachedTokens)],
  [right('completion'), ({ completionTokens }) => String(completionTokens)],
  [right('cost USD'), ({ costNanoUsd }) => formatUsd(costNanoUsd)],
  [right('unpriced'), ({ unpricedRequests }) => String(unpricedRequests)],
  [right('last request'), ({ lastRequestAtMs }) => lastRequestAtMs === undefined ? '-' : formatMoment(lastRequestAtMs)]
]

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Sums requests, tokens and cost. Reads the database directly, so it works with and without a running ' +
      'broker. "unpriced" counts requests whose price is not known: they are not in the cost.')
    .option('--by <group>', 'ip, key, model, provider or day', 'ip')
    .option('--since <time>', 'from the hour of 7d, 24h, 2026-11-01 or 2026-11-01T08:30:00Z on')
    .option('--until <time>', 'up to there')
    .option('--csv', 'answer as CSV')
    .addHelpText('after', examples([
      'aibroker usage',
      'aibroker usage --by model --since 7d',
      'aibroker usage --by day --since 2026-11-01 --until 2026-12-01 --csv > november.csv',
      "aibroker usage --by key --json | jq '.data[] | {key, cost_usd}'"
    ]))
    .action((flags: Flags) => usage(flags, terminal))
}

async function usage (flags: Flags, terminal: Terminal): Promise<void> {
  if (flags.csv && flags.json) throw new CommandFailure('wrong_usage', 'give --csv or --json, not both')
  const query = await readQuery(flags)
  const { createReports } = await import('../ledger/sqlite/reports.ts')
  const report = await withBooks(flags, terminal, 'reader', ({ sqlite }) => createReports(sqlite).usage(query))

  const { usageCsv, usageJson } = await import('../ledger/usage-report.ts')
  if (flags.json) return terminal.print(plainJsonText(usageJson(report)))
  if (flags.csv) return terminal.print(usageCsv(report).trimEnd().split('\r\n').map(plain).join('\r\n'))
  terminal.print(textOf(report))
}

async function readQuery ({ by, since, until }: Flags): Promise<UsageQuery> {
  const { readUsageQuery } = await import('../ledger/usage-query.ts')
  try {
    return readUsageQuery({ by, since, until }, undefined, systemClock.nowMs())
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    throw new CommandFailure('wrong_usage', error.message.replace(/"(by|since|until)"/g, '--$1'), error)
  }
}

function textOf ({ query, rows, totals }: UsageReport): string {
  const cells = (group: string, sums: UsageSums) => [group, ...SUMS.map(([, cell]) => cell(sums))]
  return table(
    [{ title: query.by, align: 'left' }, ...SUMS.map(([column]) => column)],
    rows.map((row) => cells(row.group === '' ? '-' : row.group, row)),
    cells('total', totals))
}
