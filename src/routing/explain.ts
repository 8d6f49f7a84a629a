// "Why this backend?": one recorded exchange as an answer for humans and programs (P10).

import type { Translation } from '../core/ask.ts'
import { formatUsd } from '../core/money.ts'
import type { OutcomeKind } from '../core/outcome.ts'
import { adjustmentsIn, billIn, type ExplainedBill } from './explain-bill.ts'
import { overrideWords } from './override.ts'
import { readPlanText, type RecordedPlan } from './plan-text.ts'
import { reasonFor } from './reasons.ts'

export { describeNothingEligible } from './nothing-eligible.ts'
export { planText } from './plan-text.ts'

/** The parts of a ledger's attempt that explain needs; ledger/reports.ts has them all. */
export interface ExplainedAttempt extends ExplainedBill {
  readonly number: number
  readonly provider: string
  readonly model: string
  readonly modelId: string
  readonly credentialId: string | undefined
  readonly startedAtMs: number
  /** Undefined: still running. */
  readonly outcome: string | undefined
  readonly upstreamStatus: number | undefined
  readonly reason: string | undefined
  readonly durationMs: number | undefined
  readonly firstEventMs: number | undefined
  /** Of a stream that did not come to its end. */
  readonly deliveredBytes?: number | undefined
}

/** The parts of a ledger's exchange that explain needs. */
export interface ExplainedExchange {
  readonly id: string
  readonly createdAtMs: number
  readonly task: string
  readonly isStream: boolean
  readonly requestedModel: string
  /** Undefined: still running. */
  readonly status: number | undefined
  readonly error: string | undefined
  readonly durationMs: number | undefined
  readonly plan: string
  readonly attempts: readonly ExplainedAttempt[]
}

/** `chosen` gave the answer, or is about to; `tried` did not; `skipped` was not asked. */
type Verdict = 'chosen' | 'tried' | 'skipped'

interface Considered {
  readonly backend: string
  readonly provider: string
  readonly model_id: string
  readonly verdict: Verdict
  /** Outcome of the attempt, reason code of the exclusion, `not_needed`, `too_late` or `not_reached`. */
  readonly code: string
  readonly reason: string
  /** How it was, or would have been, told the request; absent: as it came. */
  readonly translation?: Translation
  /** Where its priority was set live; absent: it was the file's, or nobody asked for it. */
  readonly priority?: string
  /** What would have made it eligible; absent where it was. */
  readonly would_help?: string
}

const OUTCOME_WORDS: { readonly [kind in OutcomeKind]: string } = {
  answered: 'answered',
  refused: 'refused the request itself, which no other backend would have taken',
  unauthorised: 'refused the credential of the broker',
  declined: 'would not serve this request with this credential',
  throttled: 'was rate limited',
  failed: 'failed',
  unreachable: 'could not be reached',
  stalled: 'did not answer in time',
  abandoned: 'was working when the client left',
  cut: 'broke off in the middle of its answer'
}

const ENDED_BY_SHUTDOWN = 'was working when the broker shut down'

/** The exchange in JSON terms; the shape is the answer of `GET /v1/exchanges/{id}/explain`. */
export function explain (exchange: ExplainedExchange) {
  const plan = readPlanText(exchange.plan)
  const considered = plan ? consideredIn(plan, exchange) : []
  return {
    id: exchange.id,
    created_at: new Date(exchange.createdAtMs).toISOString(),
    task: exchange.task,
    is_stream: exchange.isStream,
    requested_model: exchange.requestedModel,
    summary: summaryOf(exchange, considered),
    status: exchange.status ?? null,
    error: exchange.error ?? null,
    duration_ms: exchange.durationMs ?? null,
    ...costOf(exchange.attempts),
    ...orderOf(plan),
    considered,
    attempts: exchange.attempts.map(attemptOf)
  }
}

export type Explanation = ReturnType<typeof explain>

/** `ranked_lower`: eligible ones beyond those that are listed. */
function orderOf (plan: RecordedPlan | undefined) {
  if (!plan) return { policy: null, catalog_version: null, ranked_lower: 0 }
  return { policy: plan.policy, catalog_version: plan.catalogVersion, ranked_lower: plan.rankedLower }
}

