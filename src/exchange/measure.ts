// Which reader understands the usage of which task.

import type { Envelope, Task } from '../core/ask.ts'
import type { JsonObject } from '../core/json.ts'
import { NOTHING_TOLD, type Measured } from '../core/usage.ts'
import { doubtOf, type Asked } from '../metering/doubt.ts'
import { readUsage } from '../wire/openai-chat/usage.ts'
import {
  readEmbeddingUsage, readImageUsage, readModerationUsage, readRerankUsage, readSpeechUsage, readTranscriptionUsage
} from '../wire/openai-other/usage.ts'

export { NOTHING_TOLD } from '../core/usage.ts'

const READERS: { readonly [task in Task]: (usage: JsonObject, envelope: Envelope) => Measured } = {
  chat: readUsage,
  completion: readUsage,
  embedding: readEmbeddingUsage,
  speech: readSpeechUsage,
  transcription: readTranscriptionUsage,
  moderation: readModerationUsage,
  image: readImageUsage,
  rerank: readRerankUsage
}

/**
 * What an answer consumed. `usage` is its usage object; where it has none, the whole answer (some tasks tell what
 * counts beside it), or undefined. What only the request knows, like the characters of a speech, counts either way.
 * Counts that cannot be true, or cannot belong to this request and `model`, are not kept: see `doubt`.
 */
export function measure (
  task: Task, usage: JsonObject | undefined, envelope: Envelope, model?: Asked['model']
): Measured {
  const measured = READERS[task](usage ?? {}, envelope)
  const doubt = measured.doubt ?? doubtOf(measured.usage, { task, envelope, model })
  return doubt === undefined ? measured : { ...NOTHING_TOLD, doubt }
}
