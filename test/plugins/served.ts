// The door in front of a few routes, on a real port, and a client that writes raw bytes.

import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { pino } from 'pino'
import type { Test } from 'tap'
import type { Principal } from '../../src/core/ask.ts'
import type { KeyStore } from '../../src/keys/keys.ts'
import { readSettings, type Settings } from '../../src/settings.ts'
import errors, { clientErrorHandler, frameworkErrors } from '../../plugins/errors.ts'
import limits from '../../plugins/limits.ts'
import principal from '../../plugins/principal.ts'
import { manualClock, type ManualClock } from '../keys/manual-clock.ts'
import { keyStore } from '../keys/store.ts'

export interface Served {
  readonly port: number
  readonly url: string
  readonly keys: KeyStore
  readonly clock: ManualClock
  /** Every request that reached a route: the path of the route, and who it was. */
  readonly reached: Array<{ readonly route: string, readonly principal: Principal }>
  readonly logLines: string[]
  readonly app: Awaited<ReturnType<typeof buildApp>>
}

export interface ServeOptions {
  readonly settings?: Partial<Settings>
  readonly operatorKeys?: readonly string[]
  readonly keys?: KeyStore
  /** What POST /v1/chat/completions does. */
  readonly onChat?: (request: FastifyRequest, reply: FastifyReply) => unknown
  /** Path of a Unix socket to listen on instead of a port. */
  readonly socket?: string
}

export async function serve (t: Test, options: ServeOptions = {}): Promise<Served> {
  const clock = manualClock()
  const settings = { ...readSettings({}, {}), ...options.settings }
  const keys = options.keys ?? keyStore(t, options.operatorKeys, clock)
  const logLines: string[] = []
  const log = pino({}, { write: (line) => { logLines.push(line) } })
  const reached: Served['reached'] = []
  const app = await buildApp({ gateway: { settings, keys, clock, log }, reached, onChat: options.onChat })
  t.teardown(() => app.close())
  if (options.socket) await app.listen({ path: options.socket })
  else await app.listen({ port: 0, host: '127.0.0.1' })
  const port = options.socket ? 0 : (app.server.address() as AddressInfo).port
  return { port, url: `http://127.0.0.1:${port}`, keys, clock, reached, logLines, app }
}

/** A path for a Unix socket; short, because the system cuts longer ones at about 100 characters without a word. */
export function socketPath (t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'aibroker-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  return join(folder, 'rest.sock')
}

interface AppParts {
  readonly gateway: Parameters<typeof principal>[1]['gateway'] & Parameters<typeof errors>[1]['gateway']
  readonly reached: Served['reached']
  readonly onChat: ServeOptions['onChat']
}

async function buildApp ({ gateway, reached, onChat }: AppParts) {
  const routerOptions = { maxParamLength: 64 }
  const app = Fastify({ frameworkErrors, clientErrorHandler, forceCloseConnections: true, routerOptions })
  await app.register(errors, { gateway })
  await app.register(principal, { gateway })
  await app.register(limits, { gateway })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: 4_096 }, (_request, body, done) => {
    done(null, body)
  })
  const answer = (request: FastifyRequest) => {
    reached.push({ route: request.routeOptions.url ?? '', principal: request.principal })
    return { isReached: true }
  }
  app.get('/health', { config: { open: true } }, answer)
  app.get('/v1/models', answer)
  app.get('/v1/models/:id', answer)
  app.delete('/v1/models/:id', answer)
  app.get('/v1/broken', () => { throw new Error('the database is on fire: sk-secret') })
  app.post('/v1/chat/completions', { config: { task: 'chat' } }, (request, reply) => {
    const body = answer(request)
    return onChat === undefined ? body : onChat(request, reply)
  })
  app.post('/v1/audio/transcriptions', { config: { task: 'transcription' } }, answer)
  return app
}

export interface RawAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

/** Sends bytes as they are and reads until the server closes. Add `connection: close` unless it will anyway. */
export async function raw (target: number | string, bytes: string | Buffer, localAddress?: string): Promise<RawAnswer> {
  const socket = typeof target === 'string'
    ? connect(target)
    : connect({ port: target, host: '127.0.0.1', ...localAddress === undefined ? {} : { localAddress } })
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => { chunks.push(chunk) })
  socket.on('error', () => {}) // A reset after the answer is the answer's end.
  socket.write(bytes)
  await once(socket, 'close')
  return readAnswer(Buffer.concat(chunks).toString('latin1'))
}

/** A request line and headers, then the body; `Host` is part of the headers. */
export function request (line: string, headers: readonly string[], body = ''): string {
  return [`${line} HTTP/1.1`, ...headers, 'Connection: close', `Content-Length: ${Buffer.byteLength(body)}`, '', body]
    .join('\r\n')
}

function readAnswer (text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  const [first = '', ...lines] = text.slice(0, end === -1 ? 0 : end).split('\r\n')
  const headers = Object.fromEntries(lines.map((line) => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  }))
  return { status: Number(first.split(' ')[1] ?? 0), headers, body: text.slice(end + 4) }
}
