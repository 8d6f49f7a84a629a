// Money as providers tell it beside the usage, read from its decimal spelling and rounded to whole nano-dollars.

import { asObject, type JsonObject, type JsonValue } from '../core/json.ts'
import type { NanoUsd } from '../core/money.ts'

/**
 * USD. Above it nobody means the cost of one request: a million tokens out of the dearest model are 600. What is told
 * beyond it counts as not told, and the usage is priced instead. At this height the sums of the ledger, 64 bits of
 * nano-dollars, have room for 900,000 such requests in one row.
 */
const HIGHEST_USD = 10_000
const SPELLING = /^(\d{1,25})(?:\.(\d{1,25}))?(?:[eE]([+-]?\d{1,2}))?$/
const NANO_DIGITS = 9

/**
 * Money of a usage object; undefined: none told, or nothing that can be the cost of one request.
 * - `cost` of OpenRouter: a number; when the key was the operator's own at a third provider (`is_byok`) it is the fee
 *   only, and that provider's charge is in `cost_details.upstream_inference_cost`.
 *   https://openrouter.ai/docs/use-cases/usage-accounting
 * - `cost.total_cost` of Perplexity. https://docs.perplexity.ai/api-reference/chat-completions-post
 * - `cost_in_usd_ticks` of xAI: 10,000,000,000 ticks are a dollar. https://docs.x.ai/docs/api-reference
 */
export function readReportedCost (usage: JsonObject): NanoUsd | undefined {
  const { cost, is_byok: isByok, cost_in_usd_ticks: ticks } = usage
  if (ticks !== undefined && ticks !== null) return readNano(ticks, -10)
  const total = readNano(asObject(cost)?.['total_cost'] ?? cost, 0)
  if (isByok !== true) return total
  const upstream = readNano(asObject(usage['cost_details'])?.['upstream_inference_cost'], 0)
  return total === undefined || upstream === undefined ? undefined : total + upstream
}

/** `value` x 10^`exponent` USD, rounded half up. A JSON number is read as the shortest decimal that names it. */
function readNano (value: JsonValue | undefined, exponent: number): NanoUsd | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  const match = SPELLING.exec(String(value).trim())
  if (!match || Number(value) * 10 ** exponent > HIGHEST_USD) return undefined
  const [, whole = '', fraction = '', shown = '0'] = match
  const shift = NANO_DIGITS + exponent + Number(shown) - fraction.length
  const digits = BigInt(whole + fraction)
  if (shift >= 0) return digits * 10n ** BigInt(shift)
  const divisor = 10n ** BigInt(-shift)
  return (2n * digits + divisor) / (2n * divisor)
}
