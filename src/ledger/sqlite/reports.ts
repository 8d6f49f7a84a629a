// The read side on SQLite: usage from hourly sums and the spans they were added up to, one exchange from its rows.

import type { Database } from 'better-sqlite3'
import { generationId, readGenerationId } from '../../core/ids.ts'
import type { Reports, UsageQuery } from '../reports.ts'
import { createExchangeReader } from './exchange-reader.ts'
import { addUp, reportOf, type Lines } from './reports-build.ts'
import { createSheets, type Sheets } from './reports-sheets.ts'
import { createCover, DAY_LEVEL, type Detail, type HourRange } from './reports-spans.ts'
import { HOUR_MS } from './rollup.ts'

/** Reports over an open database; works on the broker's own connection and on a read-only one of another process. */
export function createReports (sqlite: Database): Reports {
  const exchangeOf = createExchangeReader(sqlite)
  const coverOf = createCover(sqlite)
  const names = createNames(sqlite)
  let kept: Sheets | undefined

  const read = (query: UsageQuery): Lines => {
    const sheets = kept ??= createSheets(sqlite)
    sheets.refresh()
    const [ip, key] = [names.idOf(query.ip), names.idOf(query.keyId)]
    if (ip === undefined || key === undefined) return new Map()
    const cover = coverOf(rangeOf(query), query.by === 'day' ? DAY_LEVEL : Infinity)
    return addUp(sheets.of(cover, detailOf(query)), query.by, { ip, key })
  }
  const readOnce = sqlite.transaction(read)

  return {
    usage: (query) => reportOf(query, readOnce.deferred(query), names.textOf),
    exchange (id) {
      const place = readGenerationId(id)
      if (!place) return undefined
      const found = exchangeOf(place.row)
      // The whole id must match, tag and second: rows can be counted up, tags cannot be guessed.
      return found && generationId(place.row, found.tag, found.record.createdAtMs) === id ? found.record : undefined
    }
  }
}

function createNames (sqlite: Database) {
  const id = sqlite.prepare<[string], number>('SELECT id FROM names WHERE text = ?').pluck()
  const text = sqlite.prepare<[number], string>('SELECT text FROM names WHERE id = ?').pluck()
  return {
    /** Null: everything was asked for. Undefined: nothing has that name. */
    idOf: (name: string | undefined): number | null | undefined => name === undefined ? null : id.get(name),
    textOf: (id: number): string => text.get(id) ?? ''
  }
}

/** The coarsest spans that still tell apart what was asked for. */
function detailOf ({ by, ip, keyId }: UsageQuery): Detail {
  if (by === 'ip' || ip !== undefined) return 0
  return by === 'key' || keyId !== undefined ? 20 : 10
}

/** SQL knows no infinity that is an integer. */
function rangeOf ({ sinceMs, untilMs }: UsageQuery): HourRange {
  const first = sinceMs === undefined ? Number.MIN_SAFE_INTEGER : Math.floor(sinceMs / HOUR_MS)
  const end = untilMs === undefined ? Number.MAX_SAFE_INTEGER : Math.ceil(untilMs / HOUR_MS)
  return [first, end]
}
