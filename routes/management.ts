// Who may administer: the guard of the routes that make keys and read everybody's use.

import type { FastifyRequest } from 'fastify'
import { mayAdminister } from '../src/core/ask.ts'
import { GatewayError } from '../src/core/errors.ts'

/** @throws GatewayError `management_only` */
export function requireManagement (request: FastifyRequest): void {
  if (!mayManage(request)) throw new GatewayError('management_only')
}

/** A page of a web origin that was let in is no program of this machine: without a key it may not administer. */
export function mayManage ({ principal, headers }: FastifyRequest): boolean {
  const isPage = principal.keyId === undefined && headers.origin !== undefined
  return !isPage && mayAdminister(principal)
}
