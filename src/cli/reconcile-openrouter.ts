// Asks OpenRouter what it charged for an answer. https://openrouter.ai/docs/api-reference/get-a-generation

import { CommandFailure } from './failure.ts'
import { asObject, parseObject, type JsonObject } from '../core/json.ts'
import type { NanoUsd } from '../core/money.ts'
import type { Secret } from '../core/secret.ts'
import type { DoubtfulAttempt } from '../ledger/adjustment.ts'

export const PROVIDER = 'openrouter'

/** Undefined: it knows nothing of it (yet, or under this key), or told no cost. */
export type AskCost = (attempt: DoubtfulAttempt) => Promise<NanoUsd | undefined>

export interface Account {
  /** Base URL, with `/api/v1`. */
  readonly url: string
  /** In the order of their credentials' numbers; at least one. */
  readonly secrets: readonly Secret[]
}

const ANSWER_MS = 10_000

/** Each call is made with the credential of the attempt: another account does not see its generations. */
export async function openAskCost ({ url, secrets }: Account): Promise<AskCost> {
  const { readReportedCost } = await import('../wire/reported-cost.ts')
  const { userAgent } = await import('../providers/user-agent.ts')
  return async ({ upstreamId, credentialId }) => {
    const secret = secretOf(credentialId, secrets)
    const headers = { authorization: `Bearer ${secret?.reveal()}`, 'user-agent': userAgent }
    const { status, text } = await get(`${url}/generation?id=${encodeURIComponent(upstreamId)}`, headers)
    if (status === 404) return undefined
    if (status !== 200) throw new CommandFailure('failed', `OpenRouter answered ${status}; what was booked so far stays`)
    return readReportedCost(usageOf(asObject(parseObject(text)?.['data']) ?? {}))
  }
}

function secretOf (credentialId: string, secrets: readonly Secret[]): Secret | undefined {
  return secrets[Number(credentialId.split('#')[1] ?? 0)] ?? secrets[0]
}

/** As the usage of an answer has it. */
function usageOf (generation: JsonObject): JsonObject {
  const { total_cost: cost = null, is_byok: isByok = false, upstream_inference_cost: upstream = null } = generation
  return { cost, is_byok: isByok, cost_details: { upstream_inference_cost: upstream } }
}

/** The error of `fetch` is not passed on: nothing of a call with a key in it belongs on a terminal. */
async function get (url: string, headers: Readonly<Record<string, string>>) {
  try {
    const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(ANSWER_MS) })
    return { status: response.status, text: await response.text() }
  } catch {
    throw new CommandFailure('failed', `OpenRouter could not be reached at ${new URL(url).origin}; what was booked so far stays`)
  }
}
