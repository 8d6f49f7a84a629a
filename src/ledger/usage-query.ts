// Reads what to report from texts: a query string or flags.

import { GatewayError } from '../core/errors.ts'
import { USAGE_GROUPS, type UsageGroup, type UsageQuery } from './reports.ts'

/** Texts as they came; anything but a string or undefined is refused (a parameter given twice is a list). */
export interface UsageQueryTexts {
  readonly by?: unknown
  readonly since?: unknown
  readonly until?: unknown
}

const MS_PER: { readonly [unit: string]: number } = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const AGO = /^(\d{1,6})([mhdw])$/
const DATE = /^(\d{4}-\d\d-\d\d)$/
/** RFC 3339; a "+" that was not escaped in a query string arrives as a space. */
const TIME = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+ -]\d\d:\d\d)$/i
const DAY_MS = 86_400_000

/** @throws GatewayError `invalid_body` naming the parameter. */
export function readUsageQuery (texts: UsageQueryTexts, ip: string | undefined, nowMs: number): UsageQuery {
  const sinceMs = readMoment('since', texts.since, nowMs)
  const untilMs = readMoment('until', texts.until, nowMs)
  if (sinceMs !== undefined && untilMs !== undefined && sinceMs >= untilMs) {
    throw invalid('"since" must be before "until".')
  }
  return { by: readGroup(texts.by), sinceMs, untilMs, ip }
}

/** `model`, or two of them one of which is the model: `key,model`. @throws GatewayError like `readUsageQuery`. */
export function readUsageGroups (text: string): UsageGroup[] {
  const groups = text.split(',').map((part) => readGroup(part.trim()))
  const [first, second, third] = groups
  if (third !== undefined || (second !== undefined && (first === second || !groups.includes('model')))) {
    throw invalid('"by" takes one group, or two of which one is the model: day,model.')
  }
  return groups
}

function readGroup (text: unknown): UsageGroup {
  if (text === undefined || text === '') return 'ip'
  const group = USAGE_GROUPS.find((group) => group === text)
  if (!group) throw invalid(`"by" must be one of ${USAGE_GROUPS.join(', ')}.`)
  return group
}

function readMoment (name: string, text: unknown, nowMs: number): number | undefined {
  if (text === undefined || text === '') return undefined
  const moment = typeof text === 'string' ? agoMs(text, nowMs) ?? dateMs(text) ?? timeMs(text) : undefined
  if (moment !== undefined) return moment
  throw invalid(`"${name}" must be a date (2026-11-01), a time (2026-11-01T08:30:00Z) or how long ago (7d, 24h).`)
}

function agoMs (text: string, nowMs: number): number | undefined {
  const [, count, unit = ''] = AGO.exec(text) ?? []
  return count === undefined ? undefined : nowMs - Number(count) * (MS_PER[unit] ?? 0)
}

/** Midnight UTC of a day of the calendar. `Date.parse` would take February 31 for March 3. */
function dateMs (text: string): number | undefined {
  if (!DATE.test(text)) return undefined
  const ms = Date.parse(text)
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text) return undefined
  return ms
}

function timeMs (text: string): number | undefined {
  const [, date = '', time = '', zone = ''] = TIME.exec(text) ?? []
  const midnight = dateMs(date)
  const ms = Date.parse(`1970-01-01T${time}${zone.replace(' ', '+').toUpperCase()}`)
  return midnight === undefined || Number.isNaN(ms) || Math.abs(ms) > 2 * DAY_MS ? undefined : midnight + ms
}

function invalid (reason: string): GatewayError {
  return new GatewayError('invalid_body', { reason })
}
