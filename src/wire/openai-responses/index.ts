// OpenAI's Responses as an asking wire, stateless. https://platform.openai.com/docs/api-reference/responses

import { errorHeaders } from '../openai-chat/errors.ts'
import type { AskingWire } from '../translated.ts'
import { encodeError } from './errors.ts'
import { interpret } from './request.ts'

export const openaiResponses: AskingWire = {
  name: 'openai-responses',
  interpret,
  encodeError,
  errorHeaders,
  keepAlive: Buffer.from(': OPENROUTER PROCESSING\n\n')
}
