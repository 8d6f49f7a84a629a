// The OpenAI chat wire: chat, legacy completions, and the small endpoints beside them.
// https://platform.openai.com/docs/api-reference

import type { WireFormat } from '../format.ts'
import { MediaBytes } from '../media-bytes.ts'
import { NamedEventStream } from '../named-events.ts'
import { finishAnswer, readAnswer } from './answer.ts'
import { errorIn, isEmptyAnswer } from './empty-answer.ts'
import { readEnvelope } from './envelope.ts'
import { encodeErrorFrame } from './error-frame.ts'
import { encodeError, errorHeaders } from './errors.ts'
import { finishIn, toldFinish } from './finish-reason.ts'
import { healAnswer } from './healing.ts'
import { openingOf } from './opening.ts'
import { changesFor } from './request.ts'
import { retell } from './retell.ts'
import { ChatStream } from './stream.ts'
import { readAnswerTexts, readTexts } from './texts.ts'
import { openTranscript } from './transcript.ts'

const EVENT_STREAM = 'text/event-stream'
const CHAT_SHAPED = new Set(['chat', 'completion'])

export const openaiChat: WireFormat = {
  name: 'openai-chat',
  readEnvelope,
  readTexts,
  openingOf,
  changesFor,
  readAnswer,
  readAnswerTexts,
  healAnswer,
  finishAnswer,
  finishIn,
  toldFinish,
  retell,
  createStream (options) {
    if (!options.contentType.startsWith(EVENT_STREAM)) return new MediaBytes()
    return CHAT_SHAPED.has(options.task) ? new ChatStream(options) : new NamedEventStream(options)
  },
  errorIn,
  isEmptyAnswer,
  openTranscript,
  keepAlive: (contentType, comment) => contentType.startsWith(EVENT_STREAM) ? comment : undefined,
  encodeError,
  errorHeaders,
  errorFrame: (error, requestId, stream) =>
    stream.contentType.startsWith(EVENT_STREAM) ? encodeErrorFrame(error, requestId, stream) : undefined
}
