// Windows by calendar: clocks that change, leap years, weeks, and every instant in exactly one window.

import t from 'tap'
import { CALENDAR_STEPS, type CalendarStep } from '../../src/budgets/budget.ts'
import { calendarSpan } from '../../src/budgets/calendar.ts'
import { isTimeZone } from '../../src/core/time-zone.ts'
import { createRandom } from '../ledger/random.ts'

type Row = readonly [says: string, every: CalendarStep, zone: string, at: string, start: string, end: string]

const ROWS: readonly Row[] = [
  ['an hour', 'hour', 'UTC', '2026-11-21T10:59:59.999Z', '2026-11-21T10:00:00Z', '2026-11-21T11:00:00Z'],
  ['an hour of a zone with half hours', 'hour', 'Asia/Kolkata', '2026-11-21T10:29:59.999Z', '2026-11-21T09:30:00Z',
    '2026-11-21T10:30:00Z'],
  ['the first hour shown twice', 'hour', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T00:00:00Z',
    '2026-10-25T01:00:00Z'],
  ['the second hour shown twice', 'hour', 'Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-25T01:00:00Z',
    '2026-10-25T02:00:00Z'],
  ['a day in UTC', 'day', 'UTC', '2026-11-21T00:00:00Z', '2026-11-21T00:00:00Z', '2026-11-22T00:00:00Z'],
  ['a day east of UTC', 'day', 'Europe/Berlin', '2026-11-20T23:00:00Z', '2026-11-20T23:00:00Z', '2026-11-21T23:00:00Z'],
  ['a day west of UTC', 'day', 'America/Los_Angeles', '2026-11-21T07:59:59Z', '2026-11-20T08:00:00Z',
    '2026-11-21T08:00:00Z'],
  ['a day of 14 hours ahead', 'day', 'Pacific/Kiritimati', '2026-11-21T12:00:00Z', '2026-11-21T10:00:00Z',
    '2026-11-22T10:00:00Z'],
  ['a day of 23 hours', 'day', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z'],
  ['a day of 25 hours', 'day', 'Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'],
  ['a day without midnight', 'day', 'Africa/Cairo', '2026-04-24T12:00:00Z', '2026-04-23T22:00:00Z', '2026-04-24T21:00:00Z'],
  ['a day with two midnights', 'day', 'America/Havana', '2026-11-01T12:00:00Z', '2026-11-01T04:00:00Z',
    '2026-11-02T05:00:00Z'],
  ['the second of two midnights', 'day', 'America/Havana', '2026-11-01T05:30:00Z', '2026-11-01T04:00:00Z',
    '2026-11-02T05:00:00Z'],
  ['a week starts on Monday', 'week', 'UTC', '2026-11-22T23:59:59Z', '2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z'],
  ['Monday itself', 'week', 'UTC', '2026-11-16T00:00:00Z', '2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z'],
  ['a week over the new year', 'week', 'UTC', '2027-01-01T12:00:00Z', '2026-12-28T00:00:00Z', '2027-01-04T00:00:00Z'],
  ['a week with a change of clocks', 'week', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-22T23:00:00Z',
    '2026-03-29T22:00:00Z'],
  ['a month whose offset changes', 'month', 'Europe/Berlin', '2026-03-10T00:00:00Z', '2026-02-28T23:00:00Z',
    '2026-03-31T22:00:00Z'],
  ['February of a leap year', 'month', 'UTC', '2028-02-29T12:00:00Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
  ['February of a common year', 'month', 'UTC', '2026-02-28T23:59:59Z', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
  ['a leap year', 'year', 'UTC', '2028-12-31T23:59:59Z', '2028-01-01T00:00:00Z', '2029-01-01T00:00:00Z'],
  ['a year south of the equator', 'year', 'Australia/Sydney', '2026-12-31T13:00:00Z', '2026-12-31T13:00:00Z',
    '2027-12-31T13:00:00Z'],
  ['beyond 2038', 'month', 'America/New_York', '2040-07-04T12:00:00Z', '2040-07-01T04:00:00Z', '2040-08-01T04:00:00Z'],
  ['before 1970', 'week', 'UTC', '1969-12-31T12:00:00Z', '1969-12-29T00:00:00Z', '1970-01-05T00:00:00Z']
]

for (const [says, every, zone, at, start, end] of ROWS) {
  t.test(`${says}: ${every} of ${at} in ${zone}`, async (t) => {
    t.same(calendarSpan(every, zone, Date.parse(at)), { startMs: Date.parse(start), endMs: Date.parse(end) })
  })
}

t.test('every instant of two years lies in its window, and windows follow each other without a gap', async (t) => {
  const random = createRandom(38)
  const zones = ['UTC', 'Europe/Berlin', 'America/Havana', 'Africa/Cairo', 'Asia/Kathmandu', 'Pacific/Auckland']
  const fromMs = Date.UTC(2026, 0)
  let checked = 0
  for (let round = 0; round < 1_500; round++) {
    const [every, zone] = [random.pick(CALENDAR_STEPS), random.pick(zones)]
    const atMs = fromMs + random.upTo(730 * 86_400) * 1_000 + random.upTo(999)
    const { startMs, endMs = 0 } = calendarSpan(every, zone, atMs)
    const isSound = startMs <= atMs && atMs < endMs &&
      calendarSpan(every, zone, startMs).startMs === startMs &&
      calendarSpan(every, zone, endMs - 1).startMs === startMs &&
      calendarSpan(every, zone, endMs).startMs === endMs
    if (!isSound) t.fail(`${every} of ${new Date(atMs).toISOString()} in ${zone}`)
    checked++
  }
  t.equal(checked, 1_500)
})

t.test('time zones are IANA names', async (t) => {
  for (const name of ['UTC', 'Europe/Berlin', 'America/Argentina/Ushuaia']) t.ok(isTimeZone(name), name)
  for (const name of ['Berlin', 'Mars/Olympus', '', 'Europe/Berlin; DROP']) t.notOk(isTimeZone(name), name)
})
