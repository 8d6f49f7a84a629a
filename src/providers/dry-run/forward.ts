// What a real run would have called instead: shown to the client, so nothing of a secret is in it.

import type { UpstreamCall } from '../../exchange/upstream.ts'
import type { Providers } from '../registry.ts'
import type { Forward } from './run.ts'

/** `hasKey`: whether a credential of the provider is configured; the dry run never resolves it. */
export function describeForward (
  call: UpstreamCall, providers: Providers, hasKey: (provider: string) => boolean
): Forward {
  const provider = providers.all().find(({ url }) => url !== undefined && call.url.href.startsWith(`${url}/`))
  return {
    provider: provider?.id ?? 'unknown',
    url: call.url.href,
    path: call.url.pathname,
    secretSource: provider?.secretSource ?? 'none',
    wouldAttachBearerToken: provider !== undefined && hasKey(provider.id)
  }
}
