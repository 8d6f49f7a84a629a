// Secrets that are made up to be looked for: in five spellings, in whatever a broker wrote or said.

import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Answer } from '../upstreams.ts'

/** By what each one is for. Every value is new, and holds characters that URLs and JSON may escape. */
export class Canaries {
  readonly #values = new Map<string, string>()

  make (name: string): string {
    return this.add(name, `cn/${randomBytes(12).toString('base64url')}+${name}=`)
  }

  /** A secret that somebody else made. */
  add (name: string, value: string): string {
    this.#values.set(name, value)
    return value
  }

  get count (): number { return this.#values.size }

  /** `<canary> as <spelling> in <place>` for each one that is somewhere it must not be. */
  findIn (evidence: ReadonlyMap<string, Buffer>): string[] {
    const spelt = [...this.#values].flatMap(([name, value]) =>
      spellingsOf(value).map(([spelling, text]) => ({ name: `${name} as ${spelling}`, text })))
    return [...evidence].flatMap(([place, bytes]) =>
      spelt.filter(({ text }) => bytes.includes(text)).map(({ name }) => `${name} in ${place}`))
  }
}

/** Also the three ways base64 spells a text in the middle of another one, like `user:key` or `Bearer key`. */
export function spellingsOf (value: string): ReadonlyArray<readonly [name: string, text: string]> {
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.from('x'.repeat(shift) + value).toString('base64')
    // The first and the last characters depend on the neighbours.
    return [`base64 from ${shift}`, text.slice(shift === 0 ? 0 : 4, -4)] as const
  })
  return [
    ['plain', value],
    ['JSON with escaped slashes', value.replaceAll('/', '\\/')],
    ...base64,
    ['hex', Buffer.from(value).toString('hex')],
    ['HEX', Buffer.from(value).toString('hex').toUpperCase()],
    ['a URL', encodeURIComponent(value)],
    ['reversed', [...value].reverse().join('')]
  ]
}

/** Every file below a folder, except those named, which may hold secrets. */
export function filesOf (folder: string, except: readonly string[] = []): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  if (!existsSync(folder)) return files
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name)
    if (except.includes(name) || !statSync(path, { throwIfNoEntry: false })?.isFile()) continue
    files.set(name, readFileSync(path))
  }
  return files
}

type Echo = (authorization: string) => { readonly code: number, readonly type?: string, readonly body: string }

const message = (text: string) => JSON.stringify({ error: { message: text, type: text, code: text, param: null } })
const chunk = (more: object) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'x', choices: [], ...more })}\n\n`
const PIECE = chunk({ choices: [{ index: 0, delta: { content: 'x' }, finish_reason: null }] })
const SSE = 'text/event-stream'

/** Providers that say back what they were sent: in every place that a broker might pass on, keep or log. */
export const ECHOES: { readonly [name: string]: Echo } = {
  refusal: (key) => ({ code: 400, body: message(`bad header Authorization: ${key} for this model`) }),
  slashes: (key) => ({ code: 400, body: message(key).replaceAll('/', '\\/') }),
  late: (key) => ({ code: 422, body: message('x'.repeat(400 - key.length / 2 | 0) + key) }),
  text: (key) => ({ code: 400, type: 'text/plain', body: `no: ${key}` }),
  html: (key) => ({ code: 404, type: 'text/html', body: `<p>${key}</p>` }),
  detail: (key) => ({ code: 422, body: JSON.stringify({ detail: [{ msg: key, loc: [key] }] }) }),
  unauthorised: (key) => ({ code: 401, body: message(`Incorrect API key provided: ${key}`) }),
  forbidden: (key) => ({ code: 403, body: message(key) }),
  throttled: (key) => ({ code: 429, body: message(key) }),
  broken: (key) => ({ code: 500, body: message(key) }),
  moved: (key) => ({ code: 302, body: key }),
  error200: (key) => ({ code: 200, body: message(key) }),
  firstEvent: (key) => ({ code: 200, type: SSE, body: `data: ${message(key)}\n\n` }),
  midStream: (key) => ({ code: 200, type: SSE, body: `${PIECE}data: ${message(key)}\n\n` }),
  notSse: (key) => ({ code: 200, type: SSE, body: `data: ${key}\n\n` })
}

/**
 * The echo, and headers that pass to clients and some that must not, all with the credential in them.
 * @param whenHeard resolves when the client has the first bytes
 */
export function echoing (echo: Echo, whenHeard: () => Promise<unknown>): Answer {
  return async ({ request, response }) => {
    const key = request.headers.authorization ?? ''
    const secret = key.replace('Bearer ', '')
    const { code, type = 'application/json', body } = echo(key)
    response.writeHead(code, {
      'content-type': `${type}; key="${secret}"`,
      'x-request-id': secret,
      'x-ratelimit-limit-requests': secret,
      'openai-version': key,
      'x-should-retry': secret,
      'set-cookie': `key=${secret}`,
      location: `/?key=${secret}`,
      'www-authenticate': key
    })
    const isBegun = body.startsWith(PIECE)
    if (isBegun) {
      response.write(PIECE)
      await whenHeard()
    }
    response.end(isBegun ? body.slice(PIECE.length) : body)
  }
}
