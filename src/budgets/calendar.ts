// Hours, days, weeks, months and years as clocks on the wall of a time zone show them.
//
// DESIGN. A local time is kept as if it were UTC, so that its arithmetic is plain. A day begins at the first instant
// that shows its date: in the zones that skip midnight when summer begins that is 01:00, and where midnight comes twice
// it is the first one. Hours are whole hours of the wall, and the hour that is shown twice in autumn is two windows.
// Asking Intl for the wall costs 3 us, so a window is computed once and kept (current-span.ts).

import type { CalendarStep } from './budget.ts'

export interface Span {
  readonly startMs: number
  /** First instant after it; undefined: it never ends. */
  readonly endMs: number | undefined
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Zones are at most 14 hours from UTC: the instant a wall shows a time lies between these. */
const BEFORE_MS = 15 * HOUR_MS
const AFTER_MS = 13 * HOUR_MS
/** 1970-01-05: a Monday. */
const FIRST_MONDAY_MS = 4 * DAY_MS

type LongStep = Exclude<CalendarStep, 'hour'>

const formats = new Map<string, Intl.DateTimeFormat>()

/** The calendar step that holds an instant. */
export function calendarSpan (every: CalendarStep, timeZone: string, atMs: number): Span {
  const wallMs = atMs + offsetMs(timeZone, atMs)
  if (every === 'hour') {
    const startMs = atMs - modulo(wallMs, HOUR_MS)
    return { startMs, endMs: startMs + HOUR_MS }
  }
  return {
    startMs: instantOf(timeZone, startOf(every, wallMs)),
    endMs: instantOf(timeZone, nextOf(every, wallMs))
  }
}

function startOf (every: LongStep, wallMs: number): number {
  const date = new Date(wallMs)
  if (every === 'year') return Date.UTC(date.getUTCFullYear(), 0)
  if (every === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
  if (every === 'week') return wallMs - modulo(wallMs - FIRST_MONDAY_MS, 7 * DAY_MS)
  return wallMs - modulo(wallMs, DAY_MS)
}

function nextOf (every: LongStep, wallMs: number): number {
  const date = new Date(wallMs)
  if (every === 'year') return Date.UTC(date.getUTCFullYear() + 1, 0)
  if (every === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
  return startOf(every, wallMs) + (every === 'week' ? 7 : 1) * DAY_MS
}

/** The first instant at which the wall shows `wallMs` or later. */
function instantOf (timeZone: string, wallMs: number): number {
  const before = offsetMs(timeZone, wallMs - BEFORE_MS)
  const after = offsetMs(timeZone, wallMs + AFTER_MS)
  const shows = (atMs: number) => atMs + offsetMs(timeZone, atMs) >= wallMs
  let earliest = wallMs - Math.max(before, after)
  let latest = wallMs - Math.min(before, after)
  if (shows(earliest)) return earliest
  while (latest - earliest > 1) { // the clocks change in between
    const middle = Math.floor((earliest + latest) / 2)
    if (shows(middle)) latest = middle
    else earliest = middle
  }
  return latest
}

/** What the zone's clocks were ahead of UTC at an instant. */
function offsetMs (timeZone: string, atMs: number): number {
  const parts: { [type: string]: number } = {}
  for (const { type, value } of formatOf(timeZone).formatToParts(atMs)) parts[type] = Number(value)
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second) - (atMs - modulo(atMs, 1000))
}

function formatOf (timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric'
    })
    formats.set(timeZone, format)
  }
  return format
}

/** Never negative, unlike `%`. */
function modulo (value: number, by: number): number {
  return ((value % by) + by) % by
}
