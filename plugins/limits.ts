// How often and how many at once: requests per minute of an address and of a key, and places for requests in flight.
// Only inference routes count (`config.task`): health and billing answer whatever the load.
//
// @fastify/rate-limit's checker measured at 0.6 us of CPU per check, so it is used as it is, with our own store.

import rateLimit from '@fastify/rate-limit'
import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isLoopback, networkOf } from '../src/core/address.ts'
import type { Task } from '../src/core/ask.ts'
import { GatewayError } from '../src/core/errors.ts'
import { Places } from '../src/local/places.ts'
import type { Gateway } from '../src/gateway.ts'
import { createRateStore } from './rate-store.ts'
import { refusal } from './refusal.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The work an inference route asks for. Routes without it take no place and count against no limit. */
    task?: Task
  }
}

export interface LimitsOptions {
  readonly gateway: Pick<Gateway, 'settings' | 'clock'>
}

const MINUTE_MS = 60_000
/** Nobody knows when a place becomes free; a second is short for a person and long for a loop. */
const PLACE_WAIT_MS = 1_000

export default fp<LimitsOptions>(async (fastify, { gateway }) => {
  await fastify.register(rateLimit, { global: false, timeWindow: MINUTE_MS, store: createRateStore(gateway.clock) })
  const limits = [addressLimit(fastify, gateway), keyLimit(fastify, gateway)]
  const takePlace = createPlaceTaker(gateway)

  fastify.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.task === undefined) return
    for (const limit of limits) await limit(request, reply)
    takePlace(request, reply)
  })
}, { name: 'limits', fastify: '5.x', dependencies: ['principal'] })

type Limit = (request: FastifyRequest, reply: FastifyReply) => Promise<void>

function addressLimit (fastify: FastifyInstance, { settings, clock }: LimitsOptions['gateway']): Limit {
  const max = settings.rateLimitRpm
  const check = fastify.createRateLimit({ max, keyGenerator: ({ principal }) => networkOf(principal.ip) })
  return async (request, reply) => {
    const { ip } = request.principal
    const isNear = ip === 'unix' || isLoopback(ip)
    if (max === 0 || (isNear && !settings.isLoopbackLimited)) return
    const verdict = await check(request)
    if (verdict.isAllowed || !verdict.isExceeded) return
    throw refusal(reply, { code: 'rate_limited', scope: 'address', limit: max, waitMs: verdict.ttl, nowMs: clock.nowMs() })
  }
}

function keyLimit (fastify: FastifyInstance, { clock }: LimitsOptions['gateway']): Limit {
  const check = fastify.createRateLimit({
    max: ({ principal }) => principal.rpm ?? 0,
    keyGenerator: ({ principal }) => principal.keyId ?? ''
  })
  return async (request, reply) => {
    const { keyId, rpm } = request.principal
    if (keyId === undefined || rpm === undefined) return
    const verdict = await check(request)
    if (verdict.isAllowed || !verdict.isExceeded) return
    throw refusal(reply, { code: 'rate_limited', scope: 'key', limit: rpm, waitMs: verdict.ttl, nowMs: clock.nowMs() })
  }
}

/** The place is given back when the response closes: finished, broken or abandoned, that happens exactly once. */
function createPlaceTaker ({ settings, clock }: LimitsOptions['gateway']): (request: FastifyRequest, reply: FastifyReply) => void {
  const places = new Places(settings.maxInFlight)
  return ({ principal: { keyId, maxInFlight } }, reply) => {
    // A response that closed already will not close again.
    if (reply.raw.destroyed) throw new GatewayError('client_gone')
    const refused = places.take(keyId, maxInFlight)
    if (refused === undefined) {
      reply.raw.once('close', () => { places.release(keyId) })
      return
    }
    throw refusal(reply, { code: 'too_many_in_flight', ...refused, waitMs: PLACE_WAIT_MS, nowMs: clock.nowMs() })
  }
}
