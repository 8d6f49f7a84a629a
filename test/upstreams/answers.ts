// Plain answers as providers give them.

import { gzipSync, createGzip, constants } from 'node:zlib'
import { parseObject, type JsonObject } from '../../src/core/json.ts'
import type { Answer, Call } from './provider.ts'

export const USAGE: JsonObject = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 }

type Headers = Readonly<Record<string, string>>

/** The model the request names; '' when it names none or is not JSON. */
export function modelOf ({ request }: Call): string {
  const model = parseObject(request.body)?.['model']
  return typeof model === 'string' ? model : ''
}

export function answerJson (value: unknown, code = 200, headers: Headers = {}): Answer {
  return ({ response }) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(value))
  }
}

export interface ChatJson {
  readonly content?: string
  /** null: the answer tells no usage. */
  readonly usage?: JsonObject | null
  /** Members over those of the answer. */
  readonly extra?: JsonObject
  readonly headers?: Headers
}

export function chatJson ({ content = 'Hello', usage = USAGE, extra = {}, headers = {} }: ChatJson = {}): Answer {
  return (call) => answerJson({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: modelOf(call),
    choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' }],
    ...usage ? { usage } : {},
    ...extra
  }, 200, headers)(call)
}

export interface EmbeddingsJson {
  readonly vectors?: readonly number[][]
  readonly usage?: JsonObject | null
}

/** Float32 of little-endian base64 when the request asks for it, as OpenAI does. */
export function embeddingsJson (
  { vectors = [[0.5, -0.25]], usage = { prompt_tokens: 4, total_tokens: 4 } }: EmbeddingsJson = {}
): Answer {
  return (call) => {
    const isBase64 = parseObject(call.request.body)?.['encoding_format'] === 'base64'
    const encode = (vector: number[]) =>
      isBase64 ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector
    return answerJson({
      object: 'list',
      data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: encode(vector) })),
      model: modelOf(call),
      ...usage ? { usage } : {}
    })(call)
  }
}

export function speechBytes (bytes: Buffer = Buffer.from('fffb14c0', 'hex'), contentType = 'audio/mpeg'): Answer {
  return ({ response }) => {
    response.writeHead(200, { 'content-type': contentType })
    response.end(bytes)
  }
}

export interface TranscriptionJson {
  readonly text?: string
  readonly usage?: JsonObject | null
  readonly extra?: JsonObject
}

export function transcriptionJson (
  { text = 'Hello', usage = { type: 'duration', seconds: 3 }, extra = {} }: TranscriptionJson = {}
): Answer {
  return answerJson({ text, ...usage ? { usage } : {}, ...extra })
}

/** Any status. A text body goes out as plain text, anything else as JSON; by default OpenAI's error envelope. */
export function status (code: number, body: unknown = errorOf(code), headers: Headers = {}): Answer {
  if (typeof body !== 'string') return answerJson(body, code, headers)
  return ({ response }) => {
    response.writeHead(code, { 'content-type': 'text/plain', ...headers })
    response.end(body)
  }
}

function errorOf (code: number): JsonObject {
  return { error: { message: `made up for a test: ${code}`, type: 'test_error', param: null, code: null } }
}

/** Compressed although nobody may have asked: whole, or event by event for a list of frames. */
export function gzipped (body: string | Buffer | readonly string[], contentType = 'application/json'): Answer {
  return async ({ response }) => {
    response.writeHead(200, { 'content-type': contentType, 'content-encoding': 'gzip' })
    if (typeof body === 'string' || Buffer.isBuffer(body)) {
      response.end(gzipSync(body))
      return
    }
    const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
    gzip.pipe(response)
    for (const frame of body) await new Promise((resolve) => { gzip.write(frame, resolve) })
    gzip.end()
  }
}
