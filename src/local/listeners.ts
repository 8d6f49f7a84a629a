// The open doors of the process: a TCP address, a Unix socket, or both, served by one request listener.

import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import type { AddressInfo, ListenOptions, Socket } from 'node:net'
import { dirname } from 'node:path'

export interface Addresses {
  /** Undefined: no TCP. Port 0: the system picks one. */
  readonly tcp: { readonly host: string, readonly port: number } | undefined
  /** Path of a Unix socket. */
  readonly socketPath: string | undefined
}

export interface Serving {
  readonly options: ServerOptions
  readonly onRequest: RequestListener
  /** Bytes that are not HTTP, or not in time. */
  readonly onClientError: (error: Error, socket: Socket) => void
}

export interface Listeners {
  readonly servers: readonly Server[]
  /** Base URL, or `unix:<path>` without TCP. */
  readonly listen: string
}

/** Opens all of them or none. @throws what the system says about an address. */
export async function openListeners ({ tcp, socketPath }: Addresses, serving: Serving): Promise<Listeners> {
  const servers: Server[] = []
  try {
    if (tcp !== undefined) servers.push(...await openTcp(tcp.host, tcp.port, serving))
    if (socketPath !== undefined) servers.push(await openSocket(socketPath, serving))
  } catch (error) {
    closeListeners(servers)
    throw error
  }
  return { servers, listen: tcp === undefined ? `unix:${socketPath}` : urlOf(tcp.host, servers) }
}

/** New connections are refused from now on. */
export function closeListeners (servers: readonly Server[]): void {
  for (const server of servers) server.close()
}

/** `localhost` is two addresses, and clients try either first. Where one of them cannot be had, the other serves. */
async function openTcp (host: string, port: number, serving: Serving): Promise<Server[]> {
  const addresses = host === 'localhost' ? (await lookup(host, { all: true })).map(({ address }) => address) : [host]
  const first = await open(serving, { host: addresses[0] ?? host, port })
  const taken = (first.address() as AddressInfo).port
  const others = addresses.slice(1).map((other) => open(serving, { host: other, port: taken }).catch(() => undefined))
  return [first, ...await Promise.all(others)].filter((server) => server !== undefined)
}

/** Only the owner may open it: it counts as loopback and needs no Host. */
async function openSocket (path: string, serving: Serving): Promise<Server> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  rmSync(path, { force: true }) // left by a killed process; the lock on the database says that none is running
  const mask = process.umask(0o177) // never readable for others, not even until chmod
  try {
    const server = await open(serving, { path })
    chmodSync(path, 0o600)
    return server
  } finally {
    process.umask(mask)
  }
}

async function open ({ options, onRequest, onClientError }: Serving, address: ListenOptions): Promise<Server> {
  const server = createServer(options, onRequest)
  server.on('clientError', onClientError)
  server.listen(address)
  await once(server, 'listening')
  return server
}

function urlOf (host: string, [first]: readonly Server[]): string {
  const { port } = first?.address() as AddressInfo
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
