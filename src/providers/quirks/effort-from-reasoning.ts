// OpenRouter's `reasoning` said in OpenAI's word, `reasoning_effort`, for providers that know it.

import { asObject, type JsonObject } from '../../core/json.ts'
import type { RequestQuirk } from './quirk.ts'

/** What each effort takes of the output: https://openrouter.ai/docs/use-cases/reasoning-tokens */
const SHARES: ReadonlyArray<readonly [effort: string, share: number]> = [
  ['minimal', 0.1], ['low', 0.2], ['medium', 0.5], ['high', 0.8], ['xhigh', 0.95]
]
/** The output that a budget of tokens is compared with when the request sets no limit of its own. */
const USUAL_OUTPUT = 16_384

/** Comes before `dropOpenRouterFields`, which takes `reasoning` out. A `reasoning_effort` of the client's own wins. */
export const effortFromReasoning: RequestQuirk = (body) => {
  const reasoning = asObject(body['reasoning'])
  if (!reasoning || (body['reasoning_effort'] !== undefined && body['reasoning_effort'] !== null)) return undefined
  const effort = effortOf(reasoning, body)
  return effort === undefined ? undefined : { reasoning_effort: effort }
}

function effortOf ({ effort, max_tokens: budget, enabled }: JsonObject, body: JsonObject): string | undefined {
  if (typeof effort === 'string') return effort
  if (typeof budget === 'number') return nearestEffort(budget, body)
  if (enabled === true) return 'medium'
  return enabled === false ? 'none' : undefined
}

/** For a budget of thinking tokens: the effort whose share of the output comes nearest. */
function nearestEffort (budget: number, { max_completion_tokens: newer, max_tokens: older }: JsonObject): string {
  const output = [newer, older].find((limit) => typeof limit === 'number' && limit > 0) as number | undefined
  const share = budget / (output ?? USUAL_OUTPUT)
  const distances = SHARES.map(([effort, each]) => ({ effort, distance: Math.abs(each - share) }))
  return distances.reduce((best, each) => each.distance < best.distance ? each : best).effort
}
