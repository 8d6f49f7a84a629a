// The header Idempotency-Key: what it may be, and which request it stands for.
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/

import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../src/core/errors.ts'
import type { Ask } from '../src/exchange/ask.ts'
import type { IdempotentRequest } from '../src/ledger/idempotency.ts'

const TITLE = 'Idempotency-Key'
const PRINTABLE = /^[\x20-\x7e]{1,255}$/

/** Undefined: there is none. @throws GatewayError `invalid_body`, without the value. */
export function readIdempotencyKey ({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const name = headers['idempotency-key']
  if (name === undefined) return undefined
  if (typeof name === 'string' && PRINTABLE.test(name)) return name
  throw new GatewayError(
    'invalid_body', { reason: `The header ${TITLE} must be 1 to 255 printable ASCII characters.` }, { param: TITLE })
}

/** The request under a key, as digests. Keys of different principals never meet. */
export function idempotentRequest (name: string, { method, url, body }: FastifyRequest, ask: Ask): IdempotentRequest {
  const { keyId, ip } = ask.principal
  const owner = keyId === undefined ? `ip ${ip}` : `key ${keyId}`
  return {
    key: createHash('sha256').update(`${owner}\n${name}`).digest(),
    request: createHash('sha256').update(`${method} ${url}\n`).update(bodyOf(body, ask)).digest()
  }
}

/** As the client sent it: what becomes of it here may be the same for two, and another one for each try. */
function bodyOf (sent: unknown, { body }: Ask): Buffer {
  if (Buffer.isBuffer(sent)) return sent
  if (body.kind === 'multipart' && body.digest) return body.digest
  throw new Error('the form was spooled without its digest')
}
