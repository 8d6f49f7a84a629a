// Spans of hours, added up in the background so that reports over months are quick.
//
// DESIGN. What must hold:
// - A span on the list is equal to the sum of its hours. It is put there in the transaction that made it, and a request
//   booked into one of its hours later takes it off in its own transaction (`touch`). Spans off the list are not read.
// - Spans are made of the level below, lowest first; a span is over an hour before it is made.
// Measured with ten million requests: 1,100 rows of hours a report at the most for each edge, and some spans.

import type { Database } from 'better-sqlite3'
import { ADDED_UP, HOUR_MEASURES, SPAN_MEASURES } from './reports-sums.ts'

interface Level {
  readonly level: number
  readonly hours: number
}

/** Each a multiple of the one before. Days are the longest that a report by day can use. */
export const LEVELS: readonly Level[] = [
  { level: 1, hours: 6 }, { level: 2, hours: 24 }, { level: 3, hours: 120 }, { level: 4, hours: 720 }
]
export const DAY_LEVEL = 2

/** Who is told apart in a span: everybody, nobody, or keys. Each is kept at its own distance from the level. */
export const DETAILS = [
  { distance: 0, columns: 'ip, key' }, { distance: 10, columns: '0, 0' }, { distance: 20, columns: '0, key' }
] as const
export type Detail = typeof DETAILS[number]['distance']

/** Requests that run longer than this after their hour take their span off the list again. */
const SETTLE_HOURS = 1

export interface Spans {
  /** A request was booked into this hour; part of its transaction. */
  touch (hour: number): void
  /** Makes the next span that is over and not made yet. @returns false when there is none. */
  makeNext (hourNow: number): boolean
}

const MAKE = (source: string) => `
  INSERT INTO usage_spans (level, start, ip, key, model, provider, ${SPAN_MEASURES})
  SELECT :level, :start, ip, key, model, provider, ${ADDED_UP} FROM (${source}) GROUP BY ip, key, model, provider`
const OF_HOURS = `SELECT ip, key, model, provider, ${HOUR_MEASURES} FROM usage_hourly WHERE hour >= :start AND hour < :end`
const OF_SPANS = `
  SELECT ip, key, model, provider, ${SPAN_MEASURES} FROM usage_spans
  WHERE level = :level - 1 AND start >= :start AND start < :end`

const COARSER = ({ distance, columns }: typeof DETAILS[number]) => `
  INSERT INTO usage_spans (level, start, ip, key, model, provider, ${SPAN_MEASURES})
  SELECT level + ${distance}, start, ${columns}, model, provider, ${ADDED_UP}
  FROM usage_spans WHERE level = :level AND start = :start GROUP BY 3, 4, model, provider`

export function createSpans (sqlite: Database): Spans {
  const list = sqlite.prepare('INSERT INTO usage_span_list (start, level, hours) VALUES (:start, :level, :hours)')
  const unlist = sqlite.prepare<[number, number]>('DELETE FROM usage_span_list WHERE start <= ? AND start + hours > ?')
  const clear = sqlite.prepare(`
    DELETE FROM usage_spans WHERE level IN (${DETAILS.map(({ distance }) => `:level + ${distance}`)}) AND start = :start`)
  const ofHours = sqlite.prepare(MAKE(OF_HOURS))
  const ofSpans = sqlite.prepare(MAKE(OF_SPANS))
  const coarser = DETAILS.filter(({ distance }) => distance > 0).map((detail) => sqlite.prepare(COARSER(detail)))
  const isListed = sqlite.prepare<[number, number]>('SELECT 1 FROM usage_span_list WHERE start = ? AND level = ?').pluck()
  const hourFrom = sqlite.prepare<[number], number | null>('SELECT min(hour) FROM usage_hourly WHERE hour >= ?').pluck()
  const listEnd = sqlite.prepare<[], number | null>('SELECT max(start + hours) FROM usage_span_list').pluck()
  /** Everything from here on was never in a span. */
  let end = listEnd.get() ?? -Infinity

  const make = sqlite.transaction(({ level, hours }: Level, start: number) => {
    clear.run({ level, start })
    const place = { level, start, end: start + hours }
    if (level === 1) ofHours.run(place)
    else ofSpans.run(place)
    for (const statement of coarser) statement.run({ level, start })
    list.run({ level, start, hours })
    end = Math.max(end, start + hours)
  })

  /** The first start of a span with requests in it that is not on the list. */
  const missing = ({ level, hours }: Level, from: number, hourNow: number): number | undefined => {
    for (let hour = hourFrom.get(from) ?? null; hour !== null;) {
      const start = Math.floor(hour / hours) * hours
      if (start + hours + SETTLE_HOURS > hourNow) return undefined
      if (isListed.get(start, level) === undefined) return start
      hour = hourFrom.get(start + hours) ?? null
    }
    return undefined
  }

  return {
    touch (hour) {
      if (hour < end) unlist.run(hour, hour)
    },
    makeNext (hourNow) {
      for (const level of LEVELS) {
        const start = missing(level, -Infinity, hourNow)
        if (start === undefined) continue
        make.immediate(level, start)
        return true
      }
      return false
    }
  }
}

/** Hours from `first` on and before `end`. */
export type HourRange = readonly [first: number, end: number]

export interface Cover {
  readonly spans: ReadonlyArray<readonly [level: number, start: number]>
  readonly hours: readonly HourRange[]
}

interface Listed {
  readonly start: number
  readonly level: number
  readonly hours: number
}

/** The fewest spans that fill a range of hours, and the hours in between. */
export function createCover (sqlite: Database): (range: HourRange, longest: number) => Cover {
  const within = sqlite.prepare<[number, number, number], Listed>(`
    SELECT start, level, hours FROM usage_span_list WHERE start >= ? AND start + hours <= ? AND level <= ?
    ORDER BY start, level DESC`)
  return ([first, end], longest) => {
    const spans: Array<[number, number]> = []
    const hours: HourRange[] = []
    let next = first
    for (const span of within.iterate(first, end, longest)) {
      if (span.start < next) continue // within a longer one
      if (span.start > next) hours.push([next, span.start])
      spans.push([span.level, span.start])
      next = span.start + span.hours
    }
    if (next < end) hours.push([next, end])
    return { spans, hours }
  }
}
