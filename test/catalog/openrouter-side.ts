// An OpenRouter of a test's own: a list that can change, and the hours of a broker in front of it, passed by hand.

import type { Clock } from '../../src/core/clock.ts'
import { systemClock } from '../../src/core/clock.ts'
import { AGAIN_MS, EVERY_MS, START_MS } from '../../src/catalog/openrouter/live-list.ts'
import { gateway, type GatewayOptions, type TestGateway } from '../helper.ts'
import { chatJson, provider, type TestProvider } from '../upstreams.ts'
import type { Test } from 'tap'

export interface Entry { readonly id: string, readonly [member: string]: unknown }

/** An entry with everything that is required; prices in USD per token. */
export function entry (id: string, members: object = {}): Entry {
  return {
    id,
    canonical_slug: `${id}-20260101`,
    name: `Name of ${id}`,
    created: 1_760_000_000,
    description: 'Words',
    context_length: 100_000,
    architecture: {
      modality: 'text->text', input_modalities: ['text'], output_modalities: ['text'], tokenizer: 'GPT', instruct_type: null
    },
    pricing: { prompt: '0.000001', completion: '0.000002' },
    top_provider: { context_length: 100_000, max_completion_tokens: 5_000, is_moderated: true },
    per_request_limits: null,
    supported_parameters: ['max_tokens', 'tools'],
    default_parameters: {},
    supported_voices: null,
    knowledge_cutoff: null,
    expiration_date: null,
    hugging_face_id: null,
    links: { details: `/api/v1/models/${id}/endpoints` },
    ...members
  }
}

/** What the test's OpenRouter answers; change it at will. */
export interface Side {
  models: readonly unknown[]
  /** Not 200: that status, whatever is asked of the catalog. */
  status: number
  etag: string | undefined
  /** Instead of the list. */
  body: string | undefined
  /** Endpoints are answered when this is resolved. */
  gate: Promise<void>
  /** The wall clock of the broker; undefined: the real one. */
  nowMs?: number
  /** By model id. */
  endpoints: Readonly<Record<string, unknown>>
}

export interface Staged extends TestGateway {
  readonly side: Side
  readonly provider: TestProvider
  /** Lets the time pass until the list is read the next time, and that it was. Resolves with the ms that passed. */
  tick (): Promise<number>
  /** Only the monotonic clock goes on; no reading becomes due. */
  pass (ms: number): void
  ids (): Promise<string[]>
  get (path: string): Promise<{ readonly status: number, readonly body: ReturnType<typeof JSON.parse> }>
}

const LENGTHS = [START_MS, EVERY_MS, AGAIN_MS]

export async function stageOpenRouter (
  t: Test, models: readonly unknown[], options: GatewayOptions = {}, given?: TestProvider
): Promise<Staged> {
  const side: Side = { models, status: 200, etag: undefined, body: undefined, endpoints: {}, gate: Promise.resolve() }
  const upstream = given ?? await provider(t, createAnswer(side))
  const { clock, tick, pass } = handClock(() => side.nowMs ?? systemClock.nowMs())
  const broker = await gateway(t, {
    clock,
    ...options,
    env: {
      OPENROUTER_API_KEY: 'sk-or-canary-0123456789',
      OPENROUTER_BASE_URL: upstream.url,
      AIBROKER_OPENROUTER_CATALOG: 'on',
      ...options.env
    }
  })
  const get = async (path: string) => {
    const response = await fetch(`${broker.origin}${path}`)
    return { status: response.status, body: JSON.parse(await response.text()) }
  }
  const ids = async () => (await get('/v1/models')).body.data.map(({ id }: Entry) => id)
  return { ...broker, side, provider: upstream, tick, pass, ids, get }
}

function createAnswer (side: Side): Parameters<typeof provider>[1] {
  const chat = chatJson()
  return async (call) => {
    const { request: { method, path, headers }, response } = call
    if (method === 'POST') return chat(call)
    const [, id] = /^\/v1\/models\/(.+)\/endpoints$/.exec(decodeURI(new URL(path, 'http://x').pathname)) ?? []
    if (id !== undefined) await side.gate
    const list = () => side.body ?? JSON.stringify({ data: side.models })
    if (side.status !== 200) response.writeHead(side.status).end('{}')
    else if (side.etag !== undefined && headers['if-none-match'] === side.etag) response.writeHead(304).end()
    else {
      response.writeHead(200, { 'content-type': 'application/json', ...side.etag !== undefined && { etag: side.etag } })
      response.end(id === undefined ? list() : JSON.stringify(side.endpoints[id] ?? {}))
    }
  }
}

/** The real clock, but for the waits between two readings of the list. */
function handClock (nowMs: () => number): { clock: Clock, tick: () => Promise<number>, pass: (ms: number) => void } {
  let aheadMs = 0
  let next: { delayMs: number, fn: () => void } | undefined
  let planned = () => {}
  const clock: Clock = {
    ...systemClock,
    nowMs,
    monotonicMs: () => systemClock.monotonicMs() + aheadMs,
    after (delayMs, fn) {
      if (!LENGTHS.includes(delayMs)) return systemClock.after(delayMs, fn)
      const mine = next = { delayMs, fn }
      planned()
      return () => { if (next === mine) next = undefined }
    }
  }
  const tick = async () => {
    const due = next
    if (!due) throw new Error('no reading is planned')
    const done = new Promise<void>((resolve) => { planned = resolve })
    due.fn()
    await done
    return due.delayMs
  }
  return { clock, tick, pass: (ms) => { aheadMs += ms } }
}
