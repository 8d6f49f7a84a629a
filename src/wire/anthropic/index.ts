// Anthropic's Messages as a wire that clients ask in. https://docs.claude.com/en/api/messages

import type { AskingWire } from '../translated.ts'
import { encodeError, errorHeaders } from './errors.ts'
import { PING } from './events.ts'
import { interpret } from './request.ts'

export const anthropic: AskingWire = {
  name: 'anthropic',
  idHeader: 'request-id',
  interpret,
  encodeError,
  errorHeaders,
  keepAlive: PING
}
