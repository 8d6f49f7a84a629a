// JSON text without the space between its words: what two spellings of one body have in common.

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACES: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d])

/** A copy of JSON that was read already. Strings, numbers and the order of members stay. */
export function withoutSpace (json: Buffer): Buffer {
  const out = Buffer.allocUnsafe(json.length)
  let length = 0
  let isString = false
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number
    if (!isString && SPACES.has(byte)) continue
    out[length++] = byte
    if (byte === QUOTE) isString = !isString
    else if (isString && byte === BACKSLASH) out[length++] = json[++at] as number
  }
  return out.subarray(0, length)
}
