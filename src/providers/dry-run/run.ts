// One dry run: what was asked, what would have happened, and the parts every answer is made of.

import type { JsonObject, JsonValue } from '../../core/json.ts'

/** The call a real run would make. Holds no secret: `secretSource` says where one would come from. */
export interface Forward {
  readonly provider: string
  readonly url: string
  readonly path: string
  /** `env:OPENAI_API_KEY`, `key file`, `none` … */
  readonly secretSource: string
  readonly wouldAttachBearerToken: boolean
}

export interface DryRun {
  /** The parsed JSON body, or the fields of the form. */
  readonly request: JsonObject
  readonly bodyBytes: number
  readonly model: string
  /** Unique within the process; the prefix (`chatcmpl-`, `modr-`) is the answer's. */
  readonly id: string
  /** Unix seconds. */
  readonly createdS: number
  /** The text of every answer that has one; begins with `[dry run]`. */
  readonly note: string
  /** Members that say what this is: ok, mode, forward, request. */
  readonly marks: JsonObject
}

export interface Answer {
  readonly status: number
  readonly contentType: string
  /** One per network chunk: an event of a stream, or the whole body. */
  readonly chunks: readonly Buffer[]
}

/** A larger body is not repeated in the answer: readers of streams bound the size of one event. */
const LONGEST_ECHO_BYTES = 4 * 1024 * 1024

/** @param request the body as parsed; what a program sent is shown back to it. */
export function marksOf (forward: Forward, request: JsonObject, bodyBytes: number): JsonObject {
  return {
    ok: true,
    mode: 'dry_run',
    forward: {
      url: forward.url,
      path: forward.path,
      secret_source: forward.secretSource,
      would_attach_bearer_token: forward.wouldAttachBearerToken
    },
    request: isTooLong(request, bodyBytes) ? { omitted_bytes: bodyBytes } : request
  }
}

/** The body alone does not tell: of a form with a large file little is left to show. */
function isTooLong (request: JsonObject, bodyBytes: number): boolean {
  return bodyBytes > LONGEST_ECHO_BYTES && JSON.stringify(request).length > LONGEST_ECHO_BYTES
}

export function noteOf (forward: Forward, model: string): string {
  return `[dry run] Nothing was sent. A real run would ask ${forward.provider} for ${model || 'no model'} ` +
    `at ${forward.url}.`
}

/** Tokens, roughly: a token of English is about four bytes. */
export function roughTokens (bytes: number): number {
  return Math.ceil(bytes / 4)
}

/** OpenAI's usage for text. `is_estimated` because nobody counted tokens here. */
export function usageOf (run: DryRun, outputBytes: number): JsonObject {
  const prompt = roughTokens(run.bodyBytes)
  const completion = roughTokens(outputBytes)
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
    is_estimated: true
  }
}

export function json (value: JsonObject, status = 200): Answer {
  return { status, contentType: 'application/json', chunks: [Buffer.from(JSON.stringify(value))] }
}

/** Server-sent events with the sentinel at the end. */
export function events (values: readonly JsonObject[]): Answer {
  const chunks = values.map((value) => Buffer.from(`data: ${JSON.stringify(value)}\n\n`))
  return { status: 200, contentType: 'text/event-stream', chunks: [...chunks, Buffer.from('data: [DONE]\n\n')] }
}

/** A refusal as a provider words it. */
export function refusal (message: string, param: string): Answer {
  return json({ error: { message: `[dry run] ${message}`, type: 'invalid_request_error', param, code: 'invalid_value' } }, 400)
}

/** A whole number from 1 to `largest`; anything else counts as 1 or as `largest`. */
export function countOf (value: JsonValue | undefined, largest: number): number {
  return typeof value === 'number' && value >= 1 ? Math.min(Math.floor(value), largest) : 1
}

/** The text in pieces as a model would send them: a word at a time, its space included. */
export function piecesOf (text: string): string[] {
  return text.match(/\S+\s*/g) ?? [text]
}
