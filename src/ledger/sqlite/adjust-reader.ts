// An attempt as it stands after its adjustments.

import type { Database } from 'better-sqlite3'
import type { AdjustmentKind, AdjustmentRecord } from '../adjustment.ts'
import type { AttemptRecord } from '../reports.ts'

interface Row {
  readonly attempt: bigint
  readonly atMs: bigint
  readonly kind: AdjustmentKind
  readonly difference: bigint
  readonly grade: string
  readonly priceVersion: string | null
  readonly lineItems: string | null
  readonly source: string
}

const ADJUSTMENTS = `
  SELECT attempt, at_ms AS atMs, kind, cost_nano_usd AS difference, grade, price_version AS priceVersion,
    line_items AS lineItems, source
  FROM adjustments WHERE attempt BETWEEN ? AND ? ORDER BY id`

/** Puts the corrections of attempts with ids from `first` to `last` into their records; most have none. */
export type AdjustRecords = (records: readonly AttemptRecord[], first: number, last: number) => readonly AttemptRecord[]

export function createRecordAdjuster (sqlite: Database): AdjustRecords {
  const read = sqlite.prepare<[number, number], Row>(ADJUSTMENTS).safeIntegers()
  return (records, first, last) => {
    const rows = read.all(first, last)
    if (rows.length === 0) return records
    return records.map((record) => {
      const own = rows.filter(({ attempt }) => Number(attempt) - first === record.number)
      const latest = own.at(-1)
      return latest ? adjusted(record, own, latest) : record
    })
  }
}

function adjusted (record: AttemptRecord, rows: readonly Row[], latest: Row): AttemptRecord {
  return {
    ...record,
    costNanoUsd: rows.reduce((cost, { difference }) => cost + difference, record.costNanoUsd ?? 0n),
    grade: latest.grade,
    priceVersion: latest.priceVersion ?? record.priceVersion,
    lineItems: latest.lineItems ?? undefined,
    adjustments: rows.map(({ kind, atMs, difference, grade, source }): AdjustmentRecord =>
      ({ kind, atMs: Number(atMs), differenceNanoUsd: difference, grade, source }))
  }
}
