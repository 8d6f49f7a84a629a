// What an ended attempt says about the speed and the reliability of its backend.

import { OUTCOME_RULES, type Outcome } from '../core/outcome.ts'
import { outputTokens, type Usage } from '../core/usage.ts'
import type { Performed } from '../routing/performance.ts'
import type { Attempted } from './attempted.ts'

/** Statuses of refusals that are the provider's own trouble: not paid for, no such model there. */
const OWN_TROUBLE: ReadonlySet<number> = new Set([402, 404])

/** `usage`: as it was priced. A plain answer comes whole: how long its first token took nobody knows. */
export function performedOf (attempted: Attempted, usage: Usage): Performed {
  const { outcome, live, firstEventMs, durationMs, isEmpty } = attempted
  return {
    firstEventMs: live && firstEventMs,
    outputTokens: outputTokens(usage),
    durationMs,
    outcome: isEmpty ? 'ignored' : judged(outcome)
  }
}

/**
 * As OpenRouter counts uptime: 401, 402, 404, 5xx and broken streams are failures; 400, 403, 413 and 429 are nobody's.
 * https://openrouter.ai/docs/guides/community/for-providers
 */
function judged (outcome: Outcome): Performed['outcome'] {
  if (outcome.kind === 'answered') return 'success'
  const { blame } = OUTCOME_RULES[outcome.kind]
  const isTrouble = 'status' in outcome && OWN_TROUBLE.has(outcome.status)
  return blame === 'provider' || blame === 'operator' || isTrouble ? 'failure' : 'ignored'
}

/** It ended because a time was over. */
export function isLate (outcome: Outcome): boolean {
  const isSilent = outcome.kind === 'cut' && outcome.isSilent === true
  return isSilent || outcome.kind === 'stalled' || outcome.kind === 'unreachable'
}
