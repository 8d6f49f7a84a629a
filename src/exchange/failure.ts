// Every attempt failed: one honest error, with what each backend said.

import { GatewayError, type ErrorExtras } from '../core/errors.ts'
import type { Outcome, OutcomeKind, Remedy } from '../core/outcome.ts'
import { parseObject, asObject } from '../core/json.ts'
import { capacityExhausted } from '../routing/availability.ts'
import type { Plan } from '../routing/plan.ts'
import type { Ask } from './ask.ts'
import type { Attempted } from './attempted.ts'
import { unspoken } from './outcome-of.ts'
import type { ExchangeParts } from './parts.ts'

/** No candidate could be tried at all. */
export function nothingEligible (plan: Plan, { envelope }: Ask, parts: ExchangeParts): GatewayError {
  const { code, reason, retryAfterS, refusedBy, ...rest } =
    parts.describeNothingEligible(plan, envelope.wishes?.provider)
  if (refusedBy) return credentialRefused(plan, refusedBy, { retryAfterS: retryAfterS ?? 1, ...rest }, parts)
  const model = modelsOf(plan)
  if (retryAfterS === undefined) return new GatewayError(code, { model, reason }, rest)
  return new GatewayError(code, { model, seconds: retryAfterS }, { retryAfterS, ...rest })
}

/** All that the client named. */
export function modelsOf ({ requestedModel, requestedModels = [requestedModel] }: Plan): string {
  return requestedModels.join(', ')
}

/** What the client is told after the last attempt. The last refusal counts, the list tells the rest. */
export function failureOf (plan: Plan, attempts: readonly Attempted[], parts: ExchangeParts): GatewayError {
  const model = modelsOf(plan)
  const last = attempts[attempts.length - 1] as Attempted
  const { outcome } = last
  const provider = last.turn.provider.displayName
  const metadata = { provider_name: provider, raw: rawOf(last), attempts: attempts.map(summaryOf) }
  if (outcome.kind === 'refused' || (outcome.kind === 'declined' && isAlways(attempts, ['declined', 'unauthorised']))) {
    return new GatewayError('upstream_refused', { provider, ...reasonOf(outcome) },
      {
        status: outcome.status,
        metadata: { ...metadata, ...errorTypeOf(outcome), ...providerCode(last) },
        ...paramOf(last)
      })
  }
  if (isAlways(attempts, ['throttled'])) {
    const seconds = shortestWaitS(attempts)
    const availability = capacityExhausted(plan, attempts.map(({ turn }) => turn.provider.id), seconds)
    return new GatewayError('all_throttled', { model, seconds }, { retryAfterS: seconds, metadata, availability })
  }
  if (isAlways(attempts, ['unauthorised'])) {
    const ids = [...new Set(attempts.map(({ turn }) => turn.provider.id))]
    return credentialRefused(plan, ids, { retryAfterS: nextTryS(ids, parts), metadata }, parts)
  }
  return new GatewayError('every_backend_failed', { model, provider, ...reasonOf(outcome) }, { metadata })
}

/** The values of a sentence: what was said or happened, or the status alone where the provider gave no reason. */
function reasonOf (outcome: Outcome): { reason: string } | { status: number } {
  const reason = sentenceOf(outcome)
  if ('status' in outcome && reason === unspoken(outcome.status)) return { status: outcome.status }
  return { reason: withoutStop(reason) }
}

/** No fault of the client's, and nothing it can do: the operator is told whom it is about. `ids`: of providers. */
function credentialRefused (
  plan: Plan, ids: readonly string[], extras: ErrorExtras & { retryAfterS: number }, parts: ExchangeParts
): GatewayError {
  const providers = parts.providers()
  return new GatewayError('credential_refused', {
    model: modelsOf(plan),
    provider: ids.map((id) => providers.get(id)?.displayName ?? id).join(', '),
    remedy: ids.map((id) => `aibroker keys add ${id}`).join(', '),
    seconds: extras.retryAfterS
  }, extras)
}

function nextTryS (ids: readonly string[], { credentials }: ExchangeParts): number {
  const waits = ids.map((id) => credentials.state(id)).map((state) => 'retryAfterMs' in state ? state.retryAfterMs : 0)
  return Math.max(1, Math.ceil(Math.min(...waits) / 1_000))
}

/** A provider's own words may end in a full stop; our sentence around them has one. */
function withoutStop (reason: string): string {
  return reason.replace(/\.$/, '')
}

function isAlways (attempts: readonly Attempted[], kinds: readonly OutcomeKind[]): boolean {
  return attempts.every(({ outcome }) => kinds.includes(outcome.kind))
}

/** `error.code` of OpenAI clients is a string; ours must be an integer for OpenRouter clients, so it moves here. */
function providerCode (attempted: Attempted): Record<string, unknown> {
  const error = asObject(parseObject(attempted.refusal ?? '')?.['error'])
  const { code, type } = error ?? {}
  return { ...(typeof code === 'string' && { provider_code: code }), ...(typeof type === 'string' && { provider_type: type }) }
}

/** The member the provider names as the wrong one. */
function paramOf (attempted: Attempted): { param?: string } {
  const param = asObject(parseObject(attempted.refusal ?? '')?.['error'])?.['param']
  return typeof param === 'string' ? { param } : {}
}

/** OpenRouter's names for refusals that its clients tell apart. */
const ERROR_TYPES: { readonly [remedy in Remedy]?: string } = {
  larger_window: 'context_length_exceeded',
  other_policy: 'content_policy_violation'
}

function errorTypeOf (outcome: Outcome): { error_type?: string } {
  const type = outcome.kind === 'refused' && outcome.remedy ? ERROR_TYPES[outcome.remedy] : undefined
  return type === undefined ? {} : { error_type: type }
}

/**
 * The provider's own words, unless they are about our credential: some echo a part of it. Never empty, because clients
 * make their message of it: where nothing was said, what happened.
 */
function rawOf ({ outcome, refusal }: Attempted): string {
  return (outcome.kind === 'unauthorised' ? undefined : refusal?.slice(0, 4096)) || sentenceOf(outcome)
}

function summaryOf ({ turn, outcome, status }: Attempted) {
  return {
    provider: turn.provider.id,
    model: turn.candidate.backend.modelId,
    outcome: outcome.kind,
    ...(status !== undefined && { status }),
    reason: sentenceOf(outcome)
  }
}

export function sentenceOf (outcome: Outcome): string {
  if (outcome.kind === 'unauthorised') return `refused the broker's credential (${outcome.status})`
  return 'reason' in outcome ? outcome.reason : outcome.kind
}

const WAIT_UNKNOWN_S = 60

function shortestWaitS (attempts: readonly Attempted[]): number {
  const waits = attempts.map(({ outcome }) =>
    outcome.kind === 'throttled' && outcome.retryAfterMs !== undefined ? outcome.retryAfterMs / 1000 : WAIT_UNKNOWN_S)
  return Math.max(1, Math.ceil(Math.min(...waits)))
}
