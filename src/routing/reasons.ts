// Why a backend was left out, and what would have let it in: one sentence each, for every reason code.

import { NOT_ONE_TEXT } from '../core/ask.ts'
import type { ExclusionCode } from './plan.ts'

export interface Reason {
  /** Follows the backend's name: "openai:gpt-4o has …". */
  readonly reason: string
  /** An order to whoever can follow it: "set …". */
  readonly wouldHelp: string
}

/** The detail of `too_costly` where no price is known. */
export const UNKNOWN_AMOUNT = 'an unknown amount'

interface Wording {
  readonly says: string
  readonly helps: string
  /** A detail for which something else helps, and what. */
  readonly otherwise?: readonly [detail: string, helps: string]
  /** Stands for a detail that is not known. */
  readonly untold?: string
  /** How close to eligible it is: 0 needs the least. The nearest miss is named to the client. */
  readonly distance: number
}

/** `{detail}` is the detail of the exclusion (routing/filters.ts). */
const WORDINGS: { readonly [code in ExclusionCode]: Wording } = {
  backend_cooling: {
    says: 'is resting after {detail}',
    helps: 'wait: one request at a time finds out whether it is back',
    untold: 'several failures in a row',
    distance: 0
  },
  credential_cooling: {
    says: 'has no credential that is not rate limited or resting',
    helps: 'wait for its rate limit, or add a credential',
    distance: 1
  },
  no_fallbacks: {
    says: 'is not the first choice, and provider.allow_fallbacks is false',
    helps: 'set provider.allow_fallbacks to true, or name {detail} in provider.order',
    distance: 2
  },
  tier_not_asked: {
    says: 'serves the service tier {detail}, which was not asked for',
    helps: 'set service_tier to {detail}, or name the backend in full in provider.only',
    distance: 2.5
  },
  other_tier: {
    says: 'does not serve the service tier {detail}, which other backends of the model do',
    helps: 'leave service_tier out',
    distance: 2.6
  },
  not_in_only: {
    says: 'is not in provider.only',
    helps: 'name {detail} in provider.only, or leave it out',
    distance: 3
  },
  ignored: {
    says: 'is in provider.ignore',
    helps: 'take {detail} out of provider.ignore',
    distance: 4
  },
  above_max_price: {
    says: 'has {detail}, and provider.max_price allows less',
    helps: 'raise provider.max_price',
    distance: 5
  },
  other_quantization: {
    says: 'serves the quantization {detail}, which provider.quantizations does not name',
    helps: 'name {detail} in provider.quantizations, or tell the backend\'s quantization in modelsconfig.yml',
    distance: 6
  },
  unsupported_parameter: {
    says: 'is not known to understand {detail}, and provider.require_parameters is true',
    helps: 'leave {detail} out, or tell it under supported_parameters in modelsconfig.yml',
    distance: 7
  },
  less_capable: {
    says: 'is not known to understand {detail}, and another backend of the model is',
    helps: 'tell {detail} under supported_parameters in modelsconfig.yml, if it does',
    distance: 7.5
  },
  data_collected: {
    says: 'may keep what it is sent (data_collection: {detail}), and provider.data_collection is deny',
    helps: 'allow it, or write data_collection: deny into modelsconfig.yml if it is so',
    distance: 8
  },
  data_retained: {
    says: 'is not known to keep nothing (zdr: {detail}), and provider.zdr is true',
    helps: 'leave provider.zdr out, or write zdr: true into modelsconfig.yml if it is so',
    distance: 9
  },
  not_offered: {
    says: 'has no {detail}, which only OpenRouter adds to a model',
    helps: 'leave it out, or add a backend at openrouter to the model',
    distance: 10
  },
  credential_refused: {
    says: 'has a credential that its provider turns away',
    helps: 'replace it: aibroker keys add {detail}',
    distance: 10.5
  },
  no_credential: {
    says: 'has no usable credential',
    helps: '{detail}',
    distance: 11
  },
  price_unknown: {
    says: 'has no known price for this, and neither the key nor AIBROKER_UNKNOWN_PRICE lets it be used',
    helps: 'write its costs into modelsconfig.yml, or allow it (AIBROKER_UNKNOWN_PRICE, token create --unknown-price)',
    distance: 12
  },
  too_costly: {
    says: 'could cost {detail} for this request',
    helps: 'lower max_tokens, send less, or raise X-Aibroker-Max-Cost-Usd',
    otherwise: [UNKNOWN_AMOUNT, 'write its costs into modelsconfig.yml, or take them in: aibroker prices update'],
    distance: 13
  },
  not_allowed_for_key: {
    says: 'is not allowed for this key, which may not use {detail}',
    helps: 'use a key that may use {detail}',
    distance: 14
  },
  context_too_small: {
    says: 'has a context window of {detail} tokens, too small for this request',
    helps: 'send less, or lower max_tokens',
    distance: 15
  },
  missing_capability: {
    says: 'is not configured for {detail}',
    helps: 'leave {detail} out of the request, or add it to the capabilities of the model if it has it',
    distance: 16
  },
  needs_completions: {
    says: 'serves chats alone, and cannot be asked {detail}',
    helps: 'leave {detail} out, or add a backend at a provider that serves /v1/completions',
    otherwise: [NOT_ONE_TEXT, 'send one text as the prompt, or add a backend at a provider that serves /v1/completions'],
    distance: 16.5
  },
  wrong_task: {
    says: 'is at a provider without an endpoint for {detail}',
    helps: 'add a backend at a provider that serves {detail}',
    distance: 17
  },
  unknown_provider: {
    says: 'names the provider {detail}, which nobody knows',
    helps: 'describe {detail} under providers in modelsconfig.yml, or mend its name',
    distance: 18
  }
}

export function reasonFor (code: ExclusionCode, detail: string | undefined): Reason {
  const { says, helps, otherwise, untold = 'it' } = WORDINGS[code]
  const fill = (text: string) => text.replaceAll('{detail}', detail ?? untold)
  return { reason: fill(says), wouldHelp: otherwise && otherwise[0] === detail ? otherwise[1] : fill(helps) }
}

export function distanceOf (code: ExclusionCode): number {
  return WORDINGS[code].distance
}
