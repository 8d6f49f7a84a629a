// Hears answers that are compressed, of real servers over real sockets.

import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import type { Test } from 'tap'
import { createHttpUpstream } from '../../src/exchange/http-upstream.ts'
import { inflated } from '../../src/exchange/inflate.ts'
import type { InflateLimits } from '../../src/exchange/inflater.ts'
import type {
  Upstream, UpstreamFailure, UpstreamHandle, UpstreamHeaders, UpstreamListener
} from '../../src/exchange/upstream.ts'
import { provider, type Answer } from '../upstreams.ts'

export const BODY = Buffer.from(`{"text":"${'Grüße 🌍 '.repeat(2_000)}"}`)
export const CODED: ReadonlyArray<readonly [name: string, coding: string, encode: (body: Buffer) => Buffer]> = [
  ['gzip', 'gzip', gzipSync],
  ['gzip by its old name, in capitals', 'X-GZIP', gzipSync],
  ['deflate', 'deflate', deflateSync],
  ['deflate without a header', 'deflate', deflateRawSync],
  ['brotli', 'br', brotliCompressSync],
  ['identity', 'identity', (body) => body],
  ['an empty word', '', (body) => body]
]

/** Hears one call: what came, and promises for the moments a test waits for. */
export class Ear implements UpstreamListener {
  status = 0
  headers: UpstreamHeaders = {}
  readonly chunks: Buffer[] = []
  failure: UpstreamFailure | undefined
  ends = 0
  handle: UpstreamHandle | undefined
  readonly over: Promise<void>
  #end: () => void = () => {}
  onChunk: (chunk: Buffer) => void = () => {}

  constructor () {
    this.over = new Promise((resolve) => { this.#end = resolve })
  }

  get body (): Buffer {
    return Buffer.concat(this.chunks)
  }

  onHead (status: number, headers: UpstreamHeaders): void {
    this.status = status
    this.headers = headers
  }

  onData (chunk: Buffer): void {
    this.chunks.push(chunk)
    this.onChunk(chunk)
  }

  onEnd (): void {
    this.ends++
    this.#end()
  }

  onFailure (failure: UpstreamFailure): void {
    this.failure = failure
    this.onEnd()
  }
}

export function upstreamOf (t: Test, limits?: InflateLimits): Upstream {
  const upstream = inflated(createHttpUpstream({ connectMs: 1_000, connections: null }), limits)
  t.teardown(() => upstream.close())
  return upstream
}

export async function listen (t: Test, answer: Answer, limits?: InflateLimits): Promise<Ear> {
  const { url } = await provider(t, answer)
  const ear = new Ear()
  ear.handle = upstreamOf(t, limits).send({ method: 'GET', url: new URL(url), headers: [], body: Buffer.alloc(0) }, ear)
  return ear
}

export async function hear (t: Test, answer: Answer, limits?: InflateLimits): Promise<Ear> {
  const ear = await listen(t, answer, limits)
  await ear.over
  return ear
}

export function answering (coding: string, pieces: readonly Buffer[], { status = 200, type = 'application/json' } = {}): Answer {
  return async ({ response }) => {
    response.writeHead(status, { 'content-type': type, 'content-encoding': coding })
    response.flushHeaders()
    for (const piece of pieces) {
      response.write(piece)
      await new Promise((resolve) => { setImmediate(resolve) })
    }
    response.end()
  }
}
