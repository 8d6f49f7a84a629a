// What an attempt cost and how it ended, as the ledger records it.

import type { JsonObject } from '../core/json.ts'
import { GatewayError } from '../core/errors.ts'
import type { UnknownPrice } from '../core/unknown-price.ts'
import type { AttemptIntent, AttemptResult, ExchangeIntent } from '../ledger/ledger.ts'
import { costOf, type Cost, type Measured } from '../metering/cost.ts'
import { lineItemsText } from '../metering/line-items.ts'
import { measure, NOTHING_TOLD } from './measure.ts'
import type { StreamReader } from '../wire/format.ts'
import type { Plan } from '../routing/plan.ts'
import type { Ask } from './ask.ts'
import type { Attempted } from './attempted.ts'
import { envelopeOf } from './changed-turn.ts'
import type { ExchangeParts } from './parts.ts'
import type { Turn } from './turns.ts'

export function exchangeIntent (
  ask: Ask, plan: Plan, parts: Pick<ExchangeParts, 'clock' | 'nextTag' | 'describePlan'>
): ExchangeIntent {
  return {
    createdAtMs: parts.clock.nowMs(),
    tag: parts.nextTag(),
    ip: ask.principal.ip,
    keyId: ask.principal.keyId,
    task: ask.task,
    isStream: ask.envelope.isStream,
    requestedModel: ask.envelope.model,
    plan: parts.describePlan(plan),
    idempotent: ask.idempotent,
    team: ask.principal.team,
    project: ask.principal.project
  }
}

export function attemptIntent (turn: Turn, parts: ExchangeParts, unknownPrice?: UnknownPrice): AttemptIntent {
  const { backend, model, ceiling, ceilingTokens } = turn.candidate
  return {
    startedAtMs: turn.sentAtMs ?? parts.clock.nowMs(),
    provider: parts.providerLabel ?? turn.provider.id,
    model: model.name,
    modelId: backend.modelId,
    credentialId: turn.credential.id,
    priceVersion: backend.price?.version,
    priceDocument: backend.price?.document,
    ceiling: isFree(turn, parts) ? 0n : ceiling,
    ceilingTokens,
    isUnmetered: unknownPrice === 'allow_unmetered'
  }
}

/** What a stream told of all its answer: what it told on the way is less than its provider may bill. */
export function wholeUsageOf ({ usage, isUsageSoFar }: Pick<StreamReader, 'usage' | 'isUsageSoFar'>) {
  return isUsageSoFar ? undefined : usage
}

/** Cost of an answer whose usage object is `usage` (undefined: the provider did not tell). */
export function priceAnswer (
  ask: Ask, turn: Turn, usage: JsonObject | undefined, parts: ExchangeParts
): Cost & Measured {
  const { backend: { price, markup }, model, ceiling } = turn.candidate
  const measured = measure(ask.task, usage, envelopeOf(ask, turn.candidate), model)
  const cost = costOf(measured, price, {
    ceiling,
    isFree: isFree(turn, parts),
    markup,
    isAssumed: price === undefined && ceiling !== undefined,
    sentAtMs: turn.sentAtMs
  })
  return Object.assign({}, measured, cost) // 0.1 us; two spreads in one literal take V8 1.9 us
}

/**
 * Outcomes before which a provider may have worked for us without telling: their bound stays on the books. `answered`
 * is here for an answer that a bug of ours lost.
 */
const MAY_HAVE_WORKED = new Set(['stalled', 'abandoned', 'cut', 'answered'])

/**
 * Cost of an attempt that gave no answer. What it told counts. Else a refusal and an error status cost nothing; a
 * provider that fell silent, that broke the connection once it had the request, or that spoiled a 200, may have worked
 * and may bill for it.
 */
export function priceFailure (ask: Ask, attempted: Attempted, parts: ExchangeParts): Cost & Measured {
  const { outcome, turn, isSent, status, told, live } = attempted
  const usage = told ?? (live && wholeUsageOf(live.reader))
  if (usage) return priceAnswer(ask, turn, usage, parts)
  const isLost = outcome.kind === 'failed' && (status === undefined || status === 200)
  if (isSent && (isLost || MAY_HAVE_WORKED.has(outcome.kind))) return priceAnswer(ask, turn, undefined, parts)
  return { ...NOTHING_TOLD, amount: 0n, grade: 'free', lines: [] }
}

/** What the provider said about its answer. */
type Told = Pick<AttemptResult, 'upstreamId' | 'finish'>

const NO_WORDS: Told = { upstreamId: undefined }

export function attemptResult (attempted: Attempted, cost: Cost & Measured, told: Told = NO_WORDS): AttemptResult {
  const { outcome } = attempted
  return {
    outcome: outcome.kind,
    upstreamStatus: attempted.status,
    reason: 'reason' in outcome ? outcome.reason : cost.doubt,
    durationMs: attempted.durationMs,
    firstEventMs: attempted.firstEventMs,
    upstreamId: told.upstreamId,
    finish: told.finish,
    deliveredBytes: attempted.deliveredBytes,
    usage: cost.usage,
    cost: cost.amount,
    markup: cost.markup,
    computed: cost.computed,
    lineItems: lineItemsText(cost.lines, cost.applied),
    grade: cost.grade
  }
}

/** Nobody charges for it: the provider never does, or nobody real is called. */
export function isFree (turn: Pick<Turn, 'provider'>, parts: Pick<ExchangeParts, 'providerLabel'>): boolean {
  return turn.provider.isFree === true || parts.providerLabel !== undefined
}

/** The ledger said no before anything was sent. */
export function ledgerRefusal (error: unknown): GatewayError {
  return error instanceof GatewayError
    ? error
    : new GatewayError('ledger_unavailable', { reason: 'write failed' }, { cause: error, retryAfterS: 5 })
}
