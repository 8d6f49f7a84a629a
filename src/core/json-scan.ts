// JSON as structure: where members, items and values begin and end in its bytes, with nothing decoded but names.

/** A member of an object: byte offsets of its name (opening quote) and of its value. */
export interface Member {
  readonly name: string
  readonly nameStart: number
  readonly valueStart: number
  /** One past the last byte of the value. */
  readonly valueEnd: number
}

/** Deeper bodies are refused: parsing survives them, but everything after it (copy, stringify) does not. */
const DEEPEST = 128
/** More are refused before anything is parsed: 9 million empty objects in 27 MB kept the process busy for 10 s. */
export const MOST_VALUES = 500_000
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
export const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** What is wrong with the bytes, in words for the client. */
export class JsonError extends Error {}

/** How many values may still come. */
export interface Allowance { left: number }

/** For answers: more than any buffer holds, and still a small integer to V8. */
function unbounded (): Allowance {
  return { left: 0x3fffffff }
}

/**
 * Members of the object whose opening brace is at `start`. Follows structure only: scalars are not validated.
 * @throws JsonError when the object does not end or is nested too deeply.
 */
export function membersOf (bytes: Buffer, start: number): Member[] {
  return named(bytes, spansOf(bytes, start, unbounded()))
}

/** @throws JsonError */
export function named (bytes: Buffer, spans: Span[]): Member[] {
  for (const span of spans) span.name = nameOf(bytes, span.nameStart)
  return spans
}

/** A member whose name was not read yet. */
export interface Span extends Member { name: string }

/** @throws JsonError also when the object has more values than `allowance` leaves. */
export function spansOf (bytes: Buffer, start: number, allowance: Allowance): Span[] {
  const spans: Span[] = []
  let at = skipSpace(bytes, start + 1)
  if (bytes[at] === CLOSE_BRACE) return spans
  for (;;) {
    if (bytes[at] !== QUOTE) throw new JsonError(`a member name is missing at position ${at}`)
    const nameStart = at
    at = skipSpace(bytes, skipString(bytes, at))
    if (bytes[at] !== COLON) throw new JsonError(`":" is missing at position ${at}`)
    const valueStart = skipSpace(bytes, at + 1)
    if (--allowance.left < 0) throw tooManyValues()
    const valueEnd = skipValue(bytes, valueStart, allowance)
    spans.push({ name: '', nameStart, valueStart, valueEnd })
    at = skipSpace(bytes, valueEnd)
    if (bytes[at] === CLOSE_BRACE) return spans
    if (bytes[at] !== COMMA) throw new JsonError(`"," or "}" is missing at position ${at}`)
    at = skipSpace(bytes, at + 1)
  }
}

/** Byte ranges of the items of the array whose opening bracket is at `start`. */
export function itemsOf (bytes: Buffer, start: number): Array<{ start: number, end: number }> {
  const items: Array<{ start: number, end: number }> = []
  let at = skipSpace(bytes, start + 1)
  if (bytes[at] === CLOSE_BRACKET) return items
  for (;;) {
    const end = skipValue(bytes, at)
    items.push({ start: at, end })
    at = skipSpace(bytes, end)
    if (bytes[at] === CLOSE_BRACKET) return items
    if (bytes[at] !== COMMA) throw new JsonError(`"," or "]" is missing at position ${at}`)
    at = skipSpace(bytes, at + 1)
  }
}

/** The name whose opening quote is at `start`. */
function nameOf (bytes: Buffer, start: number): string {
  let end = start + 1
  for (let byte = bytes[end]; byte !== QUOTE; byte = bytes[++end]) {
    if (byte === undefined || byte === BACKSLASH || byte < 0x20 || byte > 0x7e) return decodedName(bytes, start)
  }
  return bytes.toString('latin1', start + 1, end)
}

function decodedName (bytes: Buffer, start: number): string {
  try {
    return JSON.parse(bytes.toString('utf8', start, skipString(bytes, start))) as string
  } catch {
    throw new JsonError(`a member name is not a valid string at position ${start}`)
  }
}

export function skipSpace (bytes: Buffer, at: number): number {
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at++
  return at
}

/** One past the end of the value at `at`. The values inside it are taken off the allowance. */
export function skipValue (bytes: Buffer, at: number, allowance: Allowance = unbounded()): number {
  const first = bytes[at]
  if (first === QUOTE) return skipString(bytes, at)
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return skipNested(bytes, at, allowance)
  const start = at
  while (at < bytes.length && !isDelimiter(bytes[at] as number)) at++
  if (at === start) throw new JsonError(at >= bytes.length ? 'it ends too early' : `a value is missing at position ${at}`)
  return at
}

/** What a byte means outside of strings. One flag per byte value: a look-up costs less than six comparisons. */
const STRUCTURE = new Uint8Array(256)
const STRING = 1
const OPEN = 2
const CLOSE = 3
const NEXT = 4
STRUCTURE[QUOTE] = STRING
STRUCTURE[OPEN_BRACE] = STRUCTURE[OPEN_BRACKET] = OPEN
STRUCTURE[CLOSE_BRACE] = STRUCTURE[CLOSE_BRACKET] = CLOSE
STRUCTURE[COMMA] = NEXT

/** Every value stands behind an opening bracket or a comma, so counting those bounds the values from above. */
function skipNested (bytes: Buffer, at: number, allowance: Allowance): number {
  let depth = 1 // the object around this value
  while (at < bytes.length) {
    const kind = STRUCTURE[bytes[at] as number]
    if (kind === STRING) {
      at = skipString(bytes, at)
      continue
    }
    at++
    if (kind === CLOSE && --depth === 1) return at
    if (kind !== OPEN && kind !== NEXT) continue
    if (kind === OPEN && ++depth > DEEPEST) throw new JsonError(`it is nested deeper than ${DEEPEST}`)
    if (--allowance.left < 0) throw tooManyValues()
  }
  throw new JsonError('it ends too early')
}

function tooManyValues (): JsonError {
  return new JsonError(`it has more than ${MOST_VALUES} values`)
}

/** Bytes tried one by one before the native search takes over: most strings are shorter than a call into it costs. */
const SHORT_STRING = 48

function skipString (bytes: Buffer, start: number): number {
  let at = start + 1
  const nearEnd = Math.min(at + SHORT_STRING, bytes.length)
  while (at < nearEnd) {
    const byte = bytes[at]
    if (byte === QUOTE) return at + 1
    at += byte === BACKSLASH ? 2 : 1
  }
  for (;;) {
    const quote = bytes.indexOf(QUOTE, at)
    if (quote === -1) throw new JsonError('a string does not end')
    if (!isEscaped(bytes, quote, at)) return quote + 1
    at = quote + 1
  }
}

/** Whether the quote is escaped: an odd run of backslashes before it, counted no further back than `from`. */
function isEscaped (bytes: Buffer, quote: number, from: number): boolean {
  let at = quote
  while (at > from && bytes[at - 1] === BACKSLASH) at--
  return (quote - at) % 2 === 1
}

/** One flag per byte value: a table look-up costs less than ten comparisons on the hot path. */
const DELIMITERS = new Uint8Array(256)
for (const byte of Buffer.from(',:"{}[] \n\r\t')) DELIMITERS[byte] = 1

function isDelimiter (byte: number): boolean {
  return DELIMITERS[byte] === 1
}
