// The process: opens the gateway and its listeners, says so in one line, and closes in order.

import { createServer, type Server } from 'node:http'
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import pino, { type Logger } from 'pino'
import { buildApp, serverOptions } from './app.ts'
import { banner } from './banner.ts'
import { systemClock } from './core/clock.ts'
import { systemRandom } from './core/ids.ts'
import type { Gateway } from './gateway.ts'
import { makeFirstKey } from './keys/first-key.ts'
import { openGateway } from './open-gateway.ts'
import { SettingsError, type Settings } from './settings.ts'

export interface RunningServer {
  /** Base URL, or `unix:<path>` without TCP. */
  readonly listen: string
  readonly gateway: Gateway
  /** Stops accepting, lets running requests end for `drainMs`, settles every row. Idempotent. */
  close (): Promise<void>
}

const LOG_FLUSH_MS = 500
const LOG_BATCH_CHARS = 8_192 // pino refuses 16 KiB and more
const EXIT_INTERNAL = 70

/** @throws SettingsError, ConfigError, DatabaseRefusal, or what the system says about the address. */
export async function startServer (settings: Settings): Promise<RunningServer> {
  const { log, flush } = openLog(settings.logLevel)
  const gateway = await openGateway(settings, { clock: systemClock, random: systemRandom, log })
  try {
    let isDraining = false
    const app = await buildApp({ gateway, isReady: () => !isDraining }).catch(refuseSetting)
    const { listen, sockets } = await openListeners(app, settings)
    // Only now: a start that failed to listen must not have shown its key to nobody. Until then every call is a 401.
    announce(listen, gateway, makeFirstKey(gateway.keys, settings)?.token)
    let closing: Promise<void> | undefined
    const close = () => {
      isDraining = true
      closing ??= drain(app, sockets, gateway).finally(flush)
      return closing
    }
    followSignals({ gateway, log, close, flush, abort: () => { abort(app, sockets) } })
    return { listen, gateway, close }
  } catch (error) {
    await gateway.close()
    throw error
  }
}

/** A list in the settings that nobody could read before it was used, like AIBROKER_TRUST_PROXY. */
function refuseSetting (error: unknown): never {
  throw error instanceof RangeError ? new SettingsError(error.message) : error
}

function openLog (level: string): { log: Logger, flush: () => void } {
  // Lines gather and are written together: a write per request costs more than all other work on the line.
  const destination = pino.destination({ dest: 2, sync: false, minLength: LOG_BATCH_CHARS })
  const timer = setInterval(() => { destination.flush() }, LOG_FLUSH_MS)
  timer.unref()
  const flush = () => {
    try {
      destination.flushSync()
    } catch {
      // stderr is gone or not open yet: nobody is left to tell.
    }
  }
  return { log: pino({ level, base: null }, destination), flush }
}

async function openListeners (app: FastifyInstance, settings: Settings) {
  const sockets: Server[] = []
  if (settings.isTcp) await app.listen({ host: settings.host, port: settings.port })
  else await app.ready()
  const path = settings.socketDir && join(settings.socketDir, 'rest.sock')
  if (path) sockets.push(await listenOnSocket(app, path))
  const { port } = (settings.isTcp ? app.server.address() : {}) as AddressInfo
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host
  return { listen: settings.isTcp ? `http://${host}:${port}` : `unix:${path}`, sockets }
}

/** A second door to the same app. Only the owner may open it: it counts as loopback and needs no Host. */
async function listenOnSocket (app: FastifyInstance, path: string): Promise<Server> {
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 })
  rmSync(path, { force: true }) // left by a killed process; the lock on the database says that none is running
  const server = createServer(serverOptions, app.routing)
  const mask = process.umask(0o177) // never readable for others, not even until chmod
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve))
  } finally {
    process.umask(mask)
  }
  chmodSync(path, 0o600)
  return server
}

function announce (listen: string, gateway: Gateway, firstKey: string | undefined): void {
  const { mode } = gateway
  process.stdout.write(`${JSON.stringify({ ok: true, listen, mode, allowed_paths: gateway.paths })}\n`)
  if (process.stderr.isTTY || firstKey !== undefined) process.stderr.write(banner(listen, gateway, firstKey))
}

/** Readiness is off already; new connections are refused, running requests get their time, then they are cut. */
async function drain (app: FastifyInstance, sockets: readonly Server[], gateway: Gateway): Promise<void> {
  const stopWaiting = gateway.clock.after(gateway.settings.drainMs, () => { abort(app, sockets) })
  await Promise.all([app.close(), ...sockets.map(closeServer)])
  stopWaiting()
  await gateway.close()
}

function closeServer (server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => { resolve() })
    server.closeIdleConnections()
  })
}

/** Cuts what still runs. Its exchanges are settled as abandoned, and their streams end visibly broken. */
function abort (app: FastifyInstance, sockets: readonly Server[]): void {
  for (const server of [app.server, ...sockets]) server.closeAllConnections()
}

interface Process {
  readonly gateway: Gateway
  readonly log: Logger
  close (): Promise<void>
  flush (): void
  abort (): void
}

function followSignals ({ gateway, log, close, flush, abort }: Process): void {
  let isStopping = false
  const stop = (signal: string) => {
    log.info({ signal, again: isStopping }, 'stopping')
    if (isStopping) return abort()
    isStopping = true
    close().then(() => process.exit(0), (error: unknown) => {
      log.fatal({ err: error }, 'could not close cleanly; open rows are settled at the next start')
      flush()
      process.exit(EXIT_INTERNAL)
    })
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', () => { gateway.reload() })
  process.on('uncaughtException', (error) => {
    // The ledger is safe at any moment; a process in an unknown state is not.
    log.fatal({ err: error }, 'internal error')
    flush()
    process.exit(EXIT_INTERNAL)
  })
}
