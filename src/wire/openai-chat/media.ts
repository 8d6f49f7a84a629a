// Images and recordings of a chat: what can be told of them without decoding them. Read only when a body has some.

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Media, MediaInput } from '../../core/media.ts'
import { readMostMs } from '../audio-length.ts'
import { readImageSize } from '../image-size.ts'

/** A data URL names its type and its encoding in front of the first comma. */
const LONGEST_DATA_HEAD = 256
/** Line breaks aside, decoders differ in what they make of other characters, and of what stands behind a padding. */
const NOT_BASE64 = /[^A-Za-z0-9+/=\r\n]|=[\r\n]*[^=\r\n]/

interface Described {
  readonly input: MediaInput
  /** Characters of the body that hold it. */
  readonly bytes: number
}

/**
 * The parts, which are all of a chat that is no text, as far as their tokens can be bounded. Undefined: one of them is
 * something else (a file, a video, an id), so that all of them together say nothing.
 */
export function readMedia (parts: readonly JsonValue[]): Media | undefined {
  const inputs: MediaInput[] = []
  let bytes = 0
  for (const part of parts) {
    const described = describe(asObject(part) ?? {})
    if (!described) return undefined
    inputs.push(described.input)
    bytes += described.bytes
  }
  return { inputs, bytes }
}

/** https://platform.openai.com/docs/api-reference/chat/create (content parts of a user message) */
function describe (part: JsonObject): Described | undefined {
  if (part['type'] === 'image_url') return describeImage(part['image_url'])
  return part['type'] === 'input_audio' ? describeAudio(asObject(part['input_audio']) ?? {}) : undefined
}

/** Some servers take the URL itself in the place of the object. */
function describeImage (image: JsonValue | undefined): Described | undefined {
  const { url = image, detail } = asObject(image) ?? {}
  if (typeof url !== 'string') return undefined
  const isLowDetail = detail === 'low'
  const base64At = base64In(url)
  if (base64At === undefined) return { input: { kind: 'image', isLowDetail, size: undefined }, bytes: 0 }
  const size = readImageSize(firstBytesOf(url, base64At))
  return { input: { kind: 'image', isLowDetail, size }, bytes: url.length - base64At }
}

function describeAudio ({ data }: JsonObject): Described | undefined {
  if (typeof data !== 'string') return undefined
  const base64At = base64In(data) ?? 0 // some servers take a data URL
  const length = data.length - base64At
  const mostMs = readMostMs(firstBytesOf(data, base64At), Math.ceil(length * 3 / 4))
  return mostMs === undefined ? undefined : { input: { kind: 'audio', mostMs }, bytes: length }
}

/** Where the base64 of a data URL begins; undefined: it is none. https://www.rfc-editor.org/rfc/rfc2397 */
function base64In (url: string): number | undefined {
  if (url.slice(0, 5).toLowerCase() !== 'data:') return undefined
  const head = url.slice(0, LONGEST_DATA_HEAD)
  const comma = head.indexOf(',')
  return comma >= 0 && /;base64$/i.test(head.slice(0, comma)) ? comma + 1 : undefined
}

/** None of what is not plainly base64: a provider may read another file there than we do. */
function firstBytesOf (text: string, at: number): (bytes: number) => Buffer {
  return (bytes) => {
    const beginning = text.slice(at, at + Math.ceil(bytes * 4 / 3))
    return NOT_BASE64.test(beginning) ? Buffer.alloc(0) : Buffer.from(beginning, 'base64')
  }
}
