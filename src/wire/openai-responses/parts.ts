// Content of input items, as the content of a chat's messages.
// https://platform.openai.com/docs/api-reference/responses/create#responses-create-input

import type { JsonObject, JsonValue } from '../../core/json.ts'
import { refuse } from '../openai-chat/wish-values.ts'
import { isAbsent, needList, needMembers, needText, readText } from './fields.ts'

const NO_FILES = 'names a file that a provider keeps, and this broker keeps none: send the content itself'
/** Of a part, whatever its type: where a prompt may be cached up to. */
const MARKS = ['cache_control', 'prompt_cache_breakpoint']

type PartReader = (part: JsonObject, path: string) => JsonObject

const text: PartReader = (part, path) => ({ type: 'text', text: needText(part['text'], `${path}.text`) })

const PARTS: { readonly [type: string]: PartReader } = {
  input_text: text,
  output_text: text,
  text,
  summary_text: text,
  refusal: (part, path) => ({ type: 'refusal', refusal: needText(part['refusal'], `${path}.refusal`) }),
  input_image: readImage,
  input_file: readFile,
  input_audio: (part, path) => ({ type: 'input_audio', input_audio: needMembers(part['input_audio'], `${path}.input_audio`) }),
  input_video: (part, path) => ({ type: 'video_url', video_url: { url: needText(part['video_url'], `${path}.video_url`) } })
}

/** Parts of a chat. A text is one of them. @throws GatewayError naming the path. */
export function readParts (content: JsonValue | undefined, path: string): JsonObject[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }]
  return needList(content, path).map((item, at) => readPart(item, `${path}.${at}`))
}

function readPart (item: JsonValue, path: string): JsonObject {
  const part = needMembers(item, path)
  const type = needText(part['type'], `${path}.type`)
  const read = Object.hasOwn(PARTS, type) ? PARTS[type] : undefined
  if (!read) return refuse(`${path}.type`, `must be one of ${Object.keys(PARTS).join(', ')}`)
  const told = read(part, path)
  for (const name of MARKS) if (!isAbsent(part[name])) told[name] = part[name]
  return told
}

function readImage (part: JsonObject, path: string): JsonObject {
  if (!isAbsent(part['file_id'])) return refuse(`${path}.file_id`, NO_FILES)
  const { image_url: image } = part
  const inner = typeof image === 'object' && image !== null && !Array.isArray(image) ? image : undefined // as a chat has it
  const url = needText(inner?.['url'] ?? image, `${path}.image_url`)
  const detail = readText(part['detail'] ?? inner?.['detail'], `${path}.detail`)
  return { type: 'image_url', image_url: { url, ...detail !== undefined && { detail } } }
}

function readFile (part: JsonObject, path: string): JsonObject {
  if (!isAbsent(part['file_id'])) return refuse(`${path}.file_id`, NO_FILES)
  const bytes = readText(part['file_data'], `${path}.file_data`) ?? readText(part['file_url'], `${path}.file_url`)
  if (bytes === undefined) return refuse(path, 'must have "file_data" or "file_url"')
  const filename = readText(part['filename'], `${path}.filename`)
  return { type: 'file', file: { ...filename !== undefined && { filename }, file_data: bytes } }
}

/** The words of parts that are nothing but words; undefined: there is more in them. */
export function wordsOf (parts: readonly JsonObject[]): string | undefined {
  const isPlain = parts.every((part) => part['type'] === 'text' && MARKS.every((name) => part[name] === undefined))
  return isPlain ? parts.map((part) => String(part['text'])).join('') : undefined
}

/** One plain text as text, which every server reads; anything else as parts. */
export function contentOf (parts: JsonObject[]): JsonValue {
  return (parts.length === 1 ? wordsOf(parts) : undefined) ?? parts
}
