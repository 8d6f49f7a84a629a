// Chat streams in the dialects of real providers: where each puts usage, reasoning, nulls and comments.
//
// The shapes are told by vendors' references and seen on the wire; texts, ids and numbers are made up. Every shape
// comes with what a reader must find in it, so a test can hold an answer against it.

import type { JsonObject } from '../../src/core/json.ts'
import { DONE_FRAME, frameOf } from './frames.ts'

export interface ShapeOptions {
  readonly model?: string
  readonly pieces?: readonly string[]
  /** Whether the request had `stream_options.include_usage`; matters to those that tell usage only then. */
  readonly isUsageAsked?: boolean
}

export interface ShapedStream {
  /** Whole events with their blank lines, comments and sentinel included. */
  readonly frames: readonly string[]
  readonly text: string
  readonly reasoning: string
  /** All input and all output tokens, reasoning included; undefined: the stream does not tell. */
  readonly tokens: { readonly input: number, readonly output: number } | undefined
  /** The usage object as told last, wherever it was. */
  readonly usage: JsonObject | undefined
}

export type Shape = (options?: ShapeOptions) => ShapedStream

const PIECES = ['Good', ' morning', ', Zoë 🌞', '!']
const REASONING = ['Greet', ' them.']
const USAGE = { prompt_tokens: 21, completion_tokens: 7, total_tokens: 28 }
const PREDICTION = { audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 }

interface Draft {
  readonly options: ShapeOptions
  readonly usage?: JsonObject | undefined
  readonly reasoning?: string
  /** Output tokens when `completion_tokens` is not all of them. */
  readonly output?: number
}

/** Frames from chunks, and what is to be found in them. */
function shaped (draft: Draft, frames: readonly string[]): ShapedStream {
  const { options, usage, reasoning = '', output } = draft
  const told = usage && {
    input: usage['prompt_tokens'] as number,
    output: output ?? usage['completion_tokens'] as number
  }
  return { frames: [...frames, DONE_FRAME], text: piecesOf(options).join(''), reasoning, tokens: told, usage }
}

function piecesOf ({ pieces = PIECES }: ShapeOptions): readonly string[] {
  return pieces
}

/** Writes chunks: the usual head, one choice, and whatever else the provider adds. */
function createWriter ({ model = 'test-model' }: ShapeOptions, head: JsonObject) {
  const base = { id: 'chatcmpl-7', object: 'chat.completion.chunk', created: 1_700_000_000, model, ...head }
  return {
    chunk: (delta: JsonObject, finish: string | null = null, more: JsonObject = {}) =>
      frameOf({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], ...more }),
    bare: (more: JsonObject) => frameOf({ ...base, choices: [], ...more })
  }
}

/** `usage: null` on every chunk when asked, then a chunk without choices. https://platform.openai.com/docs/api-reference/chat-streaming */
export const openai: Shape = (options = {}) => {
  const { isUsageAsked = true } = options
  const { chunk, bare } = createWriter(options, { service_tier: 'default', system_fingerprint: 'fp_1' })
  const nothing = isUsageAsked ? { usage: null } : {}
  const usage = {
    ...USAGE,
    prompt_tokens_details: { cached_tokens: 5, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 2, ...PREDICTION }
  }
  return shaped({ options, usage: isUsageAsked ? usage : undefined }, [
    chunk({ role: 'assistant', content: '', refusal: null }, null, { ...nothing, obfuscation: 'a1' }),
    ...piecesOf(options).map((content) => chunk({ content }, null, { ...nothing, obfuscation: 'b22' })),
    chunk({}, 'stop', nothing),
    ...isUsageAsked ? [bare({ usage })] : []
  ])
}

