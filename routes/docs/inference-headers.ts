// What a client may ask of its own request by headers. routes/exchange-headers.ts reads them.

import { STREAM_MODES } from '../../src/core/stream-mode.ts'
import type { ParameterDoc } from '../../src/openapi/route-doc.ts'
import { oneOf, text } from '../schemas/words.ts'

const timeout = (name: string, says: string): ParameterDoc =>
  ({ name: `X-Aibroker-Timeout-${name}`, says: `Time to wait ${says}: 5, 1500ms, 1m.`, schema: text('') })

export const INFERENCE_HEADERS: readonly ParameterDoc[] = [
  {
    name: 'Idempotency-Key',
    says: 'A request with the same key is made once; whoever sends it again gets the answer that was kept.',
    schema: text('')
  },
  {
    name: 'X-Aibroker-Max-Cost-Usd',
    says: 'What the request may cost at the most; backends that are not sure to stay below are not asked.',
    schema: text('')
  },
  {
    name: 'X-Aibroker-Stream',
    says: 'What becomes of a stream that breaks: an error, the rest of it from another backend, or nothing is sent ' +
      'before all of it is there.',
    schema: oneOf(STREAM_MODES, '')
  },
  {
    name: 'X-Aibroker-Relay',
    says: '"exact": answers pass byte for byte, and nothing is added to them.',
    schema: oneOf(['exact'], '')
  },
  {
    name: 'X-OpenRouter-Cache',
    says: '"true": an equal request of the same key is answered with this answer, for nothing.',
    schema: oneOf(['true', 'false'], '')
  },
  { name: 'X-OpenRouter-Cache-TTL', says: 'For so many seconds: 300 if it is not said, a day at the most.', schema: text('') },
  { name: 'X-OpenRouter-Cache-Clear', says: '"true": what is kept is made anew.', schema: oneOf(['true'], '') },
  timeout('Connect', 'for name, connection and TLS'),
  timeout('First-Byte', 'from the request to the response headers'),
  timeout('First-Event', 'from there to the first output of a stream'),
  timeout('Between', 'for the next byte'),
  timeout('Total', 'for the whole exchange'),
  { name: 'HTTP-Referer', says: 'The app that asks, for providers that list apps.', schema: text('') },
  { name: 'X-Title', says: 'Its name.', schema: text('') }
]
