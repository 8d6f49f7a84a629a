// aibroker token list: client keys and what they may do; never a token.

import { systemClock } from '../core/clock.ts'
import { systemRandom } from '../core/ids.ts'
import { formatUsd } from '../core/money.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { plainJson, table, type Column } from './plain-text.ts'
import { formatMoment } from './times.ts'
import type { KeyRecord } from '../keys/keys.ts'
import type { Terminal } from './terminal.ts'

type Flags = BooksFlags & JsonFlag

const COLUMNS: readonly Column[] = [
  { title: 'id', align: 'left' },
  { title: 'name', align: 'left' },
  { title: 'state', align: 'left' },
  { title: 'created', align: 'left' },
  { title: 'expires', align: 'left' },
  { title: 'budget USD', align: 'right' },
  { title: 'rpm', align: 'right' },
  { title: 'at once', align: 'right' },
  { title: 'stream', align: 'left' },
  { title: 'limited to', align: 'left' }
]

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Lists client keys, revoked and expired ones included, with what each may do.')
    .addHelpText('after', examples([
      'aibroker token list',
      'aibroker token list --json'
    ]))
    .action((flags: Flags) => list(flags, terminal))
}

async function list (flags: Flags, terminal: Terminal): Promise<void> {
  const { SqliteKeys } = await import('../keys/sqlite-keys.ts')
  const keys = await withBooks(flags, terminal, 'reader', ({ sqlite }) =>
    new SqliteKeys({ database: sqlite, clock: systemClock, random: systemRandom, operatorKeys: [] }).list())

  const nowMs = systemClock.nowMs()
  if (flags.json) return terminal.print(plainJson({ data: keys.map((key) => jsonOf(key, nowMs)) }))
  if (keys.length === 0) return terminal.note('No client keys. "aibroker token create --name <what for>" makes one.')
  terminal.print(table(COLUMNS, keys.map((key) => cellsOf(key, nowMs))))
}

function cellsOf (key: KeyRecord, nowMs: number): string[] {
  return [
    key.id,
    key.name,
    stateOf(key, nowMs),
    formatMoment(key.createdAtMs),
    key.expiresAtMs === undefined ? 'never' : formatMoment(key.expiresAtMs),
    key.budget === undefined ? '-' : formatUsd(key.budget),
    String(key.rpm ?? '-'),
    String(key.maxInFlight ?? '-'),
    key.streamMode ?? '-',
    [...key.models ?? [], ...key.providers ?? [], ...key.origins ?? []].join(' ')
  ]
}

function jsonOf (key: KeyRecord, nowMs: number) {
  return {
    id: key.id,
    name: key.name,
    state: stateOf(key, nowMs),
    created_at: formatMoment(key.createdAtMs),
    expires_at: key.expiresAtMs === undefined ? null : formatMoment(key.expiresAtMs),
    revoked_at: key.revokedAtMs === undefined ? null : formatMoment(key.revokedAtMs),
    budget_usd: key.budget === undefined ? null : formatUsd(key.budget),
    rpm: key.rpm ?? null,
    max_in_flight: key.maxInFlight ?? null,
    models: key.models ?? null,
    providers: key.providers ?? null,
    origins: key.origins ?? null,
    stream_mode: key.streamMode ?? null
  }
}

function stateOf (key: KeyRecord, nowMs: number): 'usable' | 'revoked' | 'expired' {
  if (key.revokedAtMs !== undefined) return 'revoked'
  return key.expiresAtMs !== undefined && key.expiresAtMs <= nowMs ? 'expired' : 'usable'
}
