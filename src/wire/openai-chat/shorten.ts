// Messages whose texts lose their middle, the longest one first, until so many bytes are gone.

import { asObject, type JsonValue } from '../../core/json.ts'

const GAP = '\n[…]\n'
/** A text is not cut below this: it would say nothing any more. */
const SHORTEST_BYTES = 256

/** A text of a message: the whole content, or part `part` of it. */
interface Place {
  readonly message: number
  readonly part: number | undefined
  text: string
}

/** Other members stay as they are; where all texts are short already, too many bytes stay. */
export function shortened (messages: readonly JsonValue[], excessBytes: number): readonly JsonValue[] {
  const places = messages.flatMap(textsOf)
  let leftBytes = excessBytes
  for (const place of places.toSorted((one, other) => other.text.length - one.text.length)) {
    if (leftBytes <= 0) break
    const before = Buffer.byteLength(place.text)
    place.text = cut(place.text, Math.max(SHORTEST_BYTES, before - leftBytes))
    leftBytes -= before - Buffer.byteLength(place.text)
  }
  return messages.map((message, at) => withTexts(message, places.filter((place) => place.message === at)))
}

function textsOf (message: JsonValue, at: number): Place[] {
  const content = asObject(message)?.['content']
  if (typeof content === 'string') return [{ message: at, part: undefined, text: content }]
  if (!Array.isArray(content)) return []
  return content.flatMap((part, index) => {
    const text = asObject(part)?.['text']
    return typeof text === 'string' ? [{ message: at, part: index, text }] : []
  })
}

function withTexts (message: JsonValue, places: readonly Place[]): JsonValue {
  const told = asObject(message)
  if (!told || places.length === 0) return message
  const [first] = places
  if (first?.part === undefined) return { ...told, content: first?.text ?? '' }
  const content = (told['content'] as JsonValue[]).map((part, at) => {
    const place = places.find(({ part }) => part === at)
    return place ? { ...asObject(part), text: place.text } : part
  })
  return { ...told, content }
}

/** Both ends of a text, as long as each other; at most `mostBytes` where it is longer than that. */
function cut (text: string, mostBytes: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= mostBytes) return text
  const half = Math.floor((mostBytes - Buffer.byteLength(GAP)) / 2)
  return bytes.toString('utf8', 0, startOfLetter(bytes, half)) + GAP +
    bytes.toString('utf8', startOfLetter(bytes, bytes.length - half))
}

/** The next place from `at` on where a letter begins: the bytes within one begin with the bits 10. */
function startOfLetter (bytes: Buffer, at: number): number {
  let start = at
  while (start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++
  return start
}
