// Calls a dry run directly, and serves one over HTTP for real clients.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type { Test } from 'tap'
import type { Clock } from '../../src/core/clock.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Upstream, UpstreamCall, UpstreamFailure } from '../../src/exchange/upstream.ts'
import type { Forward } from '../../src/providers/dry-run/run.ts'
import { createDryRunUpstream, type DryRunEvent } from '../../src/providers/dry-run/upstream.ts'

export const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5)

const clock: Clock = { nowMs: () => NOW_MS, monotonicMs: () => 0, after: () => () => {} }

export function describe (call: UpstreamCall): Forward {
  return {
    provider: 'openai',
    url: `https://api.openai.com${call.url.pathname}`,
    path: call.url.pathname,
    secretSource: 'env:OPENAI_API_KEY',
    wouldAttachBearerToken: true
  }
}

export function dryRun (): { upstream: Upstream, events: DryRunEvent[] } {
  const events: DryRunEvent[] = []
  const log = { append: (event: DryRunEvent) => { events.push(event) } }
  return { upstream: createDryRunUpstream({ clock, events: log, describe }), events }
}

export function callOf (path: string, body: unknown, headers = ['content-type', 'application/json']): UpstreamCall {
  return {
    method: 'POST',
    url: new URL(`http://dry-run.invalid${path}`),
    headers,
    body: isStream(body) || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
  }
}

function isStream (body: unknown): body is Readable {
  return typeof body === 'object' && body !== null && 'pipe' in body
}

export interface Heard {
  readonly status: number
  readonly headers: Record<string, string | string[] | undefined>
  readonly chunks: readonly Buffer[]
  readonly text: string
  readonly failure: UpstreamFailure | undefined
}

/** Sends a call and hears it to its end. */
export function hear (upstream: Upstream, call: UpstreamCall): Promise<Heard> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let head: Pick<Heard, 'status' | 'headers'> = { status: 0, headers: {} }
    const end = (failure?: UpstreamFailure) => {
      resolve({ ...head, chunks, text: Buffer.concat(chunks).toString(), failure })
    }
    upstream.send(call, {
      onHead (status, headers) { head = { status, headers } },
      onData (chunk) { chunks.push(chunk) },
      onEnd () { end() },
      onFailure: end
    })
  })
}

/** The JSON answer to a JSON body. */
export async function answerTo (path: string, body: unknown): Promise<JsonObject> {
  return JSON.parse((await hear(dryRun().upstream, callOf(path, body))).text) as JsonObject
}

/** The events of a streamed answer; fails when the sentinel is not the last one. */
export async function eventsTo (path: string, body: unknown): Promise<JsonObject[]> {
  const { text } = await hear(dryRun().upstream, callOf(path, body))
  const blocks = text.split('\n\n').filter((block) => block !== '').map((block) => block.replace(/^data: /, ''))
  if (blocks.pop() !== '[DONE]') throw new Error('the stream does not end with [DONE]')
  return blocks.map((block) => JSON.parse(block) as JsonObject)
}

/** A server that passes everything to a dry run; resolves to its base URL. */
export async function serveDryRun (t: Test): Promise<string> {
  const { upstream } = dryRun()
  const server = createServer((request, response) => { relay(upstream, request, response) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

async function relay (upstream: Upstream, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const isForm = request.headers['content-type']?.startsWith('multipart/')
  const body = isForm ? request : await buffer(request)
  upstream.send(callOf(request.url ?? '', body, request.rawHeaders), {
    onHead (status, headers) { response.writeHead(status, headers) },
    onData (chunk) { response.write(chunk) },
    onEnd () { response.end() },
    onFailure () { response.destroy() }
  })
}
