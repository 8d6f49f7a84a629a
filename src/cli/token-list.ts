// aibroker token list: client keys and what they may do; never a token.

import { systemClock } from '../core/clock.ts'
import { systemRandom } from '../core/ids.ts'
import type { Words } from './budget-rows.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { plainJson, table, type Column } from './plain-text.ts'
import { formatMoment } from './times.ts'
import type { Budget } from '../budgets/budget.ts'
import type { KeyRecord } from '../keys/keys.ts'
import type { Terminal } from './terminal.ts'

type Flags = BooksFlags & JsonFlag

const COLUMNS: readonly Column[] = [
  { title: 'id', align: 'left' },
  { title: 'name', align: 'left' },
  { title: 'state', align: 'left' },
  { title: 'kind', align: 'left' },
  { title: 'created', align: 'left' },
  { title: 'expires', align: 'left' },
  { title: 'budget', align: 'left' },
  { title: 'rpm', align: 'right' },
  { title: 'at once', align: 'right' },
  { title: 'team', align: 'left' },
  { title: 'project', align: 'left' },
  { title: 'stream', align: 'left' },
  { title: 'limited to', align: 'left' }
]

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Lists client keys, revoked, disabled and expired ones included, with what each may do.')
    .addHelpText('after', examples([
      'aibroker token list',
      'aibroker token list --json'
    ]))
    .action((flags: Flags) => list(flags, terminal))
}

async function list (flags: Flags, terminal: Terminal): Promise<void> {
  const { SqliteKeys } = await import('../keys/sqlite-keys.ts')
  const { SqliteBudgets } = await import('../budgets/sqlite-budgets.ts')
  const words = await import('../budgets/words.ts')
  const { keys, budgets } = await withBooks(flags, terminal, 'reader', ({ sqlite }) => ({
    keys: new SqliteKeys({ database: sqlite, clock: systemClock, random: systemRandom, operatorKeys: [] }).list(),
    budgets: new SqliteBudgets(sqlite, systemClock).list().filter(({ scope }) => scope.kind === 'key')
  }))

  const nowMs = systemClock.nowMs()
  const rows = keys.map((key) => ({ key, budgets: budgets.filter(({ scope }) => scope.value === key.id) }))
  if (flags.json) return terminal.print(plainJson({ data: rows.map((row) => jsonOf(row, nowMs, words)) }))
  if (keys.length === 0) return terminal.note('No client keys. "aibroker token create --name <what for>" makes one.')
  terminal.print(table(COLUMNS, rows.map((row) => cellsOf(row, nowMs, words))))
}

interface Row {
  readonly key: KeyRecord
  /** Those of the key itself. */
  readonly budgets: readonly Budget[]
}

function budgetWords ({ unit, limit, window }: Budget, { amountWords, windowWords }: Words): string {
  return `${amountWords(unit, limit)} ${windowWords(window)}`
}

function cellsOf ({ key, budgets }: Row, nowMs: number, words: Words): string[] {
  return [
    key.id,
    key.name,
    stateOf(key, nowMs),
    key.isManagement ? 'management' : 'client',
    formatMoment(key.createdAtMs),
    key.expiresAtMs === undefined ? 'never' : formatMoment(key.expiresAtMs),
    budgets.map((budget) => budgetWords(budget, words)).join(', ') || '-',
    String(key.rpm ?? '-'),
    String(key.maxInFlight ?? '-'),
    ...[key.team, key.project, key.streamMode].map((text) => text ?? '-'),
    [...key.models ?? [], ...key.providers ?? [], ...key.origins ?? []].join(' ')
  ]
}

function jsonOf ({ key, budgets }: Row, nowMs: number, words: Words) {
  const limit = budgets.find(({ unit }) => unit === 'usd')?.limit
  return {
    id: key.id,
    name: key.name,
    state: stateOf(key, nowMs),
    disabled: key.disabledAtMs !== undefined,
    management: key.isManagement,
    created_at: formatMoment(key.createdAtMs),
    updated_at: momentOrNull(key.updatedAtMs),
    expires_at: momentOrNull(key.expiresAtMs),
    revoked_at: momentOrNull(key.revokedAtMs),
    budget_usd: limit === undefined ? null : words.exactAmount('usd', limit),
    budgets: budgets.map(({ name }) => name),
    rpm: key.rpm ?? null,
    max_in_flight: key.maxInFlight ?? null,
    ...limitsOf(key)
  }
}

function limitsOf ({ models, providers, origins, streamMode, team, project }: KeyRecord) {
  return {
    models: models ?? null,
    providers: providers ?? null,
    origins: origins ?? null,
    stream_mode: streamMode ?? null,
    team: team ?? null,
    project: project ?? null
  }
}

function momentOrNull (ms: number | undefined): string | null {
  return ms === undefined ? null : formatMoment(ms)
}

function stateOf (key: KeyRecord, nowMs: number): 'usable' | 'revoked' | 'disabled' | 'expired' {
  if (key.revokedAtMs !== undefined) return 'revoked'
  if (key.disabledAtMs !== undefined) return 'disabled'
  return key.expiresAtMs !== undefined && key.expiresAtMs <= nowMs ? 'expired' : 'usable'
}
