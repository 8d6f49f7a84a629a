// aibroker usage: requests, tokens and cost out of the books, as the billing routes report them.

import { systemClock } from '../core/clock.ts'
import { GatewayError } from '../core/errors.ts'
import { formatUsd } from '../core/money.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { CommandFailure } from './failure.ts'
import { readOnce } from './flag-values.ts'
import { plain, plainJsonText, table, type Column } from './plain-text.ts'
import { formatMoment } from './times.ts'
import type { UsageGroup, UsageQuery, UsageSums } from '../ledger/reports.ts'
import type { UsageLine } from '../ledger/usage-report.ts'
import type { Terminal } from './terminal.ts'

interface Flags extends BooksFlags, JsonFlag {
  readonly by?: string
  readonly since?: string
  readonly until?: string
  readonly csv?: boolean
  readonly chart?: boolean
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
    .option('--by <group>', 'ip, key, model, provider or day; or one of them and model: day,model (default ip)', readOnce)
    .option('--since <time>', 'from the hour of 7d, 24h, 2026-11-01 or 2026-11-01T08:30:00Z on')
    .option('--until <time>', 'up to there')
    .option('--csv', 'answer as CSV')
    .option('--chart', 'answer as bars of cost, or of requests where nothing cost anything')
    .addHelpText('after', examples([
      'aibroker usage',
      'aibroker usage --by model --since 7d',
      'aibroker usage --by day --since 30d --chart',
      'aibroker usage --by key,model --since 2026-11-01',
      'aibroker usage --by day --since 2026-11-01 --until 2026-12-01 --csv > november.csv',
      "aibroker usage --by key --json | jq '.data[] | {key, cost_usd}'"
    ]))
    .action((flags: Flags) => usage(flags, terminal))
}

async function usage (flags: Flags, terminal: Terminal): Promise<void> {
  const kinds = ['csv', 'json', 'chart'].filter((kind) => flags[kind as 'csv' | 'json' | 'chart'])
  if (kinds.length > 1) throw new CommandFailure('wrong_usage', `give --${kinds[0]} or --${kinds[1]}, not both`)
  const { query, by } = await readQuery(flags)
  const { createReports } = await import('../ledger/sqlite/reports.ts')
  const report = await withBooks(flags, terminal, 'reader', ({ sqlite }) => createReports(sqlite).usage(query))

  const { usageCsv, usageJson, usageLines, usageLinesJson } = await import('../ledger/usage-report.ts')
  if (flags.json) return terminal.print(plainJsonText(by.length > 1 ? usageLinesJson(report, by) : usageJson(report)))
  if (flags.csv) return terminal.print(usageCsv(report, by).trimEnd().split('\r\n').map(plain).join('\r\n'))
  const lines = usageLines(report, by)
  if (!flags.chart) return terminal.print(textOf(by, lines, report.totals))
  const { chart } = await import('./usage-chart.ts')
  terminal.print(chart(lines, { width: terminal.width, isPlain: isSet(terminal.env['NO_COLOR']) }))
}

/** https://no-color.org */
function isSet (text: string | undefined): boolean {
  return text !== undefined && text !== ''
}

async function readQuery ({ by: text = 'ip', since, until }: Flags): Promise<{ query: UsageQuery, by: UsageGroup[] }> {
  const { readUsageGroups, readUsageQuery } = await import('../ledger/usage-query.ts')
  try {
    const by = readUsageGroups(text)
    const first = by.find((group) => group !== 'model') ?? 'model'
    return { by, query: readUsageQuery({ by: first, since, until }, undefined, systemClock.nowMs()) }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    throw new CommandFailure('wrong_usage', error.message.replace(/"(by|since|until)"/g, '--$1'), error)
  }
}

function textOf (by: readonly UsageGroup[], lines: readonly UsageLine[], totals: UsageSums): string {
  const cells = (names: readonly string[], sums: UsageSums) => [...names, ...SUMS.map(([, cell]) => cell(sums))]
  return table(
    [...by.map((title): Column => ({ title, align: 'left' })), ...SUMS.map(([column]) => column)],
    lines.map((line) => cells(line.names.map((name) => name === '' ? '-' : name), line)),
    cells(by.map((_, at) => at === 0 ? 'total' : ''), totals))
}
