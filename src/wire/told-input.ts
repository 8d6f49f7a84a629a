// Input tokens as a total with the details of its parts, to disjoint counts. One shape under several names: chat and
// embeddings say `prompt_tokens`, images and transcripts `input_tokens`.

import { asObject, type JsonObject, type JsonValue } from '../core/json.ts'
import { readCount, without, type ToldCounts } from './told-counts.ts'

export interface ToldInput {
  readonly total: number | undefined
  /** `prompt_tokens_details` and its cousins. https://platform.openai.com/docs/api-reference/chat/object */
  readonly details: JsonObject
  /** Cached input, where it is not told in the details. */
  readonly cached?: number | undefined
  /** `cache_creation` of Anthropic's usage, as its copies tell it beside the details. */
  readonly creation?: JsonValue | undefined
}

/**
 * The parts of `total`. Cached tokens may be told by what they are (`cached_tokens_details`, the realtime and image
 * endpoints): such a part is inside `cached_tokens` and inside `audio_tokens` or `image_tokens` as well.
 */
export function partsOfInput ({ total, details, cached, creation }: ToldInput): ToldCounts {
  const ofCached = asObject(details['cached_tokens_details'])
  const cachedAudio = readCount(ofCached?.['audio_tokens'])
  const cachedImage = readCount(ofCached?.['image_tokens'])
  const read = without(readCount(details['cached_tokens']) ?? cached, cachedAudio, cachedImage)
  const { forMinutes, forAnHour } = writtenOf(details, creation)
  const audio = without(readCount(details['audio_tokens']), cachedAudio)
  const image = without(readCount(details['image_tokens']), cachedImage)
  const video = readCount(details['video_tokens'])
  return {
    input: without(total, read, cachedAudio, cachedImage, forMinutes, forAnHour, audio, image, video),
    cache_read: read,
    cache_write: forMinutes,
    cache_write_1h: forAnHour,
    audio_input: audio,
    cached_audio_input: cachedAudio,
    image_input: image,
    cached_image_input: cachedImage,
    video_input: video
  }
}

/** Tokens written to the cache; those kept for an hour are dearer, and only copies of Anthropic's usage tell them. */
function writtenOf (details: JsonObject, creation: JsonValue | undefined) {
  const written = readCount(details['cache_write_tokens']) ?? readCount(details['cache_creation_tokens'])
  if (creation === undefined) return { forMinutes: written, forAnHour: undefined }
  const forAnHour = readCount(asObject(creation)?.['ephemeral_1h_input_tokens'])
  const forMinutes = readCount(asObject(creation)?.['ephemeral_5m_input_tokens'])
  return { forMinutes: written === undefined ? forMinutes : without(written, forAnHour), forAnHour }
}
