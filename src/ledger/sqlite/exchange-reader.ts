// Reads one exchange with its attempts, for explain.

import type { Database } from 'better-sqlite3'
import type { AttemptRecord, ExchangeRecord } from '../reports.ts'
import { createRecordAdjuster } from './adjust-reader.ts'
import { attemptId, MOST_ATTEMPTS } from './rows.ts'
import { generationId } from '../../core/ids.ts'

/** Columns as SQLite hands them over; the names are those of the queries below. */
interface ExchangeRow {
  readonly createdAtMs: number
  readonly tag: string
  readonly ip: string
  readonly keyId: string
  readonly task: string
  readonly isStream: number
  readonly requestedModel: string
  readonly status: number | null
  readonly error: string | null
  readonly durationMs: number | null
  readonly plan: string
}

interface AttemptRow {
  readonly number: bigint
  readonly provider: string
  readonly model: string
  readonly modelId: string
  readonly credentialId: string
  readonly startedAfterMs: bigint
  readonly outcome: string | null
  readonly upstreamStatus: bigint | null
  readonly reason: string | null
  readonly durationMs: bigint | null
  readonly firstEventMs: bigint | null
  readonly deliveredBytes: bigint | null
  readonly cost: bigint | null
  readonly lineItems: string | null
  readonly computed: bigint | null
  readonly markup: bigint | null
  readonly grade: string | null
  readonly priceVersion: string
}

const EXCHANGE = `
  SELECT e.created_at_ms AS createdAtMs, e.tag, i.text AS ip, k.text AS keyId, t.text AS task, e.is_stream AS isStream,
    m.text AS requestedModel, e.status, x.text AS error, e.duration_ms AS durationMs, p.text AS plan
  FROM exchanges e
  JOIN names i ON i.id = e.ip
  JOIN names k ON k.id = e.key
  JOIN names t ON t.id = e.task
  JOIN names m ON m.id = e.requested_model
  JOIN plans p ON p.id = e.plan
  LEFT JOIN names x ON x.id = e.error
  WHERE e.id = ?`

const ATTEMPTS = `
  SELECT a.number, p.text AS provider, m.text AS model, b.model_id AS modelId, b.credential AS credentialId,
    a.started_after_ms AS startedAfterMs, o.text AS outcome, a.upstream_status AS upstreamStatus, a.reason,
    a.duration_ms AS durationMs, a.first_event_ms AS firstEventMs, a.delivered_bytes AS deliveredBytes,
    a.cost_nano_usd AS cost, a.line_items AS lineItems, a.computed_nano_usd AS computed, a.markup_nano_usd AS markup,
    g.text AS grade,
    b.price_version AS priceVersion
  FROM attempts a
  JOIN backends b ON b.id = a.backend
  JOIN names p ON p.id = b.provider
  JOIN names m ON m.id = b.model
  LEFT JOIN names o ON o.id = a.outcome
  LEFT JOIN names g ON g.id = a.grade
  WHERE a.id BETWEEN ? AND ? ORDER BY a.id`

export interface FoundExchange {
  readonly tag: string
  readonly record: ExchangeRecord
}

export function createExchangeReader (sqlite: Database): (row: number) => FoundExchange | undefined {
  const exchange = sqlite.prepare<[number], ExchangeRow>(EXCHANGE)
  const attempts = sqlite.prepare<[number, number], AttemptRow>(ATTEMPTS).safeIntegers()
  const adjust = createRecordAdjuster(sqlite)
  return (row) => {
    const found = exchange.get(row)
    if (!found) return undefined
    const { tag, createdAtMs } = found
    const range = [attemptId(row, 0), attemptId(row, MOST_ATTEMPTS)] as const
    const made = attempts.all(...range).map((attempt) => recordOf(attempt, createdAtMs))
    const record: ExchangeRecord = {
      id: generationId(row, tag, createdAtMs),
      createdAtMs,
      ip: found.ip,
      keyId: found.keyId || undefined,
      task: found.task,
      isStream: found.isStream === 1,
      requestedModel: found.requestedModel,
      status: found.status ?? undefined,
      error: found.error ?? undefined,
      durationMs: found.durationMs ?? undefined,
      plan: found.plan,
      attempts: adjust(made, ...range)
    }
    return { tag, record }
  }
}

function recordOf (attempt: AttemptRow, createdAtMs: number): AttemptRecord {
  return {
    number: Number(attempt.number),
    provider: attempt.provider,
    model: attempt.model,
    modelId: attempt.modelId,
    credentialId: attempt.credentialId || undefined,
    startedAtMs: createdAtMs + Number(attempt.startedAfterMs),
    outcome: attempt.outcome ?? undefined,
    upstreamStatus: numberOf(attempt.upstreamStatus),
    reason: attempt.reason ?? undefined,
    durationMs: numberOf(attempt.durationMs),
    firstEventMs: numberOf(attempt.firstEventMs),
    deliveredBytes: numberOf(attempt.deliveredBytes),
    costNanoUsd: attempt.cost ?? undefined,
    lineItems: attempt.lineItems ?? undefined,
    computedNanoUsd: attempt.computed ?? undefined,
    markupNanoUsd: attempt.markup ?? undefined,
    grade: attempt.grade ?? undefined,
    priceVersion: attempt.priceVersion || undefined
  }
}

function numberOf (value: bigint | null): number | undefined {
  return value === null ? undefined : Number(value)
}
