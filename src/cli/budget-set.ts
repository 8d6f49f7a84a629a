// aibroker budget set: makes a budget, or changes the one of that name.

import { systemClock } from '../core/clock.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { lineOf, jsonOf } from './budget-rows.ts'
import { readLabel, readLimit, readScope, readStep, readThresholds, readTimeZone, readUnit } from './budget-values.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { CommandFailure } from './failure.ts'
import { noteUnknownModels } from './model-names.ts'
import { plain, plainJson } from './plain-text.ts'
import { readSpanMs } from './times.ts'
import type { BudgetTerms, BudgetUnit, BudgetWindow, CalendarStep } from '../budgets/budget.ts'
import type { OpenDatabase } from '../ledger/sqlite/database.ts'
import type { Terminal } from './terminal.ts'

interface Flags extends BooksFlags, JsonFlag {
  readonly scope?: string
  readonly limit?: string
  readonly unit?: BudgetUnit
  readonly every?: CalendarStep
  readonly tz?: string
  readonly rolling?: string
  readonly total?: boolean
  readonly thresholds?: readonly number[]
  readonly clamp?: boolean
  readonly soft?: boolean
}

const SHORTEST_ROLLING_MS = 60_000
const LONGEST_ROLLING_MS = 366 * 86_400_000

const CHANGES = {
  made: 'made',
  changed: 'changed; what is spent stays',
  replaced: 'another scope, unit or window: it counts from nothing'
} as const

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Makes a budget, or changes the one of that name: flags that are not given stay as they were. No request ' +
      'goes out whose upper bound does not fit. A running broker keeps it from its next request on.')
    .argument('<name>', 'shown in refusals and reports', readLabel)
    .option('--scope <scope>', 'global, key:<id>, team:<name>, project:<name>, model:<name> or ip:<address>')
    .option('--limit <amount>', 'US dollars like 5 or 0.25; with another unit a whole number')
    .option('--unit <unit>', 'usd (default), tokens or requests', readUnit)
    .option('--every <step>', 'begins anew each hour, day, week, month or year', readStep)
    .option('--tz <zone>', 'in this time zone: Europe/Berlin; else UTC', readTimeZone)
    .option('--rolling <time>', 'in any stretch of this length: 24h, 7d')
    .option('--total', 'once and for all (default)')
    .option('--thresholds <shares>', 'tell when these shares are spent: 0.5,0.8,1 (default 0.8,1), or none', readThresholds)
    .option('--clamp', 'a request that does not fit may be made shorter')
    .option('--no-clamp', 'or is refused (default)')
    .option('--soft', 'counts and tells, and refuses nothing')
    .option('--no-soft', 'refuses (default)')
    .addHelpText('after', examples([
      'aibroker budget set everybody --limit 100 --every month --tz Europe/Berlin',
      'aibroker budget set intern --scope key:key_3kTz90Qa --limit 5 --every week --thresholds 0.5,0.9',
      'aibroker budget set search --scope team:search --limit 2000000 --unit tokens --rolling 24h --clamp',
      'aibroker budget set everybody --limit 120'
    ]))
    .action((name: string, flags: Flags) => set(name, flags, terminal))
}

async function set (name: string, flags: Flags, terminal: Terminal): Promise<void> {
  refuseTwoWindows(flags)
  const scope = flags.scope === undefined ? undefined : readScope(flags.scope)
  const { SqliteBudgets } = await import('../budgets/sqlite-budgets.ts')
  const words = await import('../budgets/words.ts')
  if (scope?.kind === 'model') await noteUnknownModels([scope.value], terminal)
  await withBooks(flags, terminal, 'guest', (books) => {
    if (scope?.kind === 'key') refuseUnknownKey(books, scope.value)
    const budgets = new SqliteBudgets(books.sqlite, systemClock)
    const terms = termsOf(name, flags, { ...budgets.find(name), ...scope && { scope } })
    const { budget, change } = budgets.set(terms)
    const state = budgets.stateOf(budget)
    if (flags.json) return terminal.print(plainJson({ ...jsonOf(budget, state, words), change }))
    terminal.print(`${plain(lineOf(budget, state, words))} (${CHANGES[change]})`)
  })
}

const FRESH: Omit<BudgetTerms, 'name' | 'limit'> = {
  scope: { kind: 'global', value: '' },
  unit: 'usd',
  window: { kind: 'total' },
  thresholds: [0.8, 1],
  isSoft: false,
  mayClamp: false
}

function termsOf (name: string, flags: Flags, given: Partial<BudgetTerms>): BudgetTerms {
  const before = { ...FRESH, ...given }
  const unit = flags.unit ?? before.unit
  const kept = unit === before.unit ? before.limit : undefined
  const limit = flags.limit === undefined ? kept : readLimit(unit, flags.limit)
  if (limit === undefined) throw new CommandFailure('wrong_usage', `--limit is missing: how many ${unit}?`)
  const { thresholds = before.thresholds, soft: isSoft = before.isSoft, clamp: mayClamp = before.mayClamp } = flags
  const window = windowOf(flags, before.window)
  return { name, scope: before.scope, unit, limit, window, thresholds, isSoft, mayClamp }
}

function windowOf ({ every, tz, rolling, total }: Flags, before: BudgetWindow): BudgetWindow {
  if (rolling !== undefined) return { kind: 'rolling', ms: readRolling(rolling) }
  if (total) return { kind: 'total' }
  return every === undefined && tz === undefined ? before : calendarOf(every, tz, before)
}

function calendarOf (every: CalendarStep | undefined, tz: string | undefined, before: BudgetWindow): BudgetWindow {
  const kept = before.kind === 'calendar' ? before : undefined
  const step = every ?? kept?.every
  if (!step) throw new CommandFailure('wrong_usage', '--tz needs --every')
  return { kind: 'calendar', every: step, timeZone: tz ?? kept?.timeZone ?? 'UTC' }
}

function readRolling (text: string): number {
  const ms = readSpanMs('--rolling', text)
  if (ms >= SHORTEST_ROLLING_MS && ms <= LONGEST_ROLLING_MS) return ms
  throw new CommandFailure('wrong_usage', '--rolling must be from 1m to 366d')
}

function refuseTwoWindows ({ every, tz, rolling, total }: Flags): void {
  const windows = [every ?? tz, rolling, total].filter((flag) => flag !== undefined)
  if (windows.length > 1) throw new CommandFailure('wrong_usage', 'give one of --every (with --tz), --rolling and --total')
}

/** A budget on a key that is not there would limit nobody. Keys of the environment have no row. */
function refuseUnknownKey ({ sqlite }: OpenDatabase, id: string): void {
  if (id.startsWith('operator#')) return
  const found = sqlite.prepare<[string], string>('SELECT id FROM client_keys WHERE id = ?').get(id)
  if (!found) throw new CommandFailure('not_found', `no key ${id}; see "aibroker token list"`)
}
