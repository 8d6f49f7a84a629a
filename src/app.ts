// One Fastify instance, in the order of the line: principal, limits, body, routes. Registered by hand, because here
// the order is the security model.

import Fastify, { type FastifyInstance } from 'fastify'
import body from '../plugins/body.ts'
import errors, { clientErrorHandler, frameworkErrors } from '../plugins/errors.ts'
import limits from '../plugins/limits.ts'
import pipelined from '../plugins/pipelined.ts'
import principal from '../plugins/principal.ts'
import requestLog from '../plugins/request-log.ts'
import routeDocs from '../plugins/route-docs.ts'
import account from '../routes/account.ts'
import activity from '../routes/activity.ts'
import auth from '../routes/auth.ts'
import billing from '../routes/billing.ts'
import exchanges from '../routes/exchanges.ts'
import generation from '../routes/generation.ts'
import health from '../routes/health.ts'
import inference from '../routes/inference.ts'
import keys from '../routes/keys.ts'
import metrics from '../routes/metrics.ts'
import modelEndpoints from '../routes/model-endpoints.ts'
import models from '../routes/models.ts'
import openapi from '../routes/openapi.ts'
import presets from '../routes/presets.ts'
import probes from '../routes/probes.ts'
import quotes from '../routes/quotes.ts'
import rpc from '../routes/rpc.ts'
import translated from '../routes/translated.ts'
import { GatewayError } from './core/errors.ts'
import type { Gateway } from './gateway.ts'

declare module 'fastify' {
  interface FastifyInstance { gateway: Gateway }
}

export interface AppOptions {
  readonly gateway: Gateway
  readonly isReady?: () => boolean
}

/** OpenAI's clients use `/v1`, OpenRouter's `/api/v1`; both find everything. */
const BASES = ['/v1', '/api/v1']

/** With the time until the next check below, a connection without a whole header is closed within 10 s. */
const HEADERS_TIMEOUT_MS = 8_000
/** Short, so that thousands that are due are closed by the hundred, and nobody waits behind all of them. */
const CHECK_MS = 250
const UPLOAD_TIMEOUT_MS = 120_000
/** Above the 60 s of common load balancers, so that we are never the one who closes first. */
const KEEP_ALIVE_MS = 72_000

/** Limits of every HTTP server of the process: a slow or endless header is nobody's request. */
export const serverOptions = {
  maxHeaderSize: 16_384,
  connectionsCheckingInterval: CHECK_MS,
  requireHostHeader: true,
  headersTimeout: HEADERS_TIMEOUT_MS,
  requestTimeout: UPLOAD_TIMEOUT_MS,
  keepAliveTimeout: KEEP_ALIVE_MS
}

/** Routes have no schemas (openapi/route-doc.ts); told so, Fastify does not load Ajv: 116 files, 50 ms of a start. */
function refuseSchema (): never {
  throw new Error('a route has a schema: describe it in config.doc')
}

export async function buildApp ({ gateway, isReady = () => true }: AppOptions): Promise<FastifyInstance> {
  const fastify = Fastify({
    logger: false, // exchanges and refusals write their own lines (plugins/request-log.ts)
    bodyLimit: gateway.settings.limits.control,
    requestTimeout: UPLOAD_TIMEOUT_MS, // Fastify's default of 0 lets a client upload one byte an hour
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: false, // Fastify's own 503 is not in our envelope
    requestIdHeader: false,
    frameworkErrors,
    clientErrorHandler,
    schemaController: { compilersFactory: { buildValidator: refuseSchema, buildSerializer: refuseSchema } },
    routerOptions: { maxParamLength: 256 },
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    http: serverOptions
  })
  fastify.decorate('gateway', gateway)
  await fastify.register(pipelined)
  await fastify.register(errors, { gateway })
  await fastify.register(requestLog, { gateway })
  fastify.addHook('onRequest', (request, reply, done) => {
    if (isReady()) return done()
    reply.raw.shouldKeepAlive = false // becomes `Connection: close`
    done(request.routeOptions.config.open === true ? undefined : new GatewayError('draining'))
  })
  await fastify.register(principal, { gateway })
  await fastify.register(limits, { gateway })
  await fastify.register(body)
  await fastify.register(routeDocs)
  await fastify.register(openapi)
  await fastify.register(health, { gateway, isReady })
  await fastify.register(metrics)
  await fastify.register(probes)
  await fastify.register(rpc, { gateway, isReady })
  for (const prefix of BASES) await registerApi(fastify, prefix, gateway)
  return fastify
}

/** What is served below each base. */
async function registerApi (fastify: FastifyInstance, prefix: string, gateway: Gateway): Promise<void> {
  await fastify.register(inference, { prefix, gateway })
  await fastify.register(translated, { prefix, gateway })
  await fastify.register(models, { prefix })
  await fastify.register(modelEndpoints, { prefix })
  await fastify.register(billing, { prefix })
  await fastify.register(exchanges, { prefix })
  await fastify.register(account, { prefix })
  await fastify.register(generation, { prefix })
  await fastify.register(keys, { prefix })
  await fastify.register(auth, { prefix })
  await fastify.register(activity, { prefix })
  await fastify.register(presets, { prefix })
  await fastify.register(quotes, { prefix, gateway })
}
