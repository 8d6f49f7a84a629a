// Why a backend was left out, and what would have let it in: one sentence each, for every reason code.

import type { ExclusionCode } from './plan.ts'

export interface Reason {
  /** Follows the backend's name: "openai:gpt-4o has …". */
  readonly reason: string
  /** An order to whoever can follow it: "set …". */
  readonly wouldHelp: string
}

interface Wording {
  readonly says: string
  readonly helps: string
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
  no_credential: {
    says: 'has no usable credential',
    helps: '{detail}',
    distance: 2
  },
  price_unknown: {
    says: 'has no known price for this, and neither the key nor AIBROKER_UNKNOWN_PRICE lets it be used',
    helps: 'write its costs into modelsconfig.yml, or allow it (AIBROKER_UNKNOWN_PRICE, token create --unknown-price)',
    distance: 3
  },
  too_costly: {
    says: 'could cost {detail} for this request',
    helps: 'lower max_tokens, send less, or raise X-Aibroker-Max-Cost-Usd',
    distance: 4
  },
  not_allowed_for_key: {
    says: 'is not allowed for this key, which may not use {detail}',
    helps: 'use a key that may use {detail}',
    distance: 5
  },
  context_too_small: {
    says: 'has a context window of {detail} tokens, too small for this request',
    helps: 'send less, or lower max_tokens',
    distance: 6
  },
  missing_capability: {
    says: 'is not configured for {detail}',
    helps: 'leave {detail} out of the request, or add it to the capabilities of the model if it has it',
    distance: 7
  },
  wrong_task: {
    says: 'is at a provider without an endpoint for {detail}',
    helps: 'add a backend at a provider that serves {detail}',
    distance: 8
  },
  unknown_provider: {
    says: 'names the provider {detail}, which nobody knows',
    helps: 'describe {detail} under providers in modelsconfig.yml, or mend its name',
    distance: 9
  }
}

export function reasonFor (code: ExclusionCode, detail: string | undefined): Reason {
  const { says, helps, untold = 'it' } = WORDINGS[code]
  const fill = (text: string) => text.replaceAll('{detail}', detail ?? untold)
  return { reason: fill(says), wouldHelp: fill(helps) }
}

export function distanceOf (code: ExclusionCode): number {
  return WORDINGS[code].distance
}
