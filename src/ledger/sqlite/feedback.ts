// Feedback as rows of `generation_feedback` (012-key-administration.sql).

import type { Database } from 'better-sqlite3'
import { readGenerationId } from '../../core/ids.ts'
import { MOST_FEEDBACK, type Feedback, type FeedbackCategory, type FeedbackStore } from '../feedback.ts'
import { createTransact } from './transact.ts'

interface Row {
  /** One of the categories: what is written was checked. */
  readonly category: FeedbackCategory
  readonly comment: string | null
  readonly createdAtMs: number
}

const UPSERT = `
  INSERT INTO generation_feedback (exchange, category, comment, created_at_ms) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET category = excluded.category, comment = excluded.comment,
    created_at_ms = excluded.created_at_ms`
const FORGET_OLDEST = `
  DELETE FROM generation_feedback WHERE exchange IN (
    SELECT exchange FROM generation_feedback ORDER BY created_at_ms
    LIMIT max(0, (SELECT count(*) FROM generation_feedback) - ${MOST_FEEDBACK}))`
const OF = 'SELECT category, comment, created_at_ms AS createdAtMs FROM generation_feedback WHERE exchange = ?'

export function createFeedback (sqlite: Database): FeedbackStore {
  const upsert = sqlite.prepare(UPSERT)
  const forgetOldest = sqlite.prepare(FORGET_OLDEST)
  const transact = createTransact(sqlite)
  return {
    note (id, { category, comment, createdAtMs }) {
      const place = readGenerationId(id)
      if (!place) return
      transact(() => {
        upsert.run(place.row, category, comment ?? null, createdAtMs)
        forgetOldest.run()
      })
    }
  }
}

/** By the row of the exchange. */
export function createFeedbackReader (sqlite: Database): (row: number) => Feedback | undefined {
  const of = sqlite.prepare<[number], Row>(OF)
  return (row) => {
    const found = of.get(row)
    return found && { ...found, comment: found.comment ?? undefined }
  }
}
