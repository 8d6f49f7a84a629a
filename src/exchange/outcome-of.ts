// What a provider's answer or failure means, as one of the outcomes. A table of statuses, and words for people.

import { asObject, parseObject, type JsonObject, type JsonValue } from '../core/json.ts'
import type { Outcome } from '../core/outcome.ts'
import { textHeader } from './lanes.ts'
import { remedyOf } from './remedy.ts'
import type { UpstreamFailure, UpstreamHeaders } from './upstream.ts'

const LONGEST_REASON = 400
const LONGEST_WAIT_MS = 5 * 60_000

/** Statuses that are not the request's own fault although they are 4xx: another backend may well answer. */
const ELSEWHERE = new Set([408, 409, 425])
/** Not paid for, or not allowed: of our account or of this request, nobody can tell. */
const DECLINED = new Set([402, 403])
/** OpenAI and Groq, of one request above the tokens per minute: https://console.groq.com/docs/rate-limits */
const TOO_LARGE = /request too large/i

export function outcomeOfStatus (
  status: number, headers: UpstreamHeaders, { text, nowMs }: { text: string, nowMs: number }
): Outcome {
  const reason = wordsOf(text) || unspoken(status)
  if (status === 401) return { kind: 'unauthorised', status, reason }
  if (DECLINED.has(status)) return { kind: 'declined', status, reason }
  if (status === 429) return outcomeOfThrottle(reason, readRetryAfter(headers, nowMs))
  if (status >= 400 && status < 500 && !ELSEWHERE.has(status)) {
    const remedy = remedyOf(text, reason)
    return remedy ? { kind: 'refused', status, reason, remedy } : { kind: 'refused', status, reason }
  }
  return { kind: 'failed', status, reason }
}

/** The reason of an outcome whose provider told none. */
export function unspoken (status: number): string {
  return `answered ${status}`
}

/** More than the account may send at once is too much whenever it is sent: no rest of the credential would help. */
function outcomeOfThrottle (reason: string, retryAfterMs: number | undefined): Outcome {
  if (TOO_LARGE.test(reason)) return { kind: 'refused', status: 413, reason, remedy: 'other_backend' }
  return { kind: 'throttled', status: 429, retryAfterMs, reason }
}

export function outcomeOfFailure (failure: UpstreamFailure): Outcome {
  switch (failure.kind) {
    case 'unreachable': return { kind: 'unreachable', reason: failure.reason }
    case 'stalled': return { kind: 'stalled', afterMs: failure.afterMs, reason: failure.reason }
    case 'broken': return { kind: 'failed', status: 0, reason: failure.reason }
  }
}

/**
 * The wait a provider asks for, in ms: `retry-after-ms`, else `retry-after` as seconds or an HTTP date; at most five
 * minutes, so that an absurd value does not switch a backend off for good. Undefined: it did not say.
 */
export function readRetryAfter (headers: UpstreamHeaders, nowMs: number): number | undefined {
  const millis = Number(textHeader(headers, 'retry-after-ms') || NaN)
  if (millis >= 0) return Math.min(millis, LONGEST_WAIT_MS)
  const text = textHeader(headers, 'retry-after')
  if (text === '') return undefined
  const waitMs = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), LONGEST_WAIT_MS)
}

/**
 * A provider's error in one sentence, whatever its shape: OpenAI's `{error:{message}}`, `{error:"…"}`, `{message}`,
 * `{detail}` as text or list, `{fault}`, an array around any of these, or plain text. HTML says nothing useful.
 */
export function wordsOf (text: string): string {
  const parsed = parseObject(text) ?? firstItem(text)
  const words = parsed ? messageIn(parsed) : isMarkup(text) ? '' : text
  // eslint-disable-next-line no-control-regex -- a provider's text ends up in logs and terminals
  return (words ?? '').replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ').trim().slice(0, LONGEST_REASON)
}

function messageIn (value: JsonObject): string | undefined {
  for (const name of ['error', 'message', 'detail', 'fault']) {
    const found = readMessage(value[name])
    if (found !== undefined) return found
  }
  return undefined
}

function readMessage (value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return readMessage(value[0])
  const { message, msg, error, faultstring } = asObject(value) ?? {}
  const found = message ?? msg ?? faultstring
  if (typeof found === 'string') return found
  return error === undefined ? undefined : readMessage(error)
}

function firstItem (text: string): JsonObject | undefined {
  if (!text.trimStart().startsWith('[')) return undefined
  const list = parseObject(`{"list":${text}}`)?.['list']
  return Array.isArray(list) ? asObject(list[0]) : undefined
}

function isMarkup (text: string): boolean {
  return text.trimStart().startsWith('<')
}
