// The table of kept answers: prepared statements, made by the first request that carries a key.

import type { Database } from 'better-sqlite3'
import { generationId } from '../../core/ids.ts'
import type { IdempotentRequest, KeptAnswer, Remembered } from '../idempotency.ts'

interface Times {
  readonly createdAtMs: number
  readonly expiredMs: number
}

export interface IdempotentRows {
  /**
   * Replaces a row that is as old as `expiredMs`; the bytes of its body.
   * @throws when the key is taken by a younger one.
   */
  insert (row: number, request: IdempotentRequest, times: Times): number
  find (key: Buffer, expiredMs: number): Remembered | undefined
  /** False: nothing runs under that key. */
  end (key: Buffer, answer: KeptAnswer): boolean
  free (key: Buffer): void
  /** Gives up the oldest body; its bytes, undefined when there is none. */
  dropOldestBody (): number | undefined
  /** Deletes at most `most` rows that are as old as `expiredMs`; how many, and the bytes of their bodies. */
  deleteExpired (expiredMs: number, most: number): { readonly rows: number, readonly bytes: number }
  /** Of all bodies. */
  bytes (): number
}

interface Row {
  readonly request: Buffer
  readonly exchange: number
  readonly ending: KeptAnswer['ending'] | null
  readonly status: number | null
  readonly headers: string | null
  readonly body: Buffer | null
  /** Null: the exchange was pruned. */
  readonly tag: string | null
  readonly asked_at_ms: number | null
}

interface Sized {
  readonly id: number
  readonly bytes: number
}

const INSERT = 'INSERT INTO idempotent_answers (key, request, exchange, created_at_ms) VALUES (?, ?, ?, ?)'

const REPLACE = `
  DELETE FROM idempotent_answers WHERE key = ? AND created_at_ms <= ?
  RETURNING id, coalesce(length(body), 0) AS bytes`

const FIND = `
  SELECT a.request, a.exchange, a.ending, a.status, a.headers, a.body, e.tag, e.created_at_ms AS asked_at_ms
  FROM idempotent_answers a LEFT JOIN exchanges e ON e.id = a.exchange
  WHERE a.key = ? AND a.created_at_ms > ?`

const END = 'UPDATE idempotent_answers SET ending = ?, status = ?, headers = ?, body = ? WHERE key = ? AND ending IS NULL'

const OLDEST_BODY = `
  SELECT id, length(body) AS bytes FROM idempotent_answers WHERE body IS NOT NULL ORDER BY created_at_ms, id LIMIT 1`

const EXPIRED = `
  SELECT id, coalesce(length(body), 0) AS bytes FROM idempotent_answers
  WHERE created_at_ms <= ? ORDER BY created_at_ms LIMIT ?`

export function createIdempotentRows (sqlite: Database): IdempotentRows {
  const insert = sqlite.prepare(INSERT)
  const replace = sqlite.prepare<[Buffer, number], Sized>(REPLACE)
  const find = sqlite.prepare<[Buffer, number], Row>(FIND)
  const end = sqlite.prepare(END)
  const free = sqlite.prepare<[Buffer]>('DELETE FROM idempotent_answers WHERE key = ? AND ending IS NULL')
  const oldestBody = sqlite.prepare<[], Sized>(OLDEST_BODY)
  const dropBody = sqlite.prepare<[number]>('UPDATE idempotent_answers SET body = NULL WHERE id = ?')
  const expired = sqlite.prepare<[number, number], Sized>(EXPIRED)
  const remove = sqlite.prepare<[number]>('DELETE FROM idempotent_answers WHERE id = ?')
  const bytes = sqlite.prepare('SELECT coalesce(sum(length(body)), 0) FROM idempotent_answers WHERE body IS NOT NULL').pluck()

  return {
    insert (row, { key, request }, { createdAtMs, expiredMs }) {
      const replaced = replace.get(key, expiredMs)
      insert.run(key, request, row, createdAtMs)
      return replaced?.bytes ?? 0
    },
    find (key, expiredMs) {
      const row = find.get(key, expiredMs)
      if (!row) return undefined
      return { request: row.request, exchange: exchangeOf(row), answer: answerOf(row) }
    },
    end: (key, { ending, status, headers, body }) =>
      end.run(ending, status, JSON.stringify(headers), body, key).changes === 1,
    free (key) { free.run(key) },
    dropOldestBody () {
      const oldest = oldestBody.get()
      if (oldest) dropBody.run(oldest.id)
      return oldest?.bytes
    },
    deleteExpired (expiredMs, most) {
      const rows = expired.all(expiredMs, most)
      for (const { id } of rows) remove.run(id)
      return { rows: rows.length, bytes: rows.reduce((sum, row) => sum + row.bytes, 0) }
    },
    bytes: () => Number(bytes.get())
  }
}

/** Of a pruned one its number is all that is left. */
function exchangeOf ({ exchange, tag, asked_at_ms: askedAtMs }: Row): string {
  return tag === null || askedAtMs === null ? String(exchange) : generationId(exchange, tag, askedAtMs)
}

function answerOf ({ ending, status, headers, body }: Row): KeptAnswer | undefined {
  if (ending === null || status === null) return undefined
  return { ending, status, headers: JSON.parse(headers ?? '[]') as string[], body: body ?? undefined }
}
