// Which variables of the environment mean something here: a misspelt one would be a setting that never takes effect.

import { nearestNames } from './catalog/nearest.ts'

const PREFIX = 'AIBROKER_'

/** Without the prefix; a test compares them with what the sources read. */
export const SETTING_NAMES: ReadonlySet<string> = new Set((
  'ALLOWED_HOSTS ALLOWED_ORIGINS ANSWER_LIMIT API_KEYS BETWEEN_TIMEOUT_MS BODY_LIMIT BUDGET_WEBHOOK CACHE_LIMIT ' +
  'CONNECT_TIMEOUT_MS CONTENT_POLICY DRAIN_MS DRY_RUN DURABILITY FIRST_BYTE_TIMEOUT_MS FIRST_EVENT_TIMEOUT_MS ' +
  'HELD_LIMIT HOME HOST IDEMPOTENT_LIMIT IDEMPOTENT_TOTAL KEEP_ALIVE_MS KEEP_ALIVE_TEXT KEY LOG_LEVEL MAX_IN_FLIGHT ' +
  'MULTIPART_LIMIT OPEN OPENROUTER_CATALOG ORPHANS PORT PRICE_FACTOR QUEUE QUEUE_MS RATE_LIMIT_RPM RECORDING_LIMIT RETENTION_DAYS SHED_LAG_MS ' +
  'SOCKET_DIR STICKY_MS STRICT_MANAGEMENT STRICT_OPENROUTER TOTAL_TIMEOUT_MS TRUST_PROXY UNKNOWN_PRICE WRITE_STALL_MS'
).split(' ').map((name) => PREFIX + name))

/** A sentence for each variable that looks like a setting and is none. */
export function unknownSettings (env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.keys(env).filter((name) => name.startsWith(PREFIX) && !SETTING_NAMES.has(name)).sort().map((name) => {
    const words = [...SETTING_NAMES].map((known) => known.slice(PREFIX.length))
    const [near] = nearestNames(name.slice(PREFIX.length), words, 1)
    const hint = near === undefined ? '' : `; did you mean ${PREFIX}${near}?`
    return `${name} is set, and is no setting of the broker: it changes nothing${hint}`
  })
}
