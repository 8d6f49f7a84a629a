// Usage of the endpoints beside chat: embeddings, transcriptions, images, speech, moderations.
// What was not told stays undefined (P5). Counts that are ours, not the provider's, leave `isTold` false.

import type { Envelope } from '../../core/ask.ts'
import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Measured } from '../../core/usage.ts'
import { readCircumstances } from '../circumstances.ts'
import { readReportedCost } from '../reported-cost.ts'
import { measuredOf, readCount, without } from '../told-counts.ts'
import { partsOfInput } from '../told-input.ts'

/** https://platform.openai.com/docs/api-reference/embeddings. Some servers tell the total only; it is all input. */
export function readEmbeddingUsage (usage: JsonObject): Measured {
  const input = inputOf(usage) ?? readCount(usage['total_tokens'])
  return measuredOf({ input }, { isTold: input !== undefined, ...moneyOf(usage) })
}

/**
 * Tokens (`gpt-4o-transcribe`), seconds (`whisper-1`), or both (Mistral); seconds are also read from `duration` of
 * `verbose_json` when its whole answer is handed in.
 * https://platform.openai.com/docs/api-reference/audio/json-object
 */
export function readTranscriptionUsage (usage: JsonObject): Measured {
  // OpenAI spells it in the singular here and in the plural everywhere else.
  const details = asObject(usage['input_token_details']) ?? asObject(usage['input_tokens_details']) ?? {}
  const parts = partsOfInput({ total: inputOf(usage), details })
  const output = outputOf(usage)
  const audioMs = millisecondsOf(usage['seconds']) ?? millisecondsOf(usage['duration'])
  const isTold = audioMs !== undefined || (parts.input !== undefined && output !== undefined)
  const counts = { ...parts, output, audio_ms: audioMs }
  return measuredOf(counts, { isTold, ...moneyOf(usage) })
}

/**
 * Tokens of `gpt-image-*`, and the number of images: those in `data` when the whole answer is handed in, else those
 * asked for. Output without details is images: these models write nothing else.
 * https://platform.openai.com/docs/api-reference/images/object
 */
export function readImageUsage (usage: JsonObject, { choices }: Envelope): Measured {
  const inputDetails = asObject(usage['input_tokens_details']) ?? {}
  const outputDetails = asObject(usage['output_tokens_details']) ?? {}
  const total = outputOf(usage)
  const imageOutput = readCount(outputDetails['image_tokens']) ?? without(total, readCount(outputDetails['text_tokens']))
  const parts = partsOfInput({ total: inputOf(usage), details: inputDetails })
  const isTold = parts.input !== undefined && total !== undefined
  const { data } = usage
  const images = Array.isArray(data) ? data.length : isTold ? choices : undefined
  const counts = { ...parts, output: without(total, imageOutput), image_output: imageOutput, images }
  return measuredOf(counts, { isTold, ...moneyOf(usage) })
}

/** The characters are the request's; tokens are told by event streams only, and what comes out is audio. */
export function readSpeechUsage (usage: JsonObject, { characters }: Envelope): Measured {
  const input = inputOf(usage)
  const audio = outputOf(usage)
  const isTold = input !== undefined && audio !== undefined
  return measuredOf({ input, audio_output: audio, characters }, { isTold, ...moneyOf(usage) })
}

/** OpenAI's moderations are free and tell nothing; Mistral's tell tokens. Either way it was one request. */
export function readModerationUsage (usage: JsonObject): Measured {
  const input = inputOf(usage)
  return measuredOf({ input, requests: 1 }, { isTold: input !== undefined, ...moneyOf(usage) })
}

/**
 * Pages that were read, `usage_info.pages_processed` of the whole answer, and the document's size, which is not billed.
 * https://docs.mistral.ai/api/#tag/ocr
 */
export function readPageUsage (answer: JsonObject): Measured {
  const pages = readCount(asObject(answer['usage_info'])?.['pages_processed'])
  return measuredOf({ pages }, { isTold: pages !== undefined, ...moneyOf(answer) })
}

/**
 * Search units, of the usage object (OpenRouter) or of `meta.billed_units` of the whole answer (Cohere); others tell
 * tokens. https://docs.cohere.com/reference/rerank
 */
export function readRerankUsage (answer: JsonObject): Measured {
  const usage = asObject(answer['usage']) ?? answer
  const billed = asObject(asObject(answer['meta'])?.['billed_units'])
  const units = readCount(usage['search_units']) ?? readCount(billed?.['search_units'])
  const input = inputOf(usage) ?? readCount(usage['total_tokens'])
  const isTold = units !== undefined || input !== undefined
  return measuredOf({ input, search_units: units }, { isTold, ...moneyOf(usage) })
}

function moneyOf (usage: JsonObject) {
  return { reportedCost: readReportedCost(usage), circumstances: readCircumstances(usage) }
}

function inputOf (usage: JsonObject): number | undefined {
  return readCount(usage['input_tokens']) ?? readCount(usage['prompt_tokens'])
}

function outputOf (usage: JsonObject): number | undefined {
  return readCount(usage['output_tokens']) ?? readCount(usage['completion_tokens'])
}

/** Seconds as a number or, from some clones, a string; NaN: told, but no time. */
function millisecondsOf (seconds: JsonValue | undefined): number | undefined {
  if (seconds === undefined || seconds === null || seconds === '') return undefined
  const count = typeof seconds === 'string' ? Number(seconds) : seconds
  return typeof count === 'number' ? readCount(Math.round(count * 1_000)) : NaN
}
