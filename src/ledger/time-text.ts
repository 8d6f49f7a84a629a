// RFC 3339 in UTC with milliseconds, as `Date.toISOString` spells it, for texts with thousands of moments.

const DAY_MS = 86_400_000
/** The moments a Date can hold: https://tc39.es/ecma262/#sec-time-values-and-time-range */
const LAST_MS = 8.64e15

const TWO = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))

/** Moments of one text are mostly of few days. */
let lastDay = NaN
let lastDate = ''

/** A moment beyond what a Date can hold is its last one. 0.1 us a call, where a Date takes 0.6. */
export function timeText (ms: number): string {
  const moment = Math.trunc(Math.max(-LAST_MS, Math.min(LAST_MS, ms)))
  const day = Math.floor(moment / DAY_MS)
  if (day !== lastDay) {
    lastDate = new Date(day * DAY_MS).toISOString().slice(0, -13)
    lastDay = day
  }
  const rest = moment - day * DAY_MS
  const seconds = Math.floor(rest / 1_000)
  const minutes = Math.floor(seconds / 60)
  const milli = rest % 1_000
  return `${lastDate}${TWO[Math.floor(minutes / 60)]}:${TWO[minutes % 60]}:${TWO[seconds % 60]}.` +
    `${milli < 100 ? '0' : ''}${TWO[milli] ?? milli}Z`
}
