// A broker whose model `m` is served by one provider, and requests to it under keys.

import type { Test } from 'tap'
import { gateway, post, type GatewayOptions } from '../helper.ts'
import { look } from '../promises/observe.ts'
import { provider, type Answer } from '../upstreams.ts'

export const CHAT = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] }
export const STREAM = { ...CHAT, stream: true, stream_options: { include_usage: true } }
export const REPLAYED = 'x-aibroker-idempotent-replay'

export async function brokerOf (t: Test, answer: Answer, options: GatewayOptions = {}) {
  const upstream = await provider(t, answer)
  const broker = await gateway(t, { models: { m: [{ url: upstream.url }] }, ...options })
  const ask = (key: string, body: unknown = CHAT, headers: Record<string, string> = {}) =>
    post(`${broker.url}/chat/completions`, body, { 'idempotency-key': key, ...headers })
  const exchanges = () => countExchanges(options.flags?.home ?? broker.home)
  return { upstream, broker, ask, exchanges }
}

/** Committed rows. */
export function countExchanges (home: string): number {
  return look(home, (sqlite) => Number(sqlite.prepare('SELECT count(*) FROM exchanges').pluck().get()))
}

/** An answer that waits until the test says so. */
export function held (answer: Answer) {
  let open: () => void = () => {}
  const opened = new Promise<void>((resolve) => { open = resolve })
  const waiting: Answer = async (call) => {
    await opened
    await answer(call)
  }
  return { answer: waiting, open: () => { open() } }
}