/** Usage always in `x_groq` of the last chunk, and in the usual place only when asked. https://console.groq.com/docs/api-reference */
export const groq: Shape = (options = {}) => {
  const { chunk, bare } = createWriter(options, { system_fingerprint: 'fp_groq' })
  const usage = { queue_time: 0.01, ...USAGE, prompt_time: 0.002, completion_time: 0.03, total_time: 0.032 }
  return shaped({ options, usage }, [
    chunk({ role: 'assistant', content: '' }, null, { x_groq: { id: 'req_1' } }),
    ...piecesOf(options).map((content) => chunk({ content })),
    chunk({}, 'stop', { x_groq: { id: 'req_1', usage } }),
    ...options.isUsageAsked ? [bare({ usage })] : []
  ])
}

/** Usage on the last content chunk; `completion_tokens` leaves the reasoning out. https://docs.x.ai/docs/api-reference */
export const xai: Shape = (options = {}) => {
  const { chunk } = createWriter(options, { system_fingerprint: 'fp_xai' })
  const usage = {
    prompt_tokens: 21,
    completion_tokens: 7,
    total_tokens: 58,
    prompt_tokens_details: { text_tokens: 21, audio_tokens: 0, image_tokens: 0, cached_tokens: 4 },
    completion_tokens_details: { reasoning_tokens: 30, ...PREDICTION },
    num_sources_used: 0
  }
  const pieces = piecesOf(options)
  return shaped({ options, usage, reasoning: REASONING.join(''), output: 37 }, [
    ...REASONING.map((text) => chunk({ role: 'assistant', reasoning_content: text })),
    ...pieces.map((content, index) => index < pieces.length - 1
      ? chunk({ role: 'assistant', content })
      : chunk({ role: 'assistant', content }, 'stop', { usage }))
  ])
}

/** Keep-alive comments, null content while it reasons, cache counts of its own. https://api-docs.deepseek.com/api/create-chat-completion */
export const deepseek: Shape = (options = {}) => {
  const { chunk } = createWriter(options, { system_fingerprint: 'fp_ds' })
  const usage = {
    ...USAGE,
    prompt_tokens_details: { cached_tokens: 16 },
    completion_tokens_details: { reasoning_tokens: 3 },
    prompt_cache_hit_tokens: 16,
    prompt_cache_miss_tokens: 5
  }
  return shaped({ options, usage, reasoning: REASONING.join('') }, [
    ': keep-alive\n\n',
    chunk({ role: 'assistant', content: null, reasoning_content: '' }, null, { usage: null }),
    ...REASONING.map((text) => chunk({ content: null, reasoning_content: text }, null, { usage: null })),
    ': keep-alive\n\n',
    ...piecesOf(options).map((content) => chunk({ content, reasoning_content: null }, null, { usage: null })),
    chunk({ content: '', reasoning_content: null }, 'stop', { usage })
  ])
}

/** Usage on the chunk that finishes. https://docs.mistral.ai/api */
export const mistral: Shape = (options = {}) => {
  const { chunk } = createWriter(options, {})
  const pieces = piecesOf(options)
  return shaped({ options, usage: USAGE }, [
    chunk({ role: 'assistant', content: '' }),
    ...pieces.map((content, index) => index < pieces.length - 1
      ? chunk({ content })
      : chunk({ content }, 'stop', { usage: USAGE }))
  ])
}

/** Comments while it waits, its own members, usage with cost always. https://openrouter.ai/docs/api/reference/streaming */
export const openrouter: Shape = (options = {}) => {
  const { model = 'test-model' } = options
  const base = {
    id: 'gen-1700000000-abcdefghijklmnopqrst',
    provider: 'OpenAI',
    model,
    object: 'chat.completion.chunk',
    created: 1_700_000_000
  }
  const chunk = (delta: JsonObject, finish: string | null = null) => frameOf({
    ...base, choices: [{ index: 0, delta, finish_reason: finish, native_finish_reason: finish, logprobs: null }]
  })
  const usage = {
    ...USAGE,
    cost: 0.000123,
    is_byok: false,
    prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0, audio_tokens: 0, video_tokens: 0 },
    cost_details: {
      upstream_inference_cost: null,
      upstream_inference_prompt_cost: 0.0001,
      upstream_inference_completions_cost: 0.000023
    },
    completion_tokens_details: { reasoning_tokens: 0, image_tokens: 0, audio_tokens: 0 }
  }
  return shaped({ options, usage }, [
    ': OPENROUTER PROCESSING\n\n',
    ': OPENROUTER PROCESSING\n\n',
    chunk({ role: 'assistant', content: '' }),
    ...piecesOf(options).map((content) => chunk({ role: 'assistant', content })),
    chunk({ role: 'assistant', content: '' }, 'stop'),
    frameOf({ ...base, choices: [], usage })
  ])
}

