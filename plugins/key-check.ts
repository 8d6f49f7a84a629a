// The key a request shows, and what happens to somebody who tries keys.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { networkOf } from '../src/core/address.ts'
import { GatewayError } from '../src/core/errors.ts'
import { RateWindows } from '../src/local/rate-windows.ts'
import type { Gateway } from '../src/gateway.ts'
import type { KeyRecord } from '../src/keys/keys.ts'
import { refusal } from './refusal.ts'

/** @throws GatewayError `no_key`, `unknown_key`, or `rate_limited` after too many wrong ones. */
export type KeyCheck = (request: FastifyRequest, reply: FastifyReply, ip: string) => KeyRecord

const BEARER = /^bearer +(\S+) *$/i
const FAILURES_PER_MINUTE = 60
const MINUTE_MS = 60_000

/** The key is looked up before failures are counted: nobody is locked out by a neighbour who guesses. */
export function createKeyCheck ({ keys, clock }: Pick<Gateway, 'keys' | 'clock'>): KeyCheck {
  const failures = new RateWindows(clock)

  return (request, reply, ip) => {
    const token = tokenOf(request)
    if (token === undefined) throw new GatewayError('no_key')
    const key = keys.check(token)
    if (key !== undefined) return key
    const { count, remainingMs } = failures.hit(networkOf(ip), MINUTE_MS)
    if (count <= FAILURES_PER_MINUTE) throw new GatewayError('unknown_key')
    throw refusal(reply, {
      code: 'rate_limited',
      scope: 'address with wrong keys',
      limit: FAILURES_PER_MINUTE,
      waitMs: remainingMs,
      nowMs: clock.nowMs()
    })
  }
}

/** `Authorization: Bearer`, else `x-api-key` (Anthropic's clients). A key in the query is never looked at. */
function tokenOf ({ headers }: FastifyRequest): string | undefined {
  const [, token] = BEARER.exec(headers.authorization ?? '') ?? []
  if (token !== undefined) return token
  const key = headers['x-api-key']
  return typeof key === 'string' && key !== '' ? key : undefined
}
