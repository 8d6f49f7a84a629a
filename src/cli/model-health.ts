// aibroker models --health: how each backend of a running broker is.

import { defaultUrl, get } from './broker.ts'
import { CommandFailure } from './failure.ts'
import { plain, plainJson, table, type Column } from './plain-text.ts'
import type { Terminal } from './terminal.ts'

export interface HealthFlags {
  readonly json?: boolean
  readonly url?: string
}

/** What is read of a row of GET /health/backends (routing/health-report.ts); the rest passes through to `--json`. */
interface Row {
  readonly backend?: unknown
  readonly state?: unknown
  readonly failures_in_a_row?: unknown
  readonly retry_in_ms?: unknown
  readonly credentials?: unknown
  readonly last_reason?: unknown
}

const COLUMNS: readonly Column[] = [
  { title: 'backend', align: 'left' },
  { title: 'state', align: 'left' },
  { title: 'failures', align: 'right' },
  { title: 'retry in', align: 'right' },
  { title: 'credentials', align: 'left' },
  { title: 'last failure', align: 'left' }
]

const STATE_WORDS: { readonly [state: string]: string } = {
  closed: 'well', half_open: 'being tried', open: 'resting', untried: 'never tried'
}

const REFUSALS: { readonly [status: number]: string } = {
  401: 'wants a key: set AIBROKER_KEY to one of AIBROKER_API_KEYS',
  403: 'tells this to keys of AIBROKER_API_KEYS only: set AIBROKER_KEY to one',
  503: 'is shutting down'
}

/** Only a running broker knows; no file is read. */
export async function modelHealth (flags: HealthFlags, terminal: Terminal): Promise<void> {
  const url = flags.url ?? defaultUrl(terminal.env)
  const { status, json } = await get(url, '/health/backends', terminal.env['AIBROKER_KEY'])
  const rows = status === 200 ? rowsOf(json) : undefined
  if (rows === undefined) {
    throw new CommandFailure('failed', `${url} ${REFUSALS[status] ?? `answered ${status}, and not as a broker does`}`)
  }
  rows.sort((one, other) => Number(isUntried(one)) - Number(isUntried(other)))
  if (flags.json) return terminal.print(plainJson({ source: url, data: rows }))
  terminal.print(table(COLUMNS, rows.map(cellsOf)))
  terminal.note(`${rows.length} backends, ${rows.filter(({ state }) => state === 'open').length} resting, from ${plain(url)}`)
}

/** Of a long list that nobody has called yet, what is known comes first. */
function isUntried ({ state }: Row): boolean {
  return state === 'untried'
}

function cellsOf (row: Row): string[] {
  const { backend, state, failures_in_a_row: failures, retry_in_ms: waitMs, credentials, last_reason: reason } = row
  return [
    String(backend), STATE_WORDS[String(state)] ?? String(state), String(failures),
    typeof waitMs === 'number' && waitMs > 0 ? `${Math.ceil(waitMs / 1_000)} s` : '-',
    String(credentials), typeof reason === 'string' ? reason : '-'
  ]
}

/** Undefined: not an answer of GET /health/backends. */
function rowsOf (json: unknown): Row[] | undefined {
  const rows = typeof json === 'object' && json !== null ? (json as { readonly data?: unknown }).data : undefined
  return Array.isArray(rows) && rows.every((row) => typeof row === 'object' && row !== null) ? rows : undefined
}
