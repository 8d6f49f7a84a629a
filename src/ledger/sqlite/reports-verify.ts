// The spans that reports read, added up again from their hours.

import type { Database } from 'better-sqlite3'
import type { Difference } from '../verify.ts'
import { ADDED_UP, HOUR_MEASURES, SPAN_MEASURES } from './reports-sums.ts'
import { DETAILS } from './reports-spans.ts'
import { HOUR_MS } from './rollup.ts'

interface Listed {
  readonly start: number
  readonly level: number
  readonly hours: number
}

const STORED = `
  SELECT level, ip, key, model, provider, ${SPAN_MEASURES} FROM usage_spans
  WHERE level % 10 = :level AND start = :start AND level IN (${DETAILS.map(({ distance }) => `:level + ${distance}`)})`
const AGAIN = DETAILS.map(({ distance, columns }) => `
  SELECT :level + ${distance}, ${columns}, model, provider, ${ADDED_UP}
  FROM (SELECT ip, key, model, provider, ${HOUR_MEASURES} FROM usage_hourly
    WHERE hour >= :start AND hour < :start + :hours)
  GROUP BY 2, 3, model, provider`).join(' UNION ALL ')

export function compareSpans (sqlite: Database): Difference[] {
  const isDifferent = sqlite.prepare<[Listed], number>(`
    WITH stored AS (${STORED}), again AS (${AGAIN})
    SELECT EXISTS (SELECT * FROM stored EXCEPT SELECT * FROM again)
      OR EXISTS (SELECT * FROM again EXCEPT SELECT * FROM stored)`).pluck()
  const listed = sqlite.prepare<[], Listed>('SELECT start, level, hours FROM usage_span_list ORDER BY start, level')
  const different = listed.all().filter((span) => isDifferent.get(span) === 1)
  const [first] = different
  if (!first) return []
  const since = new Date(first.start * HOUR_MS).toISOString()
  return [{ name: 'span_differs', count: different.length, first: `${first.hours} hours from ${since}` }]
}
