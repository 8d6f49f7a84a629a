// Asks a running broker: one GET over TCP or a Unix socket.

import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isWildcardHost } from '../core/address.ts'
import { CommandFailure } from './failure.ts'

export interface BrokerAnswer {
  readonly status: number
  /** Parsed JSON; undefined when the body is something else. */
  readonly json: unknown
}

type Env = Readonly<Record<string, string | undefined>>

const TIMEOUT_MS = 5_000
const LARGEST_ANSWER_BYTES = 16 * 1024 * 1024
const SOCKET = 'unix:'

/** Where a broker with this environment would listen. A wildcard address is reached through loopback. */
export function defaultUrl (env: Env): string {
  const host = env['AIBROKER_HOST'] ?? '127.0.0.1'
  const reachable = isWildcardHost(host) ? '127.0.0.1' : host
  return `http://${reachable.includes(':') && !reachable.startsWith('[') ? `[${reachable}]` : reachable}:${env['AIBROKER_PORT'] || 8791}`
}

/**
 * GET `path` of the broker at `url`: `http://…`, `https://…` or `unix:<socket>`.
 * @throws CommandFailure `not_found` when nobody answers, `wrong_usage` when the URL is none.
 */
export async function get (url: string, path: string, key: string | undefined): Promise<BrokerAnswer> {
  const options: RequestOptions = {
    ...addressOf(url),
    path,
    headers: { accept: 'application/json', ...key === undefined ? {} : { authorization: `Bearer ${key}` } },
    signal: AbortSignal.timeout(TIMEOUT_MS)
  }
  try {
    return await send(options)
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException
    const reason = name === 'TimeoutError' || code === 'ABORT_ERR' ? `no answer within ${TIMEOUT_MS / 1000} s` : code ?? 'the connection broke'
    throw new CommandFailure('not_found', `no broker answers at ${url} (${reason}); start it with "aibroker" or give --url`, error)
  }
}

function addressOf (text: string): RequestOptions {
  if (text.startsWith(SOCKET)) return { socketPath: text.slice(SOCKET.length), host: 'localhost' }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new CommandFailure('wrong_usage', '--url must be like http://127.0.0.1:8791 or unix:/run/aibroker/rest.sock')
  }
  return { protocol: url.protocol, hostname: url.hostname.replace(/^\[|\]$/g, ''), port: url.port }
}

function send (options: RequestOptions): Promise<BrokerAnswer> {
  const request = options.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    request(options, (response) => { readAnswer(response).then(resolve, reject) }).on('error', reject).end()
  })
}

async function readAnswer (response: IncomingMessage): Promise<BrokerAnswer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > LARGEST_ANSWER_BYTES) throw new Error('the answer is too large')
    chunks.push(chunk)
  }
  return { status: response.statusCode ?? 0, json: parse(Buffer.concat(chunks).toString('utf8')) }
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // not a broker, or a page in front of it
  }
}
