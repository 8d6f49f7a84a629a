// Providers over HTTP: undici's dispatch on our own pools. TLS is always verified, redirects are never followed,
// nothing is retried here, and no header but the call's own is sent.
//
// Why not `fetch`, `undici.request` or @fastify/reply-from: measured per small JSON call against dispatch (64 us),
// they cost 476, 89 and 124 us of CPU; and reply-from by its defaults accepts any certificate, forwards the client's
// headers and query, and does not notice a client that left.

import type { Dispatcher } from 'undici'
import { errors, Pool } from './undici.ts'
import type {
  Upstream, UpstreamFailure, UpstreamHandle, UpstreamHeaders, UpstreamListener
} from './upstream.ts'

export interface HttpUpstreamOptions {
  /** The longest a connection may take; an attempt may give up earlier. */
  readonly connectMs: number
  /** Sockets per origin at the most; requests beyond wait inside undici. Null: as many as requests. */
  readonly connections: number | null
}

/** Below the idle time-outs of providers and load balancers in front of them (60 s and more). */
const KEEP_ALIVE_MS = 15_000
const LONGEST_HEADERS_BYTES = 16 * 1024

export function createHttpUpstream ({ connectMs, connections }: HttpUpstreamOptions): Upstream {
  const pools = new Map<string, Dispatcher>()

  function poolOf (origin: string): Dispatcher {
    const known = pools.get(origin)
    if (known) return known
    const pool = new Pool(origin, {
      connections,
      pipelining: 1, // above it one slow answer blocks the next
      connect: { timeout: connectMs },
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: LONGEST_HEADERS_BYTES,
      headersTimeout: 0, // deadlines are the attempt's (exchange/watch.ts)
      bodyTimeout: 0
    })
    pools.set(origin, pool)
    return pool
  }

  return {
    send (call, listener) {
      const { origin, path } = addressOf(call.url)
      const http = new HttpCall(listener)
      poolOf(origin).dispatch({
        path,
        method: call.method,
        headers: call.headers,
        body: call.body
      }, http)
      return http
    },
    async close () {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
    }
  }
}

/** Origin and path of a URL, read once: URLs come from configuration and live as long as it does. */
const addresses = new WeakMap<URL, { origin: string, path: string }>()

function addressOf (url: URL): { origin: string, path: string } {
  let address = addresses.get(url)
  if (!address) {
    address = { origin: url.origin, path: url.pathname + url.search }
    addresses.set(url, address)
  }
  return address
}

/** One call: undici's events become the listener's; `cancel` works before the connection exists as well. */
class HttpCall implements Dispatcher.DispatchHandler, UpstreamHandle {
  readonly #listener: UpstreamListener
  #controller: Dispatcher.DispatchController | undefined
  #isOver = false

  constructor (listener: UpstreamListener) {
    this.#listener = listener
  }

  pause (): void {
    if (!this.#isOver) this.#controller?.pause()
  }

  resume (): void {
    if (!this.#isOver) this.#controller?.resume()
  }

  cancel (): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#controller?.abort(new errors.RequestAbortedError())
  }

  onRequestStart (controller: Dispatcher.DispatchController): void {
    if (this.#isOver) return controller.abort(new errors.RequestAbortedError())
    this.#controller = controller
    this.#listener.onSent?.()
  }

  onResponseStart (_controller: Dispatcher.DispatchController, status: number, headers: UpstreamHeaders): void {
    if (status >= 200 && !this.#isOver) this.#listener.onHead(status, headers)
  }

  onResponseData (_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isOver) this.#listener.onData(chunk)
  }

  onResponseEnd (): void {
    if (this.#isOver) return
    this.#isOver = true
    try {
      this.#listener.onEnd()
    } catch (error) {
      // undici swallows what a handler throws after the end, and nobody else would ever end this call.
      this.#listener.onFailure({ kind: 'broken', reason: 'sent an answer that could not be read' })
      throw error
    }
  }

  onResponseError (_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#listener.onFailure(failureOf(error))
  }
}

/** Failures before a connection exists: nothing of the request can have reached the provider. */
const UNREACHABLE = new Set([
  'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'UND_ERR_CONNECT_TIMEOUT',
  'ERR_TLS_CERT_ALTNAME_INVALID', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'CERT_HAS_EXPIRED',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'ERR_SSL_WRONG_VERSION_NUMBER', 'EPROTO'
])

/** The sentences say what happened and nothing of the error's own text: it can hold addresses and header bytes. */
function failureOf (error: Error & { code?: string }): UpstreamFailure {
  const code = error.code ?? error.name
  if (UNREACHABLE.has(code)) return { kind: 'unreachable', reason: `could not be reached (${code})` }
  return { kind: 'broken', reason: `broke the connection (${code})` }
}
