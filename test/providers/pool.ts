// A pool of credentials to try outcomes on.

import type { Outcome } from '../../src/core/outcome.ts'
import { Secret } from '../../src/core/secret.ts'
import { builtin } from '../../src/providers/builtin.ts'
import { createCredentials, type Credential } from '../../src/providers/credentials.ts'
import { createProviders } from '../../src/providers/registry.ts'

export const DECLINED: Outcome = { kind: 'declined', status: 403, reason: 'flagged' }

/** A pool of openai with these keys, and a clock moved by hand. */
export function pool (...keys: string[]) {
  const clock = { nowMs: 0, monotonicMs () { return this.nowMs } }
  const env = { OLLAMA_BASE_URL: 'http://127.0.0.1:11434/v1' }
  const providers = createProviders({ builtin, catalogProviders: new Map(), env })
  const wanted = new Map<string, string[]>([['openai', keys]])
  const credentials = createCredentials({
    providers,
    secretsOf: ({ id }) => (wanted.get(id) ?? []).map((key) => new Secret(key)),
    clock
  })
  return {
    credentials,
    clock,
    state: () => credentials.state('openai'),
    take: () => credentials.take('openai') as Credential,
    /** One whole call. */
    call (outcome: Outcome) {
      const credential = credentials.take('openai') as Credential
      credentials.giveBack(credential, outcome)
      return credential.id
    },
    /** One whole exchange that was declined. */
    decline () {
      const credential = credentials.take('openai') as Credential
      credentials.giveBack(credential, DECLINED)
      credentials.noteDeclined(credential)
      return credential.id
    },
    replace (...keys: string[]) {
      wanted.set('openai', keys)
      credentials.refresh(providers)
    }
  }
}