/** `continuous_usage_stats`: a growing usage in every chunk, of which only the last counts. https://docs.vllm.ai */
export const vllm: Shape = (options = {}) => {
  const { chunk, bare } = createWriter(options, {})
  const pieces = piecesOf(options)
  const usageAt = (completion: number) =>
    ({ prompt_tokens: 21, completion_tokens: completion, total_tokens: 21 + completion })
  const usage = usageAt(pieces.length)
  return shaped({ options, usage }, [
    chunk({ role: 'assistant', content: '', reasoning_content: null, tool_calls: null }, null, { usage: usageAt(0) }),
    ...pieces.map((content, index) => chunk({ content }, null, { usage: usageAt(index + 1) })),
    chunk({ content: '' }, 'stop', { stop_reason: null, usage }),
    bare({ usage })
  ])
}

/** `timings` at the end; usage beside them only when asked. https://github.com/ggml-org/llama.cpp/tree/master/tools/server */
export const llamaCpp: Shape = (options = {}) => {
  const { isUsageAsked = true } = options
  const { chunk, bare } = createWriter(options, { system_fingerprint: 'b6000' })
  const timings = { cache_n: 0, prompt_n: 21, prompt_ms: 12.5, predicted_n: 7, predicted_ms: 80.25 }
  return shaped({ options, usage: isUsageAsked ? USAGE : undefined }, [
    chunk({ role: 'assistant', content: null }),
    ...piecesOf(options).map((content) => chunk({ content })),
    chunk({}, 'stop', isUsageAsked ? {} : { timings }),
    ...isUsageAsked ? [bare({ usage: USAGE, timings })] : []
  ])
}

/** `choices: null` beside usage, and speeds in it. https://docs.sambanova.ai */
export const sambanova: Shape = (options = {}) => {
  const { chunk, bare } = createWriter(options, { system_fingerprint: 'fastcoe' })
  const speed = { time_to_first_token: 0.05, completion_tokens_per_sec: 400.5, total_latency: 0.07 }
  const usage = { ...USAGE, ...speed, is_last_response: true }
  return shaped({ options, usage }, [
    chunk({ role: 'assistant', content: '' }),
    ...piecesOf(options).map((content) => chunk({ content })),
    chunk({ content: '' }, 'stop'),
    bare({ choices: null, usage })
  ])
}

/** Two calls whose fragments take turns; id and name come once, arguments in pieces, split inside strings. */
export const toolCalls: Shape = (options = {}) => {
  const { chunk, bare } = createWriter(options, {})
  const start = (index: number, id: string, name: string) =>
    chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] })
  const part = (index: number, text: string) => chunk({ tool_calls: [{ index, function: { arguments: text } }] })
  return shaped({ options: { ...options, pieces: [] }, usage: USAGE }, [
    chunk({ role: 'assistant', content: null }),
    start(0, 'call_1', 'weather'),
    part(0, '{"ci'),
    start(1, 'call_2', 'time'),
    part(1, '{"zone":"Eur'),
    part(0, 'ty":"Zürich"}'),
    part(1, 'ope/Zurich"}'),
    chunk({}, 'tool_calls'),
    bare({ usage: USAGE })
  ])
}

/** The same stream with CRLF line ends. */
export function crlf (shape: Shape): Shape {
  return (options) => {
    const stream = shape(options)
    return { ...stream, frames: stream.frames.map((frame) => frame.replaceAll('\n', '\r\n')) }
  }
}

/** All that stream text, by provider. */
export const SHAPES = {
  openai, groq, xai, deepseek, mistral, openrouter, vllm, llamaCpp, sambanova, crlf: crlf(openai)
}
