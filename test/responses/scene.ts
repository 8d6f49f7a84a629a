// A broker whose model `m` is asked through `/responses`, and its answer read event by event.

import type { Test } from 'tap'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import { post, type GatewayOptions } from '../helper.ts'
import { openrouterScene, scene, type Reply, type Scene } from '../openrouter/scene.ts'
import { readSse, type Answer, type SseAnswer } from '../upstreams.ts'

const CAPABLE = 'capabilities: [tool_calling, vision, audio_input]'

type Headers = Readonly<Record<string, string>>

export interface ResponsesScene extends Omit<Scene, 'ask' | 'stream'> {
  ask (body?: JsonObject, headers?: Headers): Promise<Reply>
  stream (body?: JsonObject, headers?: Headers): Promise<SseAnswer & { readonly response: Response }>
  /** What the first provider was sent last. */
  sent (): JsonObject
}

export async function responsesScene (
  t: Test, answers: Answer | readonly Answer[], options: Omit<GatewayOptions, 'models'> & { yaml?: string } = {}
): Promise<ResponsesScene> {
  return asResponses(await scene(t, answers, { modelYaml: CAPABLE, ...options }))
}

/** The same in front of OpenRouter. */
export async function openrouterResponses (t: Test, answer: Answer): Promise<ResponsesScene> {
  return asResponses(await openrouterScene(t, answer, CAPABLE))
}

function asResponses (inner: Scene): ResponsesScene {
  const url = `${inner.broker.url}/responses`
  return {
    ...inner,
    ask: (body = {}, headers = {}) => post(url, { model: 'm', input: 'Hello', ...body }, headers),
    async stream (body = {}, headers = {}) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ model: 'm', input: 'Hello', stream: true, ...body })
      })
      return { response, ...await readSse(response) }
    },
    sent: () => inner.upstream.requests.at(-1)?.json() ?? {}
  }
}

export function typesOf (values: readonly JsonObject[]): string[] {
  return values.map(({ type }) => String(type))
}

/** The response of the last event. */
export function lastResponse (values: readonly JsonObject[]): JsonObject {
  return asObject(values.at(-1)?.['response']) ?? {}
}
