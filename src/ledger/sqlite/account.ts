// The account on SQLite: sums from the reports, budgets from their table, what attempts left from their rows.

import type { Database } from 'better-sqlite3'
import type { Scope, ScopeKind } from '../../budgets/budget.ts'
import { calendarSpan } from '../../budgets/calendar.ts'
import type { SqliteBudgets } from '../../budgets/sqlite-budgets.ts'
import type { Clock } from '../../core/clock.ts'
import { readGenerationId } from '../../core/ids.ts'
import type { Account, AccountHolder, AttemptAnswer, PeriodUse } from '../account.ts'
import type { Reports, UsageReport } from '../reports.ts'
import { COUNTS_OF_ATTEMPT, usageOf } from './columns.ts'
import { createFeedbackReader } from './feedback.ts'
import { readFinish } from './finish-code.ts'
import { attemptId, MOST_ATTEMPTS } from './rows.ts'
import { upstreamIdOf } from './upstream-key.ts'

export interface AccountParts {
  readonly reports: Reports
  readonly budgets: SqliteBudgets
  readonly clock: Clock
}

type AnswerRow = [
  upstreamId: Buffer | string | null, finish: number | string | null, document: string | null,
  ...counts: Array<number | null>
]

const ANSWERS = `
  SELECT coalesce(a.upstream_key, a.upstream_id), a.finish, p.document, ${COUNTS_OF_ATTEMPT.join(', ')}
  FROM attempts a JOIN backends b ON b.id = a.backend LEFT JOIN prices p ON p.version = b.price_version
  WHERE a.id BETWEEN ? AND ? ORDER BY a.id`

/** Over an open database with the tables of the migrations. */
export function createAccount (sqlite: Database, { reports, budgets, clock }: AccountParts): Account {
  const answers = sqlite.prepare<[number, number], AnswerRow>(ANSWERS).raw()
  const feedbackOf = createFeedbackReader(sqlite)
  const periodsOf = (keyId: string | undefined): Periods => {
    const nowMs = clock.nowMs()
    const since = (sinceMs: number | undefined) =>
      reports.usage({ by: 'key', sinceMs, untilMs: undefined, ip: undefined, keyId })
    const of = (every: 'day' | 'week' | 'month') => since(calendarSpan(every, 'UTC', nowMs).startMs)
    return { ever: since(undefined), today: of('day'), week: of('week'), month: of('month') }
  }
  return {
    use (keyId) {
      const { ever, today, week, month } = periodsOf(keyId)
      return {
        ever: ever.totals.costNanoUsd,
        today: today.totals.costNanoUsd,
        week: week.totals.costNanoUsd,
        month: month.totals.costNanoUsd,
        unpricedRequests: ever.totals.unpricedRequests
      }
    },
    uses: () => usesOf(periodsOf(undefined)),
    budgets: (holder) => budgets.ofScopes(scopesOf(holder))
      .map((budget) => ({ budget, state: budgets.stateOf(budget) })),
    generation (id) {
      const place = readGenerationId(id)
      const record = place && reports.exchange(id)
      if (!record) return undefined
      const rows = answers.all(attemptId(place.row, 0), attemptId(place.row, MOST_ATTEMPTS))
      return { record, answers: rows.map(answerOf), feedback: feedbackOf(place.row) }
    }
  }
}

type Periods = { readonly [period in Exclude<keyof PeriodUse, 'unpricedRequests'>]: UsageReport }

function usesOf (periods: Periods): Map<string, PeriodUse> {
  const [today, week, month] = [costsOf(periods.today), costsOf(periods.week), costsOf(periods.month)]
  return new Map(periods.ever.rows.map(({ group, costNanoUsd, unpricedRequests }) => [group, {
    ever: costNanoUsd,
    today: today.get(group) ?? 0n,
    week: week.get(group) ?? 0n,
    month: month.get(group) ?? 0n,
    unpricedRequests
  }]))
}

function costsOf ({ rows }: UsageReport) {
  return new Map(rows.map(({ group, costNanoUsd }) => [group, costNanoUsd]))
}

/** Budgets of models count by request and not by holder. */
function scopesOf ({ keyId, team, project, ip }: AccountHolder): Scope[] {
  const mine: ReadonlyArray<readonly [kind: ScopeKind, value: string | undefined]> =
    [['global', ''], ['key', keyId], ['team', team], ['project', project], ['ip', ip]]
  return mine.flatMap(([kind, value]) => value === undefined ? [] : [{ kind, value }])
}

function answerOf ([upstreamId, finish, document, ...counts]: AnswerRow): AttemptAnswer {
  return {
    upstreamId: upstreamIdOf(upstreamId),
    finish: readFinish(finish),
    priceDocument: document ?? undefined,
    usage: usageOf(counts)
  }
}
