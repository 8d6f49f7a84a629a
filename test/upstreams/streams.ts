// Streams of server-sent events: in order, one write an event, with a hook wherever a test wants to look or wait.

import { once } from 'node:events'
import { asObject, parseObject, type JsonObject } from '../../src/core/json.ts'
import { modelOf, USAGE } from './answers.ts'
import { DONE_FRAME, frameOf } from './frames.ts'
import type { Answer, Call } from './provider.ts'
import type { Shape, ShapeOptions } from './shapes.ts'

export interface StreamOptions {
  /** Awaited between two frames, with the number sent so far. */
  readonly gapBetween?: ((sent: number) => unknown) | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly contentType?: string
}

/** Sends frames as they are; stops when the caller hangs up. */
export function streamed (frames: readonly string[], options: StreamOptions = {}): Answer {
  const { gapBetween, headers = {}, contentType = 'text/event-stream' } = options
  return async (call) => {
    const { response } = call
    response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-cache', ...headers })
    response.flushHeaders()
    for (const [index, frame] of frames.entries()) {
      if (index > 0) await gapBetween?.(index)
      if (call.isGone) return
      if (!response.write(frame)) await drained(call)
    }
    response.end()
  }
}

async function drained ({ response }: Call): Promise<void> {
  const settled = new AbortController()
  const { signal } = settled
  // The loser is told to stop listening, and its rejection is of no interest.
  await Promise.race(['drain', 'close'].map((event) => once(response, event, { signal }).catch(() => {})))
  settled.abort()
}

export interface ChatSse extends StreamOptions {
  readonly pieces?: readonly string[]
  /** Sent only when the request asks for it, as OpenAI does. null: not even then. */
  readonly usage?: JsonObject | null
  /** false: no sentinel, though the stream is complete and its HTTP end is clean. */
  readonly done?: boolean
}

/** A chat stream: role, one frame a piece, the finish, usage when asked, the sentinel. */
export function chatSse ({ pieces = ['Hel', 'lo'], usage = USAGE, done = true, ...options }: ChatSse = {}): Answer {
  return (call) => {
    const chunk = (choices: JsonObject[], more: JsonObject = {}) => frameOf(chunkOf(modelOf(call), choices, more))
    const choice = (delta: JsonObject, finish: string | null = null) => [{ index: 0, delta, finish_reason: finish }]
    return streamed([
      chunk(choice({ role: 'assistant', content: '' })),
      ...pieces.map((content) => chunk(choice({ content }))),
      chunk(choice({}, 'stop')),
      ...usage && asksUsage(call) ? [chunk([], { usage })] : [],
      ...done ? [DONE_FRAME] : []
    ], options)(call)
  }
}

function chunkOf (model: string, choices: JsonObject[], more: JsonObject): JsonObject {
  return { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model, choices, ...more }
}

function asksUsage ({ request }: Call): boolean {
  return asObject(parseObject(request.body)?.['stream_options'])?.['include_usage'] === true
}

/** The stream of a shape for the model and the usage the request asks for. */
export function recorded (shape: Shape, options: StreamOptions & ShapeOptions = {}): Answer {
  return (call) => {
    const { frames } = shape({ model: modelOf(call), isUsageAsked: asksUsage(call), ...options })
    return streamed(frames, options)(call)
  }
}

export interface ErrorInStream extends StreamOptions {
  /** Content before the error; none by default. */
  readonly pieces?: readonly string[]
  readonly error?: JsonObject
}

/** A stream that turns into an error event and ends there, with a clean HTTP end. */
export function errorInStream ({ pieces = [], error, ...options }: ErrorInStream = {}): Answer {
  const event = error ?? { message: 'The model is overloaded', type: 'server_error', code: 503 }
  return (call) => streamed([
    ...pieces.map((content) => frameOf(
      chunkOf(modelOf(call), [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }], {}))),
    frameOf({ error: event })
  ], options)(call)
}

/** Sends role and first piece at once, and everything else when the promise has resolved. */
export function slowEventsUntil (promise: Promise<unknown>, options: ChatSse = {}): Answer {
  const FIRST_FRAMES = 2
  return chatSse({ ...options, gapBetween: (sent) => sent === FIRST_FRAMES ? promise : undefined })
}