function consideredIn ({ candidates, excluded }: RecordedPlan, exchange: ExplainedExchange): Considered[] {
  const attempts = lastByBackend(exchange.attempts, candidates.map(({ backend }) => backend))
  const unasked = wordsOfUnasked(exchange)
  return [
    ...candidates.map(({ backend, translation, override }): Considered => {
      const attempt = attempts.get(backend)
      const names = {
        ...namesOf(backend), ...translation && { translation }, ...override && { priority: overrideWords(override) }
      }
      if (attempt) return { ...names, verdict: verdictOf(attempt), ...wordsOf(attempt, exchange.error) }
      return { ...names, verdict: 'skipped', ...unasked }
    }),
    ...excluded.map(({ backend, code, detail }): Considered => {
      const { reason, wouldHelp } = reasonFor(code, detail)
      return { ...namesOf(backend), verdict: 'skipped', code, reason, would_help: wouldHelp }
    })
  ]
}

const NOT_NEEDED = { code: 'not_needed', reason: 'was eligible, but another one answered before its turn' }
const NOT_REACHED = { code: 'not_reached', reason: 'was eligible, but the exchange ended before its turn' }
const TOO_LATE = {
  code: 'too_late',
  reason: 'was eligible, but a part of the answer of another one had gone out before its turn',
  would_help: 'X-Aibroker-Stream: resume or atomic, where another backend carries on when one breaks off'
}

/** Why the eligible ones that had no turn had none. */
function wordsOfUnasked ({ isStream, attempts }: ExplainedExchange) {
  if (!attempts.some((attempt) => verdictOf(attempt) === 'chosen')) return NOT_REACHED
  return isStream && attempts.at(-1)?.outcome === 'cut' ? TOO_LATE : NOT_NEEDED
}

/** The last attempt at each candidate. A dry run records its own provider name, so there the model id has to do. */
function lastByBackend (
  attempts: readonly ExplainedAttempt[], candidates: readonly string[]
): ReadonlyMap<string, ExplainedAttempt> {
  return new Map(attempts.flatMap((attempt) => {
    const backend = candidates.find((id) => id === `${attempt.provider}:${attempt.modelId}`) ??
      candidates.find((id) => namesOf(id).model_id === attempt.modelId)
    return backend === undefined ? [] : [[backend, attempt]]
  }))
}

/** Whoever sent a first event gave the answer, even one that was cut or left. */
function verdictOf ({ outcome, firstEventMs }: ExplainedAttempt): Verdict {
  if (outcome === undefined || outcome === 'answered' || outcome === 'cut') return 'chosen'
  return outcome === 'abandoned' && firstEventMs !== undefined ? 'chosen' : 'tried'
}

/** `error` is that of the exchange: it tells who broke an attempt off that was fine. */
function wordsOf ({ outcome, reason }: ExplainedAttempt, error: string | undefined): Pick<Considered, 'code' | 'reason'> {
  if (outcome === undefined) return { code: 'running', reason: 'is being asked' }
  if (outcome === 'abandoned' && error === 'draining') return { code: outcome, reason: ENDED_BY_SHUTDOWN }
  const words = OUTCOME_WORDS[outcome as OutcomeKind] ?? outcome
  return { code: outcome, reason: reason === undefined ? words : `${words}: ${reason}` }
}

function namesOf (backend: string): Pick<Considered, 'backend' | 'provider' | 'model_id'> {
  const colon = backend.indexOf(':')
  return { backend, provider: backend.slice(0, colon), model_id: backend.slice(colon + 1) }
}

function summaryOf ({ attempts, status, error }: ExplainedExchange, considered: readonly Considered[]): string {
  const last = attempts.at(-1)
  if (!last && status === undefined) return 'It has just begun.'
  if (!last) return `No backend was eligible: ${considered.length} considered, none asked.`
  const { reason } = wordsOf(last, error)
  const delivered = last.deliveredBytes === undefined ? '' : ` The client was sent ${last.deliveredBytes} bytes.`
  return `${last.provider}:${last.modelId} ${reason} (attempt ${last.number} of ${attempts.length}).${delivered}`
}

function costOf (attempts: readonly ExplainedAttempt[]) {
  const sum = attempts.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0n), 0n)
  const unpriced = attempts.filter(({ grade }) => grade === 'unpriced').length
  return { cost_usd: formatUsd(sum), unpriced_attempts: unpriced }
}

function attemptOf (attempt: ExplainedAttempt) {
  return {
    number: attempt.number,
    provider: attempt.provider,
    model: attempt.model,
    model_id: attempt.modelId,
    credential: attempt.credentialId ?? null,
    started_at: new Date(attempt.startedAtMs).toISOString(),
    outcome: attempt.outcome ?? null,
    upstream_status: attempt.upstreamStatus ?? null,
    reason: attempt.reason ?? null,
    duration_ms: attempt.durationMs ?? null,
    first_event_ms: attempt.firstEventMs ?? null,
    delivered_bytes: attempt.deliveredBytes ?? null,
    ...billIn(attempt),
    adjustments: adjustmentsIn(attempt)
  }
}
