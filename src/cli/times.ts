// Times as people write and read them: 7d and 36h in, 2026-11-01T08:30:00Z out.

import { CommandFailure } from './failure.ts'

const MS_PER: { readonly [unit: string]: number } = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const SPAN = /^(\d{1,6})([mhdw])$/
/** A length of time in ms. @throws CommandFailure naming the flag. */
export function readSpanMs (flag: string, text: string): number {
  const [, count, unit = ''] = SPAN.exec(text) ?? []
  const ms = Number(count) * (MS_PER[unit] ?? 0)
  if (count === undefined || ms === 0) {
    throw new CommandFailure('wrong_usage', `${flag} must be a length of time like 30m, 24h, 7d or 4w, not "${text}"`)
  }
  return ms
}

/** RFC 3339 in UTC, to the second: `2026-11-01T08:30:00Z`. */
export function formatMoment (ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')
}
