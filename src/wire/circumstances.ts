// Under which of its prices a provider served, as its answer tells: service tier, speed, region.
//
// Never what the request asked for: `auto` becomes whatever the project's settings say, `flex` may fall back to the
// plain tier, and `priority` beyond its limits is served, and billed, as usual.
// https://platform.openai.com/docs/api-reference/chat/object, https://docs.anthropic.com/en/api/service-tiers

import type { JsonObject, JsonValue } from '../core/json.ts'
import type { Circumstances } from '../core/usage.ts'

/** Words for what the plain price is for. `on_demand` is Groq's. */
const PLAIN_SERVICES = new Set(['default', 'standard', 'auto', 'on_demand'])
const PLAIN_REGIONS = new Set(['global', 'not_available'])
/** Anything else is no name, and has no place in the books. */
const NAME = /^[A-Za-z][\w.-]{0,39}$/

/**
 * `service_tier` of OpenAI and of those that copy it; `speed` and `inference_geo` of Anthropic, in the usage object. A
 * speed that costs more counts as a service tier: the two exclude each other. Undefined: nothing out of the ordinary.
 */
export function readCircumstances (usage: JsonObject): Circumstances | undefined {
  const { service_tier: tier, speed, inference_geo: geo } = usage
  if (tier === undefined && speed === undefined && geo === undefined) return undefined
  const service = nameIn(speed, PLAIN_SERVICES) ?? nameIn(tier, PLAIN_SERVICES)
  const region = nameIn(geo, PLAIN_REGIONS)
  if (service === undefined && region === undefined) return undefined
  return { ...service !== undefined && { service }, ...region !== undefined && { region } }
}

/** The usage with what stands beside it in the answer. Nearly always the same object: the plain tier says nothing. */
export function withServiceTier (usage: JsonObject, answer: JsonObject): JsonObject {
  const { service_tier: tier } = answer
  if (nameIn(tier, PLAIN_SERVICES) === undefined || usage['service_tier'] !== undefined) return usage
  return { ...usage, service_tier: tier }
}

function nameIn (value: JsonValue | undefined, plain: ReadonlySet<string>): string | undefined {
  return typeof value === 'string' && !plain.has(value) && NAME.test(value) ? value : undefined
}
