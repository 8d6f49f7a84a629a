// In the dry run every provider with an address is ready, and no call carries a secret.

import type { Credential, Credentials } from '../credentials.ts'
import type { Providers } from '../registry.ts'

const CREDENTIAL: Credential = { id: 'dry-run', provider: 'dry-run', secret: undefined }

export function dryRunCredentials (providers: () => Providers): Credentials {
  const isReady = (id: string) => providers().get(id)?.url !== undefined
  return {
    state: (id) => isReady(id) ? { kind: 'ready' } : { kind: 'none' },
    take: (id) => isReady(id) ? CREDENTIAL : undefined,
    giveBack () {},
    noteDeclined () {}
  }
}
