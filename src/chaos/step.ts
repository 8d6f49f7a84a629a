// What a chaos provider can do with one request, as plain values; a play is a list of them.

import type { JsonObject } from '../core/json.ts'

/** A header's value: text as it goes out, or an HTTP date so many ms after the clock's now. */
export type HeaderValue = string | { readonly dateAfterMs: number }

/** In the order they go out; a name may come twice. */
export type HeaderLines = ReadonlyArray<readonly [name: string, value: HeaderValue]>

/**
 * How the body's end is told. `length`: a content-length that is right if nothing else goes wrong. `chunked`: a chunk
 * per event. `close`: by closing the connection. `none`: no header about it is added and bytes go out as they are.
 */
export type Framing = 'length' | 'chunked' | 'close' | 'none'

export type Step =
  /** Status line and headers; without it a fitting one goes out before the first byte of a body. */
  | { readonly do: 'head', readonly status: number, readonly headers: HeaderLines, readonly framing: Framing | undefined }
  /** A whole answer of its own: OpenAI's error envelope, or `text` with a content type of its own. */
  | {
    readonly do: 'status'
    readonly status: number
    readonly headers: HeaderLines
    readonly error: JsonObject | undefined
    readonly text: string | undefined
  }
  /** The next events of the answer (of a plain answer: pieces of its JSON), `everyMs` apart. */
  | { readonly do: 'events', readonly count: number, readonly everyMs: number }
  /** Events until so many tokens of text have been sent in all. */
  | { readonly do: 'tokens', readonly upTo: number, readonly everyMs: number, readonly jitterMs: number }
  /** An event that is not part of the answer: members over those of a chunk, or text behind `data: `. */
  | { readonly do: 'event', readonly value: JsonObject | string }
  /** Bytes of the body, framed like the rest; latin1, so that any byte can be said. */
  | { readonly do: 'body', readonly bytes: string, readonly times: number }
  /** Random bytes of the body. */
  | { readonly do: 'garbage', readonly bytes: number }
  /** A body that inflates to so many bytes of spaces; the head must name the coding. */
  | { readonly do: 'bomb', readonly coding: 'gzip' | 'br', readonly bytes: number }
  /** The part of the next event before the given share of its bytes. */
  | { readonly do: 'part', readonly share: number }
  /** Bytes of the connection, below any framing; latin1. */
  | { readonly do: 'raw', readonly bytes: string, readonly times: number }
  | { readonly do: 'wait', readonly ms: number, readonly jitterMs: number }
  /** Nothing more, with the connection open, until the caller hangs up. */
  | { readonly do: 'silence' }
  /** `reset` throws away what the caller has not read; `fin` lets it read everything and then closes. */
  | { readonly do: 'cut', readonly by: 'reset' | 'fin' }
  /** The end of the body as the framing has it. */
  | { readonly do: 'end' }
  /** Everything that is left of the answer, and its end. */
  | { readonly do: 'rest' }

export type StepKind = Step['do']
export type StepOf<Kind extends StepKind> = Extract<Step, { readonly do: Kind }>

export function head (status: number, headers: HeaderLines = [], framing?: Framing): Step {
  return { do: 'head', status, headers, framing }
}

/** @param error members over those of OpenAI's error: message, type, param, code. */
export function status (status: number, error: JsonObject = {}, headers: HeaderLines = []): Step {
  return { do: 'status', status, headers, error, text: undefined }
}

export function text (status: number, text: string, headers: HeaderLines = []): Step {
  return { do: 'status', status, headers, error: undefined, text }
}

export function events (count: number, everyMs = 0): Step {
  return { do: 'events', count, everyMs }
}

export function tokens (upTo: number, everyMs = 0, jitterMs = 0): Step {
  return { do: 'tokens', upTo, everyMs, jitterMs }
}

export function event (value: JsonObject | string): Step {
  return { do: 'event', value }
}

export function body (bytes: string, times = 1): Step {
  return { do: 'body', bytes, times }
}

export function garbage (bytes: number): Step {
  return { do: 'garbage', bytes }
}

export function bomb (coding: 'gzip' | 'br', bytes: number): Step {
  return { do: 'bomb', coding, bytes }
}

export function part (share: number): Step {
  return { do: 'part', share }
}

export function raw (bytes: string, times = 1): Step {
  return { do: 'raw', bytes, times }
}

export function wait (ms: number, jitterMs = 0): Step {
  return { do: 'wait', ms, jitterMs }
}

export function cut (by: 'reset' | 'fin'): Step {
  return { do: 'cut', by }
}

export const silence: Step = { do: 'silence' }
export const end: Step = { do: 'end' }
export const rest: Step = { do: 'rest' }
