// OpenRouter's `reasoning` as Anthropic's `thinking`: a number of tokens, which is a share of the output.
//
// What must hold: the budget is at least 1,024 and less than the output (else Anthropic answers 400), and the limit of
// output is never raised for it: money was reserved for that limit. Where no budget fits, nothing is thought.
// https://docs.claude.com/en/docs/build-with-claude/extended-thinking

import { asObject, type JsonObject } from '../../core/json.ts'
import type { RequestQuirk } from './quirk.ts'

/** https://openrouter.ai/docs/use-cases/reasoning-tokens#reasoning-effort-level */
const SHARES: { readonly [effort: string]: number } = {
  max: 0.95, xhigh: 0.95, high: 0.8, medium: 0.5, low: 0.2, minimal: 0.1
}
const LEAST = 1_024
const MOST = 128_000
/** Thinking takes no other sampling than its own. */
const SAMPLING = ['temperature', 'top_p', 'top_k']

/** Comes before `dropOpenRouterFields`. A `thinking` of the client's own wins. */
export const thinkingBudget: RequestQuirk = (body) => {
  const { reasoning, reasoning_effort: effort, thinking } = body
  const wish = asObject(reasoning) ?? (typeof effort === 'string' ? { effort } : undefined)
  if (!wish || asObject(thinking)) return undefined
  const dropped = effort === undefined ? {} : { reasoning_effort: undefined }
  const budget = mayThink(body) ? budgetOf(wish, limitOf(body)) : undefined
  if (budget === undefined) return dropped
  const sampling = SAMPLING.filter((name) => body[name] !== undefined).map((name) => [name, undefined] as const)
  return { ...dropped, ...Object.fromEntries(sampling), thinking: { type: 'enabled', budget_tokens: budget } }
}

/**
 * Not where a call of a tool is forced; nor behind the result of one, since thinking may only go on there with the
 * signed thoughts from before, which this endpoint does not tell.
 */
function mayThink ({ tool_choice: choice, messages }: JsonObject): boolean {
  const last = Array.isArray(messages) ? asObject(messages[messages.length - 1]) : undefined
  return choice !== 'required' && asObject(choice) === undefined && last?.['role'] !== 'tool'
}

/** Undefined: it is to think nothing, or has no room. */
function budgetOf ({ effort, max_tokens: told, enabled }: JsonObject, limit: number): number | undefined {
  const share = SHARES[typeof effort === 'string' ? effort : enabled === true ? 'medium' : '']
  const wished = typeof told === 'number' ? told : share === undefined ? undefined : Math.floor(limit * share)
  if (wished === undefined || enabled === false || limit <= LEAST) return undefined
  return Math.min(Math.max(wished, LEAST), MOST, limit - 1)
}

/** Always there: the provider's `outputLimit` says so. */
function limitOf ({ max_completion_tokens: newer, max_tokens: older }: JsonObject): number {
  const limit = [newer, older].find((value) => typeof value === 'number' && value > 0)
  return (limit as number | undefined) ?? 0
}
