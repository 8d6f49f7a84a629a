// A broker in front of providers that answer one request in a given way, and what must hold after any ending.

import type { Test } from 'tap'
import { gateway, post, type GatewayOptions, type TestGateway } from '../helper.ts'
import { chatJson, chatSse, provider, sequence, type Answer, type TestProvider } from '../upstreams.ts'
import { frameOf } from '../upstreams/frames.ts'
import { observe, type Observed } from './observe.ts'

export const CHAT = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }
export const STREAM = { ...CHAT, stream: true }
export const FIRST = frameOf({ id: 'c', choices: [{ index: 0, delta: { role: 'assistant', content: 'Hel' }, finish_reason: null }] })

export interface Setting {
  readonly broker: TestGateway
  readonly observed: Observed
  readonly providers: readonly TestProvider[]
}

/** Each provider answers its first request, or its first `times`, in the given way and all later ones well. */
export async function setting (
  t: Test, answers: readonly Answer[], { times = 1, ...options }: GatewayOptions & { readonly times?: number } = {}
): Promise<Setting> {
  const well: Answer = (call) => (isStream(call.request.body) ? chatSse() : chatJson())(call)
  const providers = await Promise.all(answers.map((answer) =>
    provider(t, sequence(answer, ...Array<Answer>(times - 1).fill(answer), well))))
  const broker = await gateway(t, { models: { m: providers }, ...options })
  return { broker, observed: observe(broker), providers }
}

export const isStream = (body: string) => body.includes('"stream":true')

/** The row of the first exchange is as told; everything is given back; and the broker goes on working. */
export async function expectEnd (
  t: Test, { broker, observed }: Setting, { status, error, outcomes }: Ending
): Promise<void> {
  await observed.ended(1)
  t.match(observed.rows(), [{ status, error, attempts: outcomes.map((outcome, at) => ({ number: at + 1, outcome })) }])
  t.equal(observed.rows()[0]?.attempts.length, outcomes.length)
  t.match(observed.verify(), { ok: true, exchanges: 1, open: 0 })
  t.equal(observed.busy, 0, 'no credential is busy')
  const next = await post(`${broker.url}/chat/completions`, CHAT)
  t.equal(next.status, 200, 'the next request is served')
  t.match(observed.verify(), { ok: true, exchanges: 2, open: 0 })
}

export interface Ending {
  readonly status: number
  readonly error: string | null
  readonly outcomes: readonly string[]
}

export function init (body: unknown, signal?: AbortSignal): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...signal && { signal }
  }
}
