// What the catalog's routes see of backends beside the catalog: names, rest, and how they did lately.

import type { EndpointSights } from '../src/catalog/endpoint-card.ts'
import type { Gateway } from '../src/gateway.ts'

/** As they are now. */
export function sightsOf (gateway: Gateway): EndpointSights {
  const resting = new Set(gateway.health.list().filter(({ state }) => state === 'open').map(({ id }) => id))
  const providers = gateway.providers()
  return {
    nameOf: (provider) => providers.get(provider)?.displayName ?? provider,
    isResting: (backendId) => resting.has(backendId),
    measured: gateway.performance
  }
}
