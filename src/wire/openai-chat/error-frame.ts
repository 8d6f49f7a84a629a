// A failure inside a stream that has begun: a full chunk with an error, as OpenRouter sends it and OpenAI's SDK raises.
// https://openrouter.ai/docs/api/reference/streaming#handling-errors-during-streaming

import type { GatewayError } from '../../core/errors.ts'
import { asObject } from '../../core/json.ts'
import type { BegunStream } from '../format.ts'
import { encodeError } from './errors.ts'

const NO_DELTA = { delta: { content: '' } }
const NO_TEXT = { text: '', logprobs: null }

/** No `[DONE]` follows: the connection is cut behind this event, so nothing can take the answer for whole (P6). */
export function encodeErrorFrame (error: GatewayError, requestId: string, { task, model }: BegunStream): Buffer {
  const isText = task === 'completion'
  const provider = error.extras.metadata?.['provider_name']
  const chunk = {
    id: requestId,
    object: isText ? 'text_completion' : 'chat.completion.chunk',
    created: Math.floor(Number(requestId.split('-')[1] ?? 0)),
    model,
    ...typeof provider === 'string' && { provider },
    error: asObject(encodeError(error, requestId)['error']),
    choices: [{ index: 0, ...isText ? NO_TEXT : NO_DELTA, finish_reason: 'error', native_finish_reason: 'error' }]
  }
  return Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`)
}
