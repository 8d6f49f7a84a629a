// Every failure as one envelope, with one set of headers: thrown by us, by Fastify, by Node, or by mistake.
// Register it first, so that it sees every route (for 405) and every later plugin's errors.

import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify'
import type { WireFormat } from '../src/wire/format.ts'
import { GatewayError } from '../src/core/errors.ts'
import * as openaiErrors from '../src/wire/openai-chat/errors.ts'
import type { Gateway } from '../src/gateway.ts'
import { connectionErrorOf, gatewayErrorOf } from './faults.ts'
import { MethodTable } from './method-table.ts'

/** How failures are told in a wire. */
type ErrorWire = Pick<WireFormat, 'encodeError' | 'errorHeaders' | 'idHeader'>

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How the route's clients read failures; undefined: as OpenAI's and OpenRouter's. */
    errors?: ErrorWire
  }
}

export interface ErrorsOptions {
  readonly gateway: Pick<Gateway, 'log'>
}

const JSON_TYPE = 'application/json; charset=utf-8'
const LONGEST_ECHO = 200
const TOO_LARGE: ReadonlySet<string> = new Set(['too_large', 'recording_too_large'])
/** Codes of Node's own faults: a few dozen. */
const MOST_LAST_ANSWERS = 32

export default fp<ErrorsOptions>(async (fastify, { gateway: { log } }) => {
  const served = new MethodTable()
  fastify.addHook('onRoute', ({ url, method }) => { served.add(url, method) })

  fastify.setErrorHandler((thrown, request, reply) => {
    const error = gatewayErrorOf(thrown, request)
    if (error.code === 'internal' || error.extras.cause !== undefined) {
      log.error({ requestId: request.id, route: request.routeOptions.url, stack: stackOf(error) }, error.message)
    }
    return sendError(request, reply, error)
  })

  fastify.setNotFoundHandler((request, reply) => sendError(request, reply, unknownRoute(request, reply, served)))
}, { name: 'errors', fastify: '5.x' })

/** For `Fastify({ frameworkErrors })`: paths the router cannot read. No hook runs before it, and no route after. */
export const frameworkErrors: NonNullable<FastifyServerOptions['frameworkErrors']> = (thrown, request, reply) => {
  sendError(request, reply as FastifyReply, gatewayErrorOf(thrown, request as FastifyRequest))
}

/** For `Fastify({ clientErrorHandler })`: bytes that are not HTTP, headers without an end, requests that never come. */
export function clientErrorHandler (thrown: Error & { code?: string }, socket: Socket): void {
  // An answer that is on its way must not get a second one in the middle: cut it, and it looks cut.
  const answer = (socket as Socket & { _httpMessage?: { headersSent: boolean } | null })._httpMessage
  if (thrown.code === 'ECONNRESET' || !socket.writable || answer?.headersSent) {
    socket.destroy()
    return
  }
  socket.end(lastAnswerOf(thrown), () => { socket.destroy() })
}

const lastAnswers = new Map<string, string>()

/** The same for every connection with the same fault: thousands of slow ones are closed in one turn of the loop. */
function lastAnswerOf (thrown: Error & { code?: string }): string {
  const { code = '' } = thrown
  const known = lastAnswers.get(code)
  if (known !== undefined) return known
  const error = connectionErrorOf(thrown)
  const body = JSON.stringify(openaiErrors.encodeError(error, undefined))
  const head = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`,
    `content-type: ${JSON_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close'
  ]
  const answer = `${head.join('\r\n')}\r\n\r\n${body}`
  if (lastAnswers.size < MOST_LAST_ANSWERS) lastAnswers.set(code, answer)
  return answer
}

/** After an answer has begun, Fastify cuts the connection instead: a broken body can never look complete (P6). */
function sendError (request: FastifyRequest, reply: FastifyReply, error: GatewayError): FastifyReply {
  request.refusedAs = error.code
  const { encodeError, errorHeaders, idHeader }: ErrorWire = request.routeOptions.config.errors ?? openaiErrors
  // Text, not an object: a route's response schema would drop what it does not know.
  const body = JSON.stringify(encodeError(error, request.id))
  if (TOO_LARGE.has(error.code)) hearOut(request, reply)
  if (!reply.hasHeader('x-request-id')) reply.header('x-request-id', request.id)
  if (idHeader !== undefined) reply.header(idHeader, request.id)
  return reply.code(error.status).headers(errorHeaders(error)).type(JSON_TYPE).send(body)
}

/**
 * The connection stays, and the rest of the body is read and thrown away, for as long as an upload may take. Closed
 * under a client that still sends, it is reset, and many clients never read why.
 */
function hearOut (request: FastifyRequest, reply: FastifyReply): void {
  if (reply.hasHeader('connection')) reply.removeHeader('connection')
  request.raw.resume()
}

function unknownRoute (request: FastifyRequest, reply: FastifyReply, served: MethodTable): GatewayError {
  // Without its query: a key that somebody put there must not come back.
  const [path = ''] = request.url.split('?', 1)
  const values = { method: request.method, path: path.slice(0, LONGEST_ECHO) }
  const methods = served.methodsOf(path)
  if (methods.length === 0) return new GatewayError('unknown_route', values)
  reply.header('allow', methods.join(', '))
  return new GatewayError('method_not_allowed', { ...values, allowed: methods.join(' or ') })
}

function stackOf (error: Error): string {
  const { cause } = error
  if (cause === undefined) return error.stack ?? String(error)
  return cause instanceof Error ? stackOf(cause) : String(cause)
}
