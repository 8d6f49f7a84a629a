// Requests per minute, of an address and of a key: fixed windows, counted before the request may take a place.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { isLoopback, networkOf } from '../src/core/address.ts'
import { RateWindows } from '../src/local/rate-windows.ts'
import type { Gateway } from '../src/gateway.ts'
import { refusal } from './refusal.ts'

/** @throws GatewayError `rate_limited`; the reply then has the headers that say when to come back. */
export type RateCheck = (request: FastifyRequest, reply: FastifyReply) => void

interface Rate {
  readonly limit: number
  readonly scope: 'address' | 'key'
}

const MINUTE_MS = 60_000

export function createRateCheck ({ settings, clock }: Pick<Gateway, 'settings' | 'clock'>): RateCheck {
  const { rateLimitRpm, isLoopbackLimited } = settings
  const addresses = new RateWindows(clock)
  const keys = new RateWindows(clock)

  return ({ principal: { ip, keyId, rpm } }, reply) => {
    const isFree = rateLimitRpm === 0 || (!isLoopbackLimited && (ip === 'unix' || isLoopback(ip)))
    if (!isFree) count(addresses, networkOf(ip), { limit: rateLimitRpm, scope: 'address' }, reply)
    if (keyId !== undefined && rpm !== undefined) count(keys, keyId, { limit: rpm, scope: 'key' }, reply)
  }

  function count (windows: RateWindows, name: string, rate: Rate, reply: FastifyReply): void {
    const { count, remainingMs } = windows.hit(name, MINUTE_MS)
    if (count <= rate.limit) return
    throw refusal(reply, { code: 'rate_limited', ...rate, waitMs: remainingMs, nowMs: clock.nowMs() })
  }
}
