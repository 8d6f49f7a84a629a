// Hands an ask to its exchange, or gives the answer that is kept under its Idempotency-Key.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ask } from '../src/exchange/ask.ts'
import type { Outlet } from '../src/exchange/outlet.ts'
import { outletOf } from '../plugins/outlet.ts'
import { readCacheWish } from './cache-wish.ts'
import { idempotentRequest, readIdempotencyKey } from './idempotency-key.ts'

/** @throws GatewayError when the key stands for another request, or for one whose answer cannot be given. */
export function answer (request: FastifyRequest, reply: FastifyReply, ask: Ask): Promise<void> {
  const name = readIdempotencyKey(request)
  if (name === undefined) return run(request, ask, outletOf(reply))
  return answerOnce(request, reply, { ask, name })
}

async function answerOnce (
  request: FastifyRequest, reply: FastifyReply, { ask, name }: { readonly ask: Ask, readonly name: string }
): Promise<void> {
  const idempotent = idempotentRequest(name, request, ask)
  const claim = request.server.gateway.replays.claim(idempotent)
  if (claim.kind === 'kept') return claim.tell(outletOf(reply))
  await run(request, { ...ask, idempotent }, claim.record(outletOf(reply)))
}

/** From here on the exchange writes the line of the log, and keeps the place that was taken for it. */
function run (request: FastifyRequest, ask: Ask, outlet: Outlet): Promise<void> {
  request.isExchange = true
  const { exchange, cachedAnswers } = request.server.gateway
  const wish = readCacheWish(request, ask)
  request.running = wish ? cachedAnswers.serve(ask, outlet, wish) : exchange(ask, outlet)
  return request.running
}
