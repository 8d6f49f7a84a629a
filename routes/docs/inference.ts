// What the inference routes are, by task.

import type { Task } from '../../src/core/ask.ts'
import type { ErrorCode } from '../../src/core/errors.ts'
import { EXCHANGE_HEADERS } from '../../src/openapi/answer-headers.ts'
import type { ContentDoc, ParameterDoc, RouteDoc } from '../../src/openapi/route-doc.ts'
import { chatAnswer, chatChunk, chatRequest } from '../schemas/chat.ts'
import { embeddingsAnswer, embeddingsRequest } from '../schemas/embeddings.ts'
import {
  imageAnswer, imageRequest, moderationAnswer, moderationRequest, recordingRequest, SOUND, speechRequest,
  transcriptionAnswer, transcriptionRequest
} from '../schemas/media.ts'
import { quote } from '../schemas/quote.ts'
import { rerankAnswer, rerankRequest } from '../schemas/rerank.ts'
import { completionAnswer, completionRequest } from '../schemas/text-completion.ts'
import { oneOf, text } from '../schemas/words.ts'
import { INFERENCE_HEADERS } from './inference-headers.ts'

export const PLANNING_ERRORS: readonly ErrorCode[] = [
  'invalid_json', 'missing_model', 'wrong_task', 'router_needs_messages', 'unknown_model', 'not_offered', 'nothing_eligible', 'context_exceeded',
  'no_allowed_provider', 'no_tool_use', 'no_private_endpoint', 'too_costly', 'not_allowed',
  'request_timeout', 'too_large', 'recording_too_large', 'wrong_content_type'
]

const EXCHANGE_ERRORS: readonly ErrorCode[] = [
  ...PLANNING_ERRORS, 'upstream_refused', 'credential_refused', 'budget_exceeded', 'budget_unpriced',
  'idempotency_in_flight', 'idempotency_unknown', 'idempotency_not_kept', 'idempotency_mismatch',
  'too_many_in_flight', 'all_throttled', 'every_backend_failed', 'overloaded', 'backends_resting',
  'ledger_unavailable', 'deadline_passed', 'management_key'
]

const json = 'application/json'

const QUERY: readonly ParameterDoc[] = [{
  name: 'dry_run',
  says: '1: say what would be done and what it would cost (as POST /v1/explain does), and do nothing.',
  schema: oneOf(['0', '1', 'false', 'true'], '')
}]

type Told = Pick<RouteDoc, 'summary' | 'more' | 'body' | 'example'>

/** With `dry_run` the answer is a quote. */
const orQuote = (content: ContentDoc): ContentDoc =>
  ({ ...content, [json]: content[json] ? { anyOf: [content[json], quote] } : quote })

export const inference = (told: Told, content: ContentDoc): RouteDoc => ({
  group: 'Inference',
  ...told,
  query: QUERY,
  headers: INFERENCE_HEADERS,
  answers: { 200: { says: 'The answer.', content: orQuote(content), headers: EXCHANGE_HEADERS } },
  errors: EXCHANGE_ERRORS
})

export const INFERENCE_DOCS: { readonly [task in Task]: RouteDoc } = {
  chat: inference({
    summary: 'Chat with a model',
    more: 'The answer is whole, or a stream of events where "stream" is true.',
    body: { [json]: chatRequest },
    example: { model: 'auto', messages: [{ role: 'user', content: 'Good morning!' }] }
  }, { [json]: chatAnswer, 'text/event-stream': chatChunk }),
  completion: inference({
    summary: 'Continue a text',
    body: { [json]: completionRequest },
    example: { model: 'gpt-4o-mini', prompt: 'Once upon a time' }
  }, { [json]: completionAnswer, 'text/event-stream': completionAnswer }),
  embedding: inference({
    summary: 'Texts as vectors',
    body: { [json]: embeddingsRequest },
    example: { model: 'text-embedding-3-small', input: 'Good morning!' }
  }, { [json]: embeddingsAnswer }),
  moderation: inference({
    summary: 'Judge texts and images',
    body: { [json]: moderationRequest },
    example: { model: 'omni-moderation-latest', input: 'Good morning!' }
  }, { [json]: moderationAnswer }),
  image: inference({
    summary: 'Make images',
    body: { [json]: imageRequest },
    example: { model: 'gpt-image-2', prompt: 'A lighthouse at dawn' }
  }, { [json]: imageAnswer }),
  rerank: inference({
    summary: 'Put documents in order',
    body: { [json]: rerankRequest },
    example: {
      model: 'my-reranker',
      query: 'Where is the harbour?',
      documents: ['The harbour is in the north.', 'Bread is baked at four.']
    }
  }, { [json]: rerankAnswer }),
  speech: inference({
    summary: 'Say a text',
    body: { [json]: speechRequest },
    example: { model: 'tts-1', input: 'Good morning!', voice: 'alloy' }
  }, { 'audio/*': SOUND }),
  transcription: inference({
    summary: 'Write down a recording',
    body: { 'multipart/form-data': transcriptionRequest, [json]: recordingRequest },
    example: { model: 'whisper-1', file: '@recording.mp3' }
  }, { [json]: transcriptionAnswer, 'text/*': text('The transcript, as "response_format" asks.') })
}
