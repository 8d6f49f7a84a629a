// Who is asking, decided before anything else: the guard of P9, then the key, then `request.principal`.
//
// DESIGN. One onRequest hook on the root, so that it runs for every route, for unknown paths, and for upgrade requests
// (nobody listens to upgrades, so Node hands them over as plain requests). What a route may skip is said by the matched
// route's own config, never by its URL: a URL that the router and the guard read differently is a way in.

import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isLoopbackHost } from '../src/core/address.ts'
import type { Principal } from '../src/core/ask.ts'
import { GatewayError } from '../src/core/errors.ts'
import { createClientAddress } from '../src/local/forwarded.ts'
import type { Gateway } from '../src/gateway.ts'
import type { KeyRecord } from '../src/keys/keys.ts'
import { answerPreflight, exposeTo, isPreflight } from './cors.ts'
import { createPeer } from './door.ts'
import { createGuard, originRefused } from './guard.ts'
import { createKeyCheck } from './key-check.ts'

declare module 'fastify' {
  interface FastifyRequest { principal: Principal }
  interface FastifyContextConfig {
    /** Served without a key, like health. The guard of P9 still applies. */
    open?: boolean
  }
}

export interface PrincipalOptions {
  readonly gateway: Pick<Gateway, 'settings' | 'keys' | 'clock'>
}

export default fp<PrincipalOptions>(async (fastify, { gateway }) => {
  const peerOf = createPeer()
  const guard = createGuard(gateway)
  const identify = createIdentify(gateway)
  fastify.decorateRequest('principal', null as unknown as Principal)

  fastify.addHook('onRequest', (request, reply, done) => {
    const peer = peerOf(request)
    const verdict = guard(request, peer)
    const { origin } = request.headers
    if (origin !== undefined) exposeTo(origin, reply)
    if (isPreflight(request)) {
      answerPreflight(request, reply)
      return
    }
    const { key, ip } = identify(request, reply, peer)
    // A page whose origin was granted on one key may use that key, and nothing else.
    if (verdict === 'needs_grant' && !key?.origins?.includes(origin ?? '')) throw originRefused(origin ?? '')
    request.principal = principalOf(key, ip)
    refuseManagement(request)
    done()
  })
}, { name: 'principal', fastify: '5.x' })

interface Identity {
  /** Undefined: none was needed, and what the client sent instead was not looked at. */
  readonly key: KeyRecord | undefined
  readonly ip: string
}

/** @throws GatewayError when a key is required and a usable one is not there. */
function createIdentify ({ settings, keys, clock }: PrincipalOptions['gateway']) {
  const clientAddress = createClientAddress(settings.trustProxy)
  const checkKey = createKeyCheck({ keys, clock })
  const needsKeyOnTcp = !isLoopbackHost(settings.host) && !settings.isOpen

  return (request: FastifyRequest, reply: FastifyReply, peer: string): Identity => {
    const isUnix = peer === 'unix'
    const ip = isUnix ? peer : clientAddress(peer, forwardedFor(request))
    const isRequired = keys.isRequired() || (needsKeyOnTcp && !isUnix)
    if (!isRequired || request.routeOptions.config.open === true) return { key: undefined, ip }
    return { key: checkKey(request, reply, ip), ip }
  }
}

/** @throws GatewayError `management_key` where inference was asked for with a key that administers. */
function refuseManagement ({ principal, routeOptions }: FastifyRequest): void {
  if (principal.isManagement && routeOptions.config.task !== undefined) throw new GatewayError('management_key')
}

function principalOf (key: KeyRecord | undefined, ip: string): Principal {
  return key === undefined ? addressOnly(ip) : keyHolder(key, ip)
}

function addressOnly (ip: string): Principal {
  return {
    kind: 'address',
    keyId: undefined,
    keyName: undefined,
    ip,
    rpm: undefined,
    maxInFlight: undefined,
    models: undefined,
    providers: undefined,
    budget: undefined,
    team: undefined,
    project: undefined,
    streamMode: undefined,
    unknownPrice: undefined,
    isManagement: false
  }
}

function keyHolder (key: KeyRecord, ip: string): Principal {
  const { id, name, rpm, maxInFlight, models, providers, budget, team, project, streamMode, unknownPrice } = key
  return {
    kind: 'key',
    keyId: id,
    keyName: name,
    ip,
    rpm,
    maxInFlight,
    models,
    providers,
    budget,
    team,
    project,
    streamMode,
    unknownPrice,
    isManagement: key.isManagement
  }
}

/** Node joins repeated X-Forwarded-For lines with commas, in order. */
function forwardedFor ({ headers }: FastifyRequest): string | undefined {
  return headers['x-forwarded-for'] as string | undefined
}
