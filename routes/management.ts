// Who may administer: the guard of the routes that make keys and read everybody's use.

import type { FastifyRequest } from 'fastify'
import { mayAdminister } from '../src/core/ask.ts'
import { GatewayError } from '../src/core/errors.ts'

/**
 * A page of a web origin that was let in is no program of this machine: without a key it may not administer.
 * @throws GatewayError `management_only`
 */
export function requireManagement ({ principal, headers }: FastifyRequest): void {
  const isPage = principal.keyId === undefined && headers.origin !== undefined
  if (isPage || !mayAdminister(principal)) throw new GatewayError('management_only')
}
