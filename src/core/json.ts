// JSON as bytes: where the members of an object are, so that one value can change and every other byte stays.
//
// `JSON.parse` + `JSON.stringify` changes big integers, key order, duplicate keys and number spelling; a provider's
// prompt cache and signatures break on that. So bodies are parsed once for reading and spliced for writing.

import { isUtf8 } from 'node:buffer'
import { JsonError, MOST_VALUES, named, OPEN_BRACE, skipSpace, spansOf, type Member, type Span } from './json-scan.ts'

export { itemsOf, JsonError, membersOf, skipSpace, skipValue, type Member } from './json-scan.ts'

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject
export interface JsonObject { [name: string]: JsonValue | undefined }

export interface JsonBody {
  readonly bytes: Buffer
  readonly value: JsonObject
  readonly members: readonly Member[]
}

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
