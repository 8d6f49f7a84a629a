// A whole broker whose keys are administered over HTTP, with a wall clock that a test moves.

import type { Test } from 'tap'
import { systemClock } from '../../src/core/clock.ts'
import { gateway, post } from '../helper.ts'
import { chatJson, provider } from '../upstreams.ts'

export const OPERATOR = 'sk-the-operator-0123456789'
export const ASK = { model: 'm', messages: [{ role: 'user', content: 'hi' }], max_tokens: 10 }
/** Nine input and three output tokens at USD 1 and 2 per million. */
export const COST = 0.000015
/** A Wednesday. */
export const WEDNESDAY_MS = Date.UTC(2026, 10, 18, 12)
export const DAY_MS = 86_400_000

interface KeyApiOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Without keys of the operator: programs of this machine need none until one is made. */
  readonly isKeyless?: boolean
}

export async function keyApi (t: Test, { env = {}, isKeyless = false }: KeyApiOptions = {}) {
  const upstream = await provider(t, chatJson())
  let wallMs = WEDNESDAY_MS
  const broker = await gateway(t, {
    models: { m: [{ url: upstream.url }] },
    env: { ...isKeyless ? {} : { AIBROKER_API_KEYS: OPERATOR }, ...env },
    clock: { ...systemClock, nowMs: () => wallMs }
  })
  const { origin, url, gateway: opened } = broker
  const call = async (method: string, path: string, body?: unknown, token: string | undefined = OPERATOR) => {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: {
        ...token !== '' && { authorization: `Bearer ${token}` },
        ...body !== undefined && { 'content-type': 'application/json' }
      },
      ...body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) as any }
  }
  return {
    ...broker,
    call,
    ask: (token: string, path = '/chat/completions') =>
      post(`${url}${path}`, ASK, token === '' ? {} : { authorization: `Bearer ${token}` }),
    /** A key by POST /keys: its hash and the key itself. */
    make: async (wish: object = {}) => {
      const { status, body } = await call('POST', '/v1/keys', { name: 'made', ...wish })
      if (status !== 201) throw new Error(`POST /keys answered ${status}: ${JSON.stringify(body)}`)
      return { hash: body.data.hash as string, token: body.key as string, data: body.data }
    },
    /** A key that administers, as `aibroker token create --management` makes it. */
    manager: () => opened.keys.create({ name: 'manager', isManagement: true }).token,
    to: (ms: number) => { wallMs = ms }
  }
}
