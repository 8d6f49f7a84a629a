// Drops `null` members that strict clients reject where the member should be absent, by their bytes alone.

/** Measured against @openrouter/sdk and @openrouter/ai-sdk-provider: each of these as null throws or loses text. */
const REJECTED = new Set(['usage', 'system_fingerprint', 'tool_calls', 'reasoning_details', 'role', 'images', 'audio'])

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const SPACE = 0x20
const NULL_LENGTH = 4

/**
 * The text (latin1: one character a byte) without rejected null members, each with one comma. Gives the same string
 * back when there is nothing to drop. `\"` inside JSON strings never matches: the name would end in a backslash.
 */
export function cutNulls (text: string): string {
  let out = ''
  let from = 0
  for (let at = text.indexOf('null'); at !== -1; at = text.indexOf('null', at + NULL_LENGTH)) {
    const name = memberStart(text, at)
    if (name === -1) continue
    const [start, end] = withComma(text, { name, end: at + NULL_LENGTH, from })
    out += text.slice(from, start)
    from = end
  }
  return from === 0 ? text : out + text.slice(from)
}

/** Position of the opening quote of a rejected member whose null is at `at`, or -1. */
function memberStart (text: string, at: number): number {
  const colon = skipSpacesBack(text, at - 1)
  if (text.charCodeAt(colon) !== COLON) return -1
  const close = skipSpacesBack(text, colon - 1)
  if (text.charCodeAt(close) !== QUOTE) return -1
  const open = text.lastIndexOf('"', close - 1)
  return REJECTED.has(text.slice(open + 1, close)) ? open : -1
}

/** The range to cut. A comma before `from` went with the member before, so this one takes the comma behind it. */
function withComma (
  text: string, { name: start, end, from }: { name: number, end: number, from: number }
): [number, number] {
  const before = skipSpacesBack(text, start - 1)
  if (before >= from && text.charCodeAt(before) === COMMA) return [before, end]
  let after = end
  while (text.charCodeAt(after) === SPACE) after++
  if (text.charCodeAt(after) !== COMMA) return [start, end]
  after++
  while (text.charCodeAt(after) === SPACE) after++
  return [start, after]
}

function skipSpacesBack (text: string, at: number): number {
  while (text.charCodeAt(at) === SPACE) at--
  return at
}
