// aibroker reprice: attempts whose price was not known are booked at what they cost by the prices known now.

import { formatUsd, type NanoUsd } from '../core/money.ts'
import { systemClock } from '../core/clock.ts'
import { readSettings } from '../settings.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { writeBesideBroker } from './busy.ts'
import { readCatalogFile } from './catalog-file.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { counted, plainJson, table, type Column } from './plain-text.ts'
import { readSpanMs } from './times.ts'
import type { Reprice } from './reprice-costs.ts'
import type { Catalog } from '../catalog/catalog.ts'
import type { Repricing, UnpricedAttempt } from '../ledger/adjustment.ts'
import type { Adjuster, UnpricedQuery } from '../ledger/sqlite/adjust.ts'
import type { Terminal } from './terminal.ts'

interface Flags extends BooksFlags, JsonFlag {
  readonly since?: string
  readonly model?: string
  readonly config?: string
  readonly dryRun?: boolean
}

/** Of one provider's model. */
interface Row {
  readonly provider: string
  readonly modelId: string
  repriced: number
  cost: NanoUsd
  priceUnknown: number
  usageUnknown: number
}

interface Job {
  readonly adjuster: Adjuster
  readonly catalog: Catalog
  readonly query: UnpricedQuery
  readonly isDryRun: boolean
}

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Books what attempts without a known price have cost, as soon as modelsconfig.yml or a price list has ' +
      'the price: an adjustment for each of them, once. Their rows stay as they are; usage, budgets, explain and ' +
      'the log show the corrected cost. Plain rates: which service tier served is not recorded without a price. Works ' +
      'beside a running broker, a hundred attempts at a time. Rows that were pruned, and attempts whose usage nobody ' +
      'knows, stay unpriced.')
    .option('--since <span>', 'requests of the last 30m, 24h, 7d or 4w only')
    .option('--model <name>', 'this one only, by the name it is asked for')
    .option('--config <file>', 'read this file')
    .option('--dry-run', 'only show what would be booked')
    .addHelpText('after', examples(['aibroker reprice --dry-run', 'aibroker reprice --since 30d --model gpt-5-nano']))
    .action((flags: Flags) => reprice(flags, terminal))
}

async function reprice (flags: Flags, terminal: Terminal): Promise<void> {
  const sinceMs = flags.since === undefined ? undefined : systemClock.nowMs() - readSpanMs('--since', flags.since)
  const { home } = readSettings({ ...flags }, terminal.env)
  const { catalog } = await readCatalogFile(flags.config, terminal, home)
  const { createAdjuster } = await import('../ledger/sqlite/adjust.ts')
  const { openRepricing } = await import('./reprice-costs.ts')
  const repriceOne = await openRepricing(catalog)
  const isDryRun = flags.dryRun ?? false
  const rows = await withBooks(flags, terminal, isDryRun ? 'reader' : 'guest', ({ sqlite }) =>
    run({ adjuster: createAdjuster(sqlite), catalog, query: { sinceMs, model: flags.model }, isDryRun }, repriceOne))
  terminal.print(flags.json ? plainJson(jsonOf(rows, isDryRun)) : textOf(rows, isDryRun))
}

async function run (job: Job, reprice: Reprice): Promise<Row[]> {
  const rows = new Map<string, Row>()
  const source = `aibroker reprice, catalog ${job.catalog.version}`
  const book = (repricings: readonly Repricing[]) =>
    writeBesideBroker(() => job.adjuster.reprice(repricings, source, systemClock.nowMs()))
  for (let after = 0; ;) {
    const attempts = job.adjuster.unpriced(job.query, after)
    const last = attempts.at(-1)
    if (!last) return [...rows.values()].sort((one, other) => other.cost > one.cost ? 1 : -1)
    after = last.id
    const found = new Map<UnpricedAttempt, Repricing>()
    for (const attempt of attempts) {
      const repricing = reprice(attempt)
      if (typeof repricing === 'object') found.set(attempt, repricing)
      else rowOf(rows, attempt)[repricing === 'price_unknown' ? 'priceUnknown' : 'usageUnknown']++
    }
    const booked = new Set(job.isDryRun ? found.values() : await book([...found.values()]))
    for (const [attempt, repricing] of found) {
      if (booked.has(repricing)) count(rowOf(rows, attempt), repricing)
    }
  }
}

function count (row: Row, { cost }: Repricing): void {
  row.repriced++
  row.cost += cost
}

function rowOf (rows: Map<string, Row>, { provider, modelId }: UnpricedAttempt): Row {
  const id = `${provider}:${modelId}`
  const row = rows.get(id) ?? { provider, modelId, repriced: 0, cost: 0n, priceUnknown: 0, usageUnknown: 0 }
  rows.set(id, row)
  return row
}

function jsonOf (rows: readonly Row[], isDryRun: boolean) {
  return {
    dry_run: isDryRun,
    attempts: sum(rows, 'repriced'),
    cost_usd: formatUsd(costOf(rows)),
    price_unknown: sum(rows, 'priceUnknown'),
    usage_unknown: sum(rows, 'usageUnknown'),
    data: rows.map(({ provider, modelId, repriced, cost, priceUnknown, usageUnknown }) => ({
      provider,
      model_id: modelId,
      attempts: repriced,
      cost_usd: formatUsd(cost),
      price_unknown: priceUnknown,
      usage_unknown: usageUnknown
    }))
  }
}

const left = (title: string): Column => ({ title, align: 'left' })
const right = (title: string): Column => ({ title, align: 'right' })
const COLUMNS = [
  left('provider'), left('model id'), right('repriced'), right('cost USD'), right('no price'), right('no usage')
]

function textOf (rows: readonly Row[], isDryRun: boolean): string {
  const attempts = sum(rows, 'repriced')
  const verb = isDryRun ? 'would be' : attempts === 1 ? 'was' : 'were'
  const words = `${counted(attempts, 'attempt')} ${verb} repriced: ${formatUsd(costOf(rows))} USD`
  if (rows.length === 0) return words
  return [words, '', table(COLUMNS, rows.map(({ provider, modelId, repriced, cost, priceUnknown, usageUnknown }) =>
    [provider, modelId, String(repriced), formatUsd(cost), String(priceUnknown), String(usageUnknown)]))].join('\n')
}

function sum (rows: readonly Row[], part: 'repriced' | 'priceUnknown' | 'usageUnknown'): number {
  return rows.reduce((total, row) => total + row[part], 0)
}

function costOf (rows: readonly Row[]): NanoUsd {
  return rows.reduce((total, { cost }) => total + cost, 0n)
}
