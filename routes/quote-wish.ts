// Whether a request of inference only wants to know what it would do.

import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../src/core/errors.ts'

/** What somebody may have written for `dry_run`. */
const DRY_RUN = /^dry[-_ ]?run$/i

/** `?dry_run=1`: what would happen, instead of letting it happen. Looked up only where there is a query at all. */
export function wantsQuote ({ query, raw }: FastifyRequest): boolean {
  if (!raw.url?.includes('?')) return false
  const { dry_run: flag } = query as { dry_run?: string }
  const misspelt = Object.keys(query as object).find((name) => name !== 'dry_run' && DRY_RUN.test(name))
  if (misspelt !== undefined) {
    throw new GatewayError('invalid_body', { reason: 'Write dry_run=1: otherwise the request would be sent.' }, { param: 'dry_run' })
  }
  if (flag === undefined || flag === '0' || flag === 'false') return false
  if (flag === '1' || flag === 'true') return true
  throw new GatewayError('invalid_body', { reason: 'dry_run must be 1 or 0.' }, { param: 'dry_run' })
}
