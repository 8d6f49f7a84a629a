// Signatures of thinking: Anthropic's own pass, all others travel in one of ours, which only we read back.
//
// DESIGN. Clients of Anthropic send thinking back with its signature, byte for byte, and have no place for what other
// providers sign with (an id, a format, encrypted data). So our signature is a mark, and behind it the item of
// `reasoning_details` without its words; it comes apart again here, so a provider gets its own item back and never
// sees our mark. A mark alone signs words that nobody signed. Theirs is base64, which has no colon.
// https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks

import type { JsonObject } from '../../core/json.ts'
import { openSealed } from '../sealed-json.ts'

const MARK = 'aibroker:'
export const ANTHROPIC_FORMAT = 'anthropic-claude-v1'
const NO_FORMAT: readonly unknown[] = [undefined, null, 'unknown']
const OF_REASONING = /^reasoning\.(text|summary|encrypted)$/

/** `detail`: an item of `reasoning_details` without its words. */
export function signatureOf (detail: JsonObject): string {
  const { type, format, signature, id } = detail
  const isText = type === 'reasoning.text'
  if (isText && format === ANTHROPIC_FORMAT && typeof signature === 'string') return signature
  const isBare = isText && NO_FORMAT.includes(format) && typeof signature !== 'string' && typeof id !== 'string'
  return isBare ? MARK : MARK + sealed(detail)
}

/** `data` of a redacted block, for an item that is encrypted. */
export function redactionOf (detail: JsonObject): string {
  const { format, data, id } = detail
  return format === ANTHROPIC_FORMAT && typeof data === 'string' && typeof id !== 'string' ? data : MARK + sealed(detail)
}

/** The item that these words belong to; undefined: nobody signed them. */
export function detailOf (words: string, signature: string): JsonObject | undefined {
  if (signature === '' || signature === MARK) return undefined
  if (!signature.startsWith(MARK)) return { type: 'reasoning.text', text: words, signature, format: ANTHROPIC_FORMAT }
  const detail = opened(signature)
  return detail && { ...detail, [detail['type'] === 'reasoning.summary' ? 'summary' : 'text']: words }
}

/** The item of a redacted block; undefined: it is none that we made, and marked all the same. */
export function redactedDetailOf (data: string): JsonObject | undefined {
  return data.startsWith(MARK) ? opened(data) : { type: 'reasoning.encrypted', data, format: ANTHROPIC_FORMAT }
}

function sealed (detail: JsonObject): string {
  return Buffer.from(JSON.stringify(detail)).toString('base64url')
}

function opened (text: string): JsonObject | undefined {
  const detail = openSealed(text.slice(MARK.length))
  return detail && OF_REASONING.test(String(detail['type'])) ? detail : undefined
}
