// What Node and Fastify throw, as failures of our own table. Whatever is not listed here is ours to fix: `internal`.

import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../src/core/errors.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** How large its bodies may be is said by the route alone. */
    hasFixedLimit?: boolean
  }
}

type Translate = (request: FastifyRequest) => GatewayError

const LONGEST_ECHO = 100

/** By `error.code`: https://fastify.dev/docs/latest/Reference/Errors/ and Node's system errors. */
const FAULTS: { readonly [code: string]: Translate } = {
  FST_ERR_CTP_BODY_TOO_LARGE: ({ routeOptions }) =>
    new GatewayError('too_large', {
      limit: routeOptions.bodyLimit,
      setting: limitSettingOf(routeOptions)
    }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: wrongContentType,
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: wrongContentType,
  FST_ERR_CTP_EMPTY_JSON_BODY: () => new GatewayError('invalid_json', { reason: 'it is empty' }),
  FST_ERR_CTP_INVALID_JSON_BODY: () => new GatewayError('invalid_json', { reason: 'it cannot be parsed' }),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () => invalid('The body is not as long as Content-Length says.'),
  FST_ERR_BAD_URL: () => invalid('The path is not valid percent-encoded UTF-8.'),
  FST_ERR_MAX_PARAM_LENGTH: () => invalid('A part of the path is too long.', 414),
  ECONNRESET: () => new GatewayError('client_gone'),
  ERR_STREAM_PREMATURE_CLOSE: () => new GatewayError('client_gone')
}

/** By code of Node's `clientError`: bytes that never became a request. */
const CONNECTION_FAULTS: { readonly [code: string]: () => GatewayError } = {
  ERR_HTTP_REQUEST_TIMEOUT: () => new GatewayError('request_timeout'),
  HPE_HEADER_OVERFLOW: () => invalid('The request headers are too large.', 431),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: () => invalid('The chunk extensions are too large.', 413)
}

/** Every failure as one of ours; an unknown one becomes `internal`, with itself as the cause. */
export function gatewayErrorOf (error: unknown, request: FastifyRequest): GatewayError {
  if (error instanceof GatewayError) return error
  const translate = FAULTS[codeOf(error)]
  if (translate !== undefined) return translate(request)
  return frameworkRefusal(error) ?? new GatewayError('internal', {}, { cause: error })
}

export function connectionErrorOf (error: unknown): GatewayError {
  return CONNECTION_FAULTS[codeOf(error)]?.() ?? invalid('The request is not valid HTTP.')
}

/** Fastify's other 4xx. Its sentences speak of the request and hold nothing of ours. */
function frameworkRefusal (error: unknown): GatewayError | undefined {
  const { statusCode = 0, message } = error as { statusCode?: number, message?: string }
  if (!codeOf(error).startsWith('FST_ERR_') || statusCode < 400 || statusCode >= 500) return undefined
  return invalid(String(message), statusCode)
}

function wrongContentType ({ headers, routeOptions }: FastifyRequest): GatewayError {
  return new GatewayError('wrong_content_type', {
    contentType: `"${(headers['content-type'] ?? '').slice(0, LONGEST_ECHO)}"`,
    expected: isRecording(routeOptions) ? 'multipart/form-data or application/json' : 'application/json'
  })
}

function limitSettingOf (route: FastifyRequest['routeOptions']): string {
  if (route.config.hasFixedLimit) return 'no setting changes that'
  return isRecording(route) ? 'AIBROKER_RECORDING_LIMIT' : 'AIBROKER_BODY_LIMIT'
}

function isRecording ({ config }: FastifyRequest['routeOptions']): boolean {
  return config.task === 'transcription'
}

function invalid (reason: string, status = 400): GatewayError {
  return new GatewayError('invalid_body', { reason }, { status })
}

function codeOf (error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : ''
}
