// P9, the guard: no web page reaches a route unless its origin was let in, whatever name it calls us by.

import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../src/core/errors.ts'
import { createHostGuard } from '../src/local/hosts.ts'
import { createOriginGuard, type OriginVerdict } from '../src/local/origins.ts'
import type { Gateway } from '../src/gateway.ts'
import { refuseAbsoluteTarget, refuseDuplicates } from './door.ts'

/** @throws GatewayError; so `refused` never comes back. */
export type Guard = (request: FastifyRequest, peer: string) => OriginVerdict

const LONGEST_ECHO = 200

/** @throws RangeError when the settings would let every page in. */
export function createGuard ({ settings, keys }: Pick<Gateway, 'settings' | 'keys'>): Guard {
  const isServed = createHostGuard({ boundHost: settings.host, allowedHosts: settings.allowedHosts })
  const judge = createOriginGuard({
    allowedOrigins: settings.allowedOrigins,
    isGranted: (origin) => keys.isGranted(origin)
  })

  return ({ headers, raw }, peer) => {
    refuseDuplicates(raw.rawHeaders)
    refuseAbsoluteTarget(raw.url ?? '')
    const { host = '', origin } = headers
    // A page cannot open a Unix socket, and clients write whatever they like as its host.
    if (peer !== 'unix' && !isServed(host)) throw new GatewayError('host_refused', { host: host.slice(0, LONGEST_ECHO) })
    const site = headers['sec-fetch-site'] as string | undefined
    const verdict = judge({ origin, site })
    if (verdict === 'refused') throw originRefused(origin ?? `unknown (Sec-Fetch-Site: ${site})`)
    return verdict
  }
}

export function originRefused (origin: string): GatewayError {
  return new GatewayError('origin_refused', { origin: origin.slice(0, LONGEST_ECHO) })
}
