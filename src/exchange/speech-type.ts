// The content type of speech: that of the format that was asked for, where a provider tells none or says it otherwise.

import type { AskBody } from './ask.ts'

/** https://platform.openai.com/docs/api-reference/audio/createSpeech */
const TYPES: { readonly [format: string]: string } = {
  mp3: 'audio/mpeg', opus: 'audio/ogg', aac: 'audio/aac', flac: 'audio/flac', wav: 'audio/wav', pcm: 'audio/pcm'
}
/** Types that say no more than that it is bytes. */
const VAGUE: ReadonlySet<string> = new Set(['', 'application/octet-stream', 'binary/octet-stream', 'audio/*'])
/** Names that nobody registered. */
const NICKNAMES: ReadonlyMap<string, string> = new Map([['audio/mp3', 'audio/mpeg'], ['audio/x-wav', 'audio/wav']])

/** `told`: what the provider said. Without a format in the request it is MP3, as at OpenAI. */
export function speechType (told: string, body: AskBody): string {
  if (!VAGUE.has(told)) return NICKNAMES.get(told) ?? told
  const format = body.kind === 'json' ? body.json.value['response_format'] ?? 'mp3' : ''
  return typeof format === 'string' && Object.hasOwn(TYPES, format) ? TYPES[format] as string : told
}
