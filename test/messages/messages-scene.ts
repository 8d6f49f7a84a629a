// A broker with one model `m`, asked as Anthropic's clients ask.

import type { Test } from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import type { GatewayOptions } from '../helper.ts'
import { post } from '../helper.ts'
import { scene, type Reply, type Scene } from '../openrouter/scene.ts'
import { readSse, type Answer, type SseAnswer } from '../upstreams.ts'

export interface MessagesScene extends Omit<Scene, 'ask' | 'stream'> {
  readonly url: string
  ask (body?: JsonObject, headers?: Record<string, string>): Promise<Reply>
  stream (body?: JsonObject, headers?: Record<string, string>): Promise<SseAnswer & { readonly response: Response }>
  /** The chat that the first provider got last. */
  chat (): JsonObject
}

export const TURNS: JsonObject[] = [{ role: 'user', content: 'Hello' }]

export async function messagesScene (
  t: Test, answers: Answer | readonly Answer[], options: Omit<GatewayOptions, 'models'> & { yaml?: string } = {}
): Promise<MessagesScene> {
  return asMessages(await scene(t, answers, options))
}

export function asMessages (on: Scene): MessagesScene {
  const url = `${on.broker.url}/messages`
  const bodyOf = (body: JsonObject) => ({ model: 'm', max_tokens: 100, messages: TURNS, ...body })
  return {
    ...on,
    url,
    ask: (body = {}, headers = {}) => post(url, bodyOf(body), headers),
    async stream (body = {}, headers = {}) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ ...bodyOf(body), stream: true })
      })
      return { response, ...await readSse(response) }
    },
    chat () {
      const { requests } = on.upstream
      return JSON.parse(requests[requests.length - 1]?.body ?? '{}') as JsonObject
    }
  }
}
