// Completions of a model `m`, at backends that serve them or only chat, and a broker between.

import type { Test } from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { gateway, post, type GatewayOptions, type TestGateway } from '../helper.ts'
import { leapingClock, look } from '../promises/observe.ts'
import { answerJson, provider, readSse, type Answer, type SseAnswer, type TestProvider } from '../upstreams.ts'
import { DONE, firstOf, HEAD, USAGE, type Reply } from './scene.ts'

type Headers = Readonly<Record<string, string>>
type Options = Omit<GatewayOptions, 'models' | 'config'>

export interface CompletionScene {
  readonly broker: TestGateway
  readonly upstreams: readonly TestProvider[]
  complete (body?: JsonObject, headers?: Headers): Promise<Reply>
  stream (body?: JsonObject, headers?: Headers): Promise<SseAnswer & { readonly response: Response }>
}

/** One provider for each answer, in that order; as the model is configured, none of them serves completions. */
export async function chatOnly (t: Test, answers: readonly Answer[], options: Options = {}): Promise<CompletionScene> {
  const upstreams: TestProvider[] = []
  for (const answer of answers) upstreams.push(await provider(t, answer))
  const models = { m: upstreams.map(({ url }) => ({ url })) }
  const broker = await gateway(t, { models, modelYaml: 'capabilities: [chat]', clock: leapingClock('hasty'), ...options })
  return sceneOf(broker, upstreams)
}

export interface Mixed {
  /** Serves completions. */
  readonly own: Answer
  /** Does not: Groq, by name. */
  readonly chats: Answer
  /** Priorities of the two; the lowest is first. */
  readonly priorities: readonly [own: number, chats: number]
}

/** Model `m` at `own` and at Groq, for USD 1 and 2 per million tokens at both. */
export async function mixed (
  t: Test, { own, chats, priorities }: Mixed, options: Options = {}
): Promise<CompletionScene> {
  const upstreams = [await provider(t, own), await provider(t, chats)] as const
  const rows = ['own', 'groq'].map((id, at) =>
    `      - {provider: ${id}, model_id: m-${id}, priority: ${priorities[at]}, input_cost: 1, output_cost: 2}`)
  const config = `providers:
  own: {wire: openai-chat, base_url: "${upstreams[0].url}", credential: none}
models:
  m:
    context_window: 128000
    max_output_tokens: 4096
    backends:
${rows.join('\n')}
`
  const env = { GROQ_API_KEY: 'gsk-canary', GROQ_BASE_URL: upstreams[1].url }
  return sceneOf(await gateway(t, { config, env, clock: leapingClock('hasty'), ...options }), upstreams)
}

export function sceneOf (broker: TestGateway, upstreams: readonly TestProvider[]): CompletionScene {
  const url = `${broker.url}/completions`
  return {
    broker,
    upstreams,
    complete: (body = {}, headers = {}) => post(url, { model: 'm', prompt: 'Say hello', ...body }, headers),
    async stream (body = {}, headers = {}) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ model: 'm', prompt: 'Say hello', stream: true, ...body })
      })
      return { response, ...await readSse(response) }
    }
  }
}

const TEXT: JsonObject = { ...HEAD, id: 'cmpl-1', object: 'text_completion' }

/** What a backend answers that serves completions. */
export const TEXT_ANSWER = answerJson({
  ...TEXT, choices: [{ index: 0, text: 'Native', logprobs: null, finish_reason: 'stop' }], usage: USAGE
})

/** Its frames, as a stream. */
export const TEXT_FRAMES: readonly string[] = [
  ...['Nat', 'ive'].map((text) => frameOf({ choices: [{ index: 0, text, logprobs: null, finish_reason: null }] })),
  frameOf({ choices: [{ index: 0, text: '', logprobs: null, finish_reason: 'stop' }] }),
  DONE
]

function frameOf (value: JsonObject): string {
  return `data: ${JSON.stringify({ ...TEXT, ...value })}\n\n`
}

/** The text of a whole stream. */
export function textOf (values: readonly JsonObject[]): string {
  return values.map((value) => firstOf(value)['text'] ?? '').join('')
}

/** Paths of the calls a provider got, without the base. */
export function pathsAt (upstream: TestProvider | undefined): readonly string[] {
  return (upstream?.requests ?? []).map(({ path }) => path.slice('/v1'.length))
}

export interface CostRow {
  readonly cost: number
  readonly ceiling: number
  readonly grade: string
  readonly outcome: string
  readonly input: number | null
  readonly output: number | null
}

/** Attempts of the ledger, oldest first; amounts in nano-USD. */
export function costsOf ({ broker }: CompletionScene): CostRow[] {
  return look(broker.home, (sqlite) => sqlite.prepare<[], CostRow>(`
    SELECT cost_nano_usd AS cost, ceiling_nano_usd AS ceiling, g.text AS grade, o.text AS outcome, input, output
    FROM attempts a JOIN names g ON g.id = a.grade JOIN names o ON o.id = a.outcome ORDER BY a.id`).all())
}
