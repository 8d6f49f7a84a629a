// JSON as bytes: where the members of an object are, so that one value can change and every other byte stays.
//
// `JSON.parse` + `JSON.stringify` changes big integers, key order, duplicate keys and number spelling; a provider's
// prompt cache and signatures break on that. So bodies are parsed once for reading and spliced for writing.

import { isUtf8 } from 'node:buffer'

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject
export interface JsonObject { [name: string]: JsonValue | undefined }

/** A member of an object: byte offsets of its name (opening quote) and of its value. */
export interface Member {
  readonly name: string
  readonly nameStart: number
  readonly valueStart: number
  /** One past the last byte of the value. */
  readonly valueEnd: number
}

export interface JsonBody {
  readonly bytes: Buffer
  readonly value: JsonObject
  readonly members: readonly Member[]
}

/** Deeper bodies are refused: parsing survives them, but everything after it (copy, stringify) does not. */
const DEEPEST = 128
/** More are refused before anything is parsed: 9 million empty objects in 27 MB kept the process busy for 10 s. */
const MOST_VALUES = 500_000
const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** What is wrong with the bytes, in words for the client. */
export class JsonError extends Error {}

/**
 * Reads a whole JSON object: valid UTF-8, valid JSON, no deeper than 128, at most 500,000 values, no member name twice
 * at the top (in whatever case), no `__proto__`. What we judged is then exactly what a provider will read.
 * @throws JsonError
 */
export function readJsonObject (bytes: Buffer): JsonBody {
  if (!isUtf8(bytes)) throw new JsonError('it is not valid UTF-8')
  const start = skipSpace(bytes, 0)
  if (bytes[start] !== OPEN_BRACE) throw new JsonError(bytes.length === 0 ? 'it is empty' : 'it is not an object')
  const spans = spansOf(bytes, start, { left: MOST_VALUES })
  const value = parse(bytes.toString('utf8'))
  return { bytes, value, members: plainlyNamed(spans, value) ?? withoutDuplicates(named(bytes, spans)) }
}

/**
 * Names are taken from the parsed object where they are known to come in the order of the text: none is a number, and
 * as many were parsed as were found, so none is there twice. Undefined: the names themselves have to be looked at.
 */
function plainlyNamed (spans: Span[], value: JsonObject): readonly Member[] | undefined {
  const names = Object.keys(value)
  if (names.length !== spans.length || !names.every(isPlainName)) return undefined
  for (let at = 0; at < spans.length; at++) (spans[at] as Span).name = names[at] as string
  return spans
}

/** @throws JsonError */
function named (bytes: Buffer, spans: Span[]): Member[] {
  for (const span of spans) span.name = nameOf(bytes, span.nameStart)
  return spans
}

/** Parses text that should be an object; undefined when it is anything else. For answers, where we only observe. */
export function parseObject (text: string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(text) as JsonValue)
  } catch {
    return undefined // Not JSON: the caller decides what a broken answer means.
  }
}

export function asObject (value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}

function parse (text: string): JsonObject {
  try {
    return JSON.parse(text) as JsonObject
  } catch (error) {
    // V8 quotes the text around the mistake; a prompt does not belong into errors and logs.
    const position = /position \d+( \(line \d+ column \d+\))?/.exec((error as Error).message)
    throw new JsonError(position ? `syntax error at ${position[0]}` : 'it ends too early')
  }
}

function withoutDuplicates (members: readonly Member[]): readonly Member[] {
  const seen = new Set<string>()
  for (const { name } of members) {
    if (name === '__proto__') throw new JsonError('a member named "__proto__" is not accepted')
    // Two parsers may pick different ones, and servers in Go also take `Model` for `model`: we would judge one request
    // and the provider answer another.
    const folded = PLAIN_NAME.test(name) ? name : foldCase(name)
    if (seen.has(folded)) throw new JsonError(`"${name.slice(0, 64)}" is there twice, in this or another case`)
    seen.add(folded)
  }
  return members
}

const PLAIN_NAME = /^[a-z0-9_]*$/

/** Lower case, and no number: JavaScript puts those first. */
function isPlainName (name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at)
    const isLetter = (code >= 0x61 && code <= 0x7a) || code === 0x5f
    if (!isLetter && (at === 0 || code < 0x30 || code > 0x39)) return false
  }
  return name !== '__proto__'
}

/** Through both cases, because some letters meet only there: the long s and the Kelvin sign are an s and a k. */
function foldCase (name: string): string {
  return name.toUpperCase().toLowerCase()
}

/** How many values may still come. */
interface Allowance { left: number }

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

/** A member whose name was not read yet. */
interface Span extends Member { name: string }

/** @throws JsonError also when the object has more values than `allowance` leaves. */
function spansOf (bytes: Buffer, start: number, allowance: Allowance): Span[] {
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
