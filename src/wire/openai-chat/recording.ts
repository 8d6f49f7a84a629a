// A recording inside a JSON body, as OpenRouter takes it: base64 and the name of its format.
// https://openrouter.ai/docs/api/api-reference/stt/create-transcription

import { GatewayError } from '../../core/errors.ts'
import { asObject, type JsonObject } from '../../core/json.ts'

export interface Recording {
  /** Base64. */
  readonly data: string
  /** `mp3`, `wav` …: letters and digits. */
  readonly format: string
  /** Of the recording itself. */
  readonly bytes: number
}

/** Searched for, not matched as a whole: a pattern that runs over 30 MB keeps a stack as long. */
const NOT_BASE64 = /[^A-Za-z0-9+/=\s]/
const FORMAT = /^[a-z0-9]{1,10}$/i

/** @throws GatewayError `invalid_body` when there is none, or none that can be read. */
export function readRecording ({ input_audio: audio }: JsonObject): Recording {
  const { data, format } = asObject(audio) ?? {}
  if (typeof data !== 'string' || data === '') throw wrong('must be an object with "data", the recording in base64, and "format".')
  if (NOT_BASE64.test(data)) throw wrong('has "data" that is not base64: send the bytes alone, not a data URI.')
  if (typeof format !== 'string' || !FORMAT.test(format)) throw wrong('must name its "format": mp3, wav, flac, m4a, ogg, webm …')
  return { data, format, bytes: Buffer.byteLength(data, 'base64') }
}

function wrong (what: string): GatewayError {
  return new GatewayError('invalid_body', { reason: `"input_audio" ${what}` }, { param: 'input_audio' })
}
