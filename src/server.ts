// The process: opens the gateway and its listeners, says so in one line, and closes in order.

import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { clientErrorHandler } from '../plugins/errors.ts'
import { buildApp, serverOptions } from './app.ts'
import { banner } from './banner.ts'
import { systemClock } from './core/clock.ts'
import { systemRandom } from './core/ids.ts'
import type { Gateway } from './gateway.ts'
import { makeFirstKey } from './keys/first-key.ts'
import { Connections } from './local/connections.ts'
import { openListeners } from './local/listeners.ts'
import { openLog } from './log.ts'
import { openGateway } from './open-gateway.ts'
import { SettingsError, type Settings } from './settings.ts'
import { Shutdown } from './shutdown.ts'

export interface RunningServer {
  /** Base URL, or `unix:<path>` without TCP. */
  readonly listen: string
  readonly gateway: Gateway
  /** Stops accepting, lets running requests end for `drainMs`, settles every row. Idempotent. */
  close (): Promise<void>
}

const EXIT_INTERNAL = 70

/** @throws SettingsError, ConfigError, DatabaseRefusal, or what the system says about the address. */
export async function startServer (settings: Settings): Promise<RunningServer> {
  const { log, flush } = openLog(settings.logLevel)
  const gateway = await openGateway(settings, { clock: systemClock, random: systemRandom, log })
  try {
    let isReady = true
    const app = await buildApp({ gateway, isReady: () => isReady }).catch(refuseSetting)
    const connections = new Connections()
    const { listen, servers } = await openDoors(app, settings)
    for (const server of servers) connections.watch(server)
    // Only now: a start that failed to listen must not have shown its key to nobody. Until then every call is a 401.
    announce(listen, gateway, makeFirstKey(gateway.keys, settings)?.token)
    const shutdown = new Shutdown({ app, gateway, servers, connections, unready: () => { isReady = false } })
    followSignals({ gateway, log, shutdown, flush })
    return { listen, gateway, close: () => shutdown.begin().finally(flush) }
  } catch (error) {
    await gateway.close()
    throw error
  }
}

/** A list in the settings that nobody could read before it was used, like AIBROKER_TRUST_PROXY. */
function refuseSetting (error: unknown): never {
  throw error instanceof RangeError ? new SettingsError(error.message) : error
}

async function openDoors (app: FastifyInstance, { isTcp, host, port, socketDir }: Settings) {
  await app.ready()
  return await openListeners({
    tcp: isTcp ? { host, port } : undefined,
    socketPath: socketDir && join(socketDir, 'rest.sock')
  }, { options: serverOptions, onRequest: app.routing, onClientError: clientErrorHandler })
}

function announce (listen: string, gateway: Gateway, firstKey: string | undefined): void {
  const { mode } = gateway
  process.stdout.write(`${JSON.stringify({ ok: true, listen, mode, allowed_paths: gateway.paths })}\n`)
  if (process.stderr.isTTY || firstKey !== undefined) process.stderr.write(banner(listen, gateway, firstKey))
}

interface Process {
  readonly gateway: Gateway
  readonly log: Logger
  readonly shutdown: Shutdown
  flush (): void
}

function followSignals ({ gateway, log, shutdown, flush }: Process): void {
  const exit = (code: number) => {
    flush()
    process.exit(code)
  }
  const stop = (signal: string) => {
    log.info({ signal, again: shutdown.hasBegun }, 'stopping')
    if (shutdown.hasBegun) return shutdown.hurry()
    shutdown.begin().then(() => { exit(0) }, (error: unknown) => {
      log.fatal({ err: error }, 'could not close cleanly; open rows are settled at the next start')
      exit(EXIT_INTERNAL)
    })
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
  process.on('SIGHUP', () => { gateway.reload() })
  process.on('uncaughtException', (error) => {
    // The ledger is safe at any moment; a process in an unknown state is not.
    log.fatal({ err: error }, 'internal error')
    exit(EXIT_INTERNAL)
  })
}
