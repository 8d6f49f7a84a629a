// A failure inside a stream that has begun: a full chunk with an error, as OpenRouter sends it and OpenAI's SDK raises.
// https://openrouter.ai/docs/api/reference/streaming#handling-errors-during-streaming

import type { GatewayError } from '../../core/errors.ts'
import { asObject } from '../../core/json.ts'
import { encodeError } from './errors.ts'

/** No `[DONE]` follows: the connection is cut behind this event, so nothing can take the answer for whole (P6). */
export function encodeErrorFrame (error: GatewayError, requestId: string, model: string): Buffer {
  const provider = error.extras.metadata?.['provider_name']
  const chunk = {
    id: requestId,
    object: 'chat.completion.chunk',
    created: Math.floor(Number(requestId.split('-')[1] ?? 0)),
    model,
    ...typeof provider === 'string' && { provider },
    error: asObject(encodeError(error, requestId)['error']),
    choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error', native_finish_reason: 'error' }]
  }
  return Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`)
}
