// The two hot tables: prepared statements that write an exchange and its attempts.

import type { Database } from 'better-sqlite3'
import type { NanoUsd } from '../../core/money.ts'
import type { AttemptIntent, AttemptResult, ExchangeIntent, Settlement } from '../ledger.ts'
import { otherUsage } from './columns.ts'
import type { BackendId, Dictionary } from './dictionary.ts'
import { finishCode } from './finish-code.ts'
import { upstreamKey } from './upstream-key.ts'

/** The outcome of attempts, and the error of exchanges, whose end nobody saw. */
export const ORPHANED = 'orphaned'
/** The outcome of such attempts whose reservation was given back. */
export const RELEASED = 'released'
/** Attempts of one exchange; the number is the low byte of the attempt's id. */
export const MOST_ATTEMPTS = 255
const ATTEMPTS_PER_EXCHANGE = 256
const LONGEST_REASON = 500
export const LONGEST_UPSTREAM_ID = 200
/** A hundred million dollars for one call is a fault, and a few of them would overflow the sums of their hour. */
const MOST_NANO_USD = 10n ** 17n

/** Ids of names, as written to an exchange's row. */
export interface ExchangeNames {
  readonly ip: number
  readonly key: number
  readonly requestedModel: number
}

export interface Rows {
  /** `budgets`: the set of windows it counts in. */
  insertExchange (row: number, intent: ExchangeIntent, budgets: number | undefined): ExchangeNames
  /** A later attempt counts in more budgets than the first. */
  changeBudgets (row: number, budgets: number): void
  insertAttempt (row: number, number: number, createdAtMs: number, intent: AttemptIntent): BackendId
  /** @throws when that attempt is not running. */
  closeAttempt (row: number, number: number, result: AttemptResult): void
  /** Closes running attempts whose end nobody saw: at their upper bound, or unpriced. Never at zero. */
  orphanAttempts (row: number, reason: string): void
  /** @throws when that exchange is not running. */
  closeExchange (row: number, settlement: Settlement): void
}

export function attemptId (row: number, number: number): number {
  return row * ATTEMPTS_PER_EXCHANGE + number
}

const INSERT_EXCHANGE = `
  INSERT INTO exchanges (id, created_at_ms, tag, ip, key, task, is_stream, requested_model, plan, budgets)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

const INSERT_ATTEMPT = `
  INSERT INTO attempts (id, started_after_ms, backend, ceiling_nano_usd, ceiling_tokens) VALUES (?, ?, ?, ?, ?)`

const CLOSE_ATTEMPT = `
  UPDATE attempts SET outcome = ?, upstream_status = ?, reason = ?, duration_ms = ?, first_event_ms = ?,
    upstream_id = ?, upstream_key = ?, input = ?, cache_read = ?, cache_write = ?, output = ?, reasoning = ?, other_usage = ?, cost_nano_usd = ?, grade = ?,
    delivered_bytes = ?, line_items = ?, computed_nano_usd = ?, markup_nano_usd = ?,
    finish = ?
  WHERE id = ? AND outcome IS NULL`

// The provider may have worked and charged: the cost is its upper bound, or unknown when there was no price.
const ORPHAN_ATTEMPTS = `
  UPDATE attempts SET outcome = :outcome, reason = :reason, cost_nano_usd = ceiling_nano_usd,
    grade = iif(ceiling_nano_usd IS NULL, :unpriced, :bounded)
  WHERE id BETWEEN :first AND :last AND outcome IS NULL`

const CLOSE_EXCHANGE = `
  UPDATE exchanges SET status = ?, duration_ms = ?, error = ? WHERE id = ? AND status IS NULL`

export function createRows (sqlite: Database, dictionary: Dictionary): Rows {
  const insertExchange = sqlite.prepare(INSERT_EXCHANGE)
  const changeBudgets = sqlite.prepare<[number, number]>('UPDATE exchanges SET budgets = ? WHERE id = ?')
  const insertAttempt = sqlite.prepare(INSERT_ATTEMPT)
  const closeAttempt = sqlite.prepare(CLOSE_ATTEMPT)
  const orphanAttempts = sqlite.prepare(ORPHAN_ATTEMPTS)
  const closeExchange = sqlite.prepare(CLOSE_EXCHANGE)
  const { name, optionalName, backend, plan } = dictionary

  return {
    insertExchange (row, intent, budgets) {
      const names = {
        ip: name(intent.ip), key: optionalName(intent.keyId), requestedModel: name(intent.requestedModel)
      }
      insertExchange.run(
        row, intent.createdAtMs, intent.tag, names.ip, names.key, name(intent.task), intent.isStream ? 1 : 0,
        names.requestedModel, plan(intent.plan), budgets)
      return names
    },
    changeBudgets (row, budgets) { changeBudgets.run(budgets, row) },
    insertAttempt (row, number, createdAtMs, intent) {
      refuseAbsurd(intent.ceiling)
      const sentTo = backend(intent)
      insertAttempt.run(
        attemptId(row, number), intent.startedAtMs - createdAtMs, sentTo.id, intent.ceiling, intent.ceilingTokens)
      return sentTo
    },
    // better-sqlite3 binds undefined as NULL: not told stays not told.
    closeAttempt (row, number, result) {
      const { usage, cost, markup, reason, upstreamId } = result
      refuseAbsurd(cost)
      refuseAbsurd(markup)
      const { changes } = closeAttempt.run(
        name(result.outcome), result.upstreamStatus, reason?.slice(0, LONGEST_REASON), Math.round(result.durationMs),
        wholeMs(result.firstEventMs), ...textAndKey(upstreamId),
        usage.input, usage.cache_read, usage.cache_write, usage.output, usage.reasoning, otherUsage(usage),
        cost, name(result.grade), result.deliveredBytes, result.lineItems, result.computed, markup,
        finishCode(result.finish), attemptId(row, number))
      if (changes !== 1) throw new Error(`attempt ${number} of exchange ${row} is not running`)
    },
    orphanAttempts (row, reason) {
      const names = { outcome: name(ORPHANED), unpriced: name('unpriced'), bounded: name('bounded') }
      orphanAttempts.run({ ...names, reason, first: attemptId(row, 0), last: attemptId(row, MOST_ATTEMPTS) })
    },
    closeExchange (row, { status, durationMs, error }) {
      const code = error === undefined ? undefined : name(error)
      const { changes } = closeExchange.run(status, Math.round(durationMs), code, row)
      if (changes !== 1) throw new Error(`exchange ${row} was settled already`)
    }
  }
}

function wholeMs (ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms)
}

/** The id as text or as bytes: one of the two, or none. */
function textAndKey (upstreamId: string | undefined): [text: string | undefined, key: Buffer | undefined] {
  const id = upstreamId?.slice(0, LONGEST_UPSTREAM_ID)
  const key = id === undefined ? undefined : upstreamKey(id)
  return [key ? undefined : id, key]
}

function refuseAbsurd (amount: NanoUsd | undefined): void {
  if (amount === undefined || (amount >= 0n && amount <= MOST_NANO_USD)) return
  throw new RangeError(`${amount} nano-USD for one attempt is not plausible`)
}
