// A request for a transcript that came as JSON, as the form that everybody but OpenRouter takes.
// https://platform.openai.com/docs/api-reference/audio/createTranscription

import { randomUUID } from 'node:crypto'
import type { JsonObject, JsonValue } from '../../core/json.ts'
import { readRecording } from './recording.ts'

export interface RecordingForm {
  readonly contentType: string
  readonly body: Buffer
}

/** By format; any other is `audio/<format>`. */
const TYPES: ReadonlyMap<string, string> = new Map([['mp3', 'audio/mpeg'], ['mpga', 'audio/mpeg'], ['m4a', 'audio/mp4']])
/** Others have no place in a header, and no provider knows them. */
const FIELD_NAME = /^[A-Za-z][\w.-]{0,63}$/

const OURS: ReadonlySet<string> = new Set(['file', 'input_audio'])

/** `members` of the body as they are to go out: texts and numbers as fields, lists as fields with `[]`. */
export function recordingForm (members: JsonObject): RecordingForm {
  const { data, format } = readRecording(members)
  const boundary = `aibroker-${randomUUID()}` // not to be guessed, so no recording can hold it
  const fields = Object.entries(members).filter(([name]) => isField(name)).flatMap(fieldsOf)
  const head = fields.map(([name, value]) => partOf(boundary, `name="${name}"`, `\r\n${value}\r\n`)).join('')
  const type = TYPES.get(format.toLowerCase()) ?? `audio/${format.toLowerCase()}`
  const file = partOf(boundary, `name="file"; filename="recording.${format}"`, `Content-Type: ${type}\r\n\r\n`)
  const parts = [Buffer.from(head + file), Buffer.from(data, 'base64'), Buffer.from(`\r\n--${boundary}--\r\n`)]
  return { contentType: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(parts) }
}

function partOf (boundary: string, parameters: string, rest: string): string {
  return `--${boundary}\r\nContent-Disposition: form-data; ${parameters}\r\n${rest}`
}

/** One `model`: the door lets none in that has it twice, in any spelling. */
function isField (name: string): boolean {
  return FIELD_NAME.test(name) && !OURS.has(name)
}

type Field = readonly [name: string, value: string]

function fieldsOf ([name, value]: [string, JsonValue | undefined]): readonly Field[] {
  if (value === null || value === undefined) return []
  if (Array.isArray(value)) return value.map((item) => [`${name}[]`, textOf(item)] as const)
  return [[name, textOf(value)]]
}

function textOf (value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
