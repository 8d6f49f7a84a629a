// One model `m`, its providers, and a broker between: what OpenRouter's clients meet, seen on the wire.

import type { Test } from 'tap'
import type { JsonObject, JsonValue } from '../../src/core/json.ts'
import { asObject } from '../../src/core/json.ts'
import { gateway, post, type GatewayOptions, type TestGateway } from '../helper.ts'
import { leapingClock } from '../promises/observe.ts'
import { answerJson, provider, readSse, streamed, type Answer, type SseAnswer, type TestProvider } from '../upstreams.ts'

export const MESSAGES: JsonValue = [{ role: 'user', content: 'Hello' }]
export const USAGE: JsonObject = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 }
export const HEAD: JsonObject = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'm-upstream' }
/** What only an OpenRouter client sends. */
export const TITLED = { 'x-openrouter-title': 'A program' }

type Headers = Readonly<Record<string, string>>
export type Reply = Awaited<ReturnType<typeof post>>

export interface Scene {
  readonly broker: TestGateway
  readonly upstreams: readonly TestProvider[]
  /** The first of them. */
  readonly upstream: TestProvider
  ask (body?: JsonObject, headers?: Headers): Promise<Reply>
  stream (body?: JsonObject, headers?: Headers): Promise<SseAnswer & { readonly response: Response }>
}

/** Model `m` is served by one provider for each answer, in that order; gaps between two tries cost no time. */
export async function scene (
  t: Test, answers: Answer | readonly Answer[], { yaml, ...options }: Omit<GatewayOptions, 'models'> & { yaml?: string } = {}
): Promise<Scene> {
  const upstreams: TestProvider[] = []
  for (const answer of [answers].flat()) upstreams.push(await provider(t, answer))
  const backends = upstreams.map(({ url }) => ({ url, ...yaml !== undefined && { yaml } }))
  const broker = await gateway(t, { models: { m: backends }, clock: leapingClock('hasty'), ...options })
  return sceneOf(broker, upstreams)
}

/** The same in front of a broker that speaks to OpenRouter, under OpenRouter's name. */
export async function openrouterScene (t: Test, answer: Answer, modelYaml = 'tier: standard'): Promise<Scene> {
  const upstream = await provider(t, answer)
  const config = `models:
  m:
    ${modelYaml}
    backends:
      - provider: openrouter
        model_id: author/m
`
  const env = { OPENROUTER_API_KEY: 'sk-or-v1-canary', OPENROUTER_BASE_URL: upstream.url }
  return sceneOf(await gateway(t, { config, env, clock: leapingClock('hasty') }), [upstream])
}

function sceneOf (broker: TestGateway, upstreams: readonly TestProvider[]): Scene {
  const url = `${broker.url}/chat/completions`
  return {
    broker,
    upstreams,
    upstream: upstreams[0] as TestProvider,
    ask: (body = {}, headers = {}) => post(url, { model: 'm', messages: MESSAGES, ...body }, headers),
    async stream (body = {}, headers = {}) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ model: 'm', messages: MESSAGES, stream: true, ...body })
      })
      return { response, ...await readSse(response) }
    }
  }
}

/** A plain answer of one choice; `choice` and `more` are members over the usual ones. */
export function answered (message: JsonObject = {}, choice: JsonObject = {}, more: JsonObject = {}): Answer {
  return answerJson({
    ...HEAD,
    object: 'chat.completion',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello', ...message }, finish_reason: 'stop', ...choice }],
    usage: USAGE,
    ...more
  })
}

export function frame (value: JsonObject): string {
  return `data: ${JSON.stringify({ ...HEAD, ...value })}\n\n`
}

/** A chunk of one choice. */
export function piece (delta: JsonObject, finish: string | null = null, more: JsonObject = {}): string {
  return frame({ choices: [{ index: 0, delta, finish_reason: finish }], ...more })
}

export const DONE = 'data: [DONE]\n\n'
export const USAGE_FRAME = frame({ choices: [], usage: USAGE })

/** The chunks between a role and the end with usage; `[DONE]` is the provider's own. */
export function chunks (...frames: readonly string[]): Answer {
  return streamed([piece({ role: 'assistant', content: '' }), ...frames])
}

export const WELL: Answer = chunks(piece({ content: 'Hel' }), piece({ content: 'lo' }), piece({}, 'stop'), USAGE_FRAME, DONE)

/** The choices of an answer or chunk. */
export function choicesOf ({ choices }: JsonObject): JsonObject[] {
  return Array.isArray(choices) ? choices.map((choice) => asObject(choice) ?? {}) : []
}

export function firstOf (value: JsonObject): JsonObject {
  return choicesOf(value)[0] ?? {}
}

export function deltaOf (value: JsonObject): JsonObject {
  return asObject(firstOf(value)['delta']) ?? {}
}

export function errorOf (reply: Reply): JsonObject {
  return asObject((reply.json() as JsonObject)['error']) ?? {}
}
