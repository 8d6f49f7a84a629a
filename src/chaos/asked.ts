// What a request asks of a chaos provider, read leniently: only its play refuses anything.

import { createHash } from 'node:crypto'
import { asObject, parseObject, type JsonObject, type JsonValue } from '../core/json.ts'
import type { RequestHead } from './request-reader.ts'

const PREFIX = 'chaos/'

export interface Asked {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly headers: ReadonlyMap<string, string>
  /** '' when the body names none. */
  readonly model: string
  readonly isStream: boolean
  readonly isUsageAsked: boolean
  /** Text of the last message when it is the assistant's; undefined otherwise. */
  readonly prefix: string | undefined
  /** Words in the messages, at least one: prompt tokens that a test can count. */
  readonly promptTokens: number
  readonly bodyBytes: number
  /** Of the body's bytes, in hex. */
  readonly bodySha256: string
  /** The body parsed; undefined when it is no JSON object. */
  readonly json: JsonObject | undefined
}

export function readAsked (head: RequestHead, body: Buffer): Asked {
  const json = parseObject(body.toString('utf8'))
  const messages = listOf(json?.['messages']).map(asObject)
  const last = messages.at(-1)
  return {
    method: head.method,
    path: head.path.replace(/\?.*$/, ''),
    headers: head.headers,
    model: textOf(json?.['model']),
    isStream: json?.['stream'] === true,
    isUsageAsked: asObject(json?.['stream_options'])?.['include_usage'] === true,
    prefix: last?.['role'] === 'assistant' ? contentOf(last) : undefined,
    promptTokens: Math.max(1, messages.map(contentOf).join(' ').split(/\s+/).filter((word) => word !== '').length),
    bodyBytes: body.length,
    bodySha256: createHash('sha256').update(body).digest('hex'),
    json
  }
}

/** The play that a model name asks for: `chaos/mute` is `mute`; undefined: the name leaves it to the server. */
export function playNamed (model: string): string | undefined {
  return model.startsWith(PREFIX) ? model.slice(PREFIX.length) : undefined
}

/** The model name that asks for a play. */
export function modelNamed (play: string): string {
  return PREFIX + play
}

/** A message's content: text, or the text of its parts. */
function contentOf (message: JsonObject | undefined): string {
  const content = message?.['content']
  if (typeof content === 'string') return content
  return listOf(content).map((part) => textOf(asObject(part)?.['text'])).join('')
}

function listOf (value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : []
}

function textOf (value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
