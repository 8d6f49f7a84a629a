// What the bench provider says, in the shape OpenAI gives it: one completion of 1.2 KB and events of 250 bytes.
// https://platform.openai.com/docs/api-reference/chat/object and …/chat-streaming

const MODEL = 'gpt-4o-mini-2024-07-18'
const CREATED_S = 1_767_225_600
const COMPLETION_BYTES = 1_200

/** Bytes of one event of a stream, its empty line included. */
export const EVENT_BYTES = 250

const usage = {
  prompt_tokens: 180,
  completion_tokens: 120,
  total_tokens: 300,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 0,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0
  }
}

export const completion = padded((content) => ({
  id: 'chatcmpl-0123456789abcdefghijklmno',
  object: 'chat.completion',
  created: CREATED_S,
  model: MODEL,
  choices: [{
    index: 0,
    message: { role: 'assistant', content, refusal: null, annotations: [] },
    logprobs: null,
    finish_reason: 'stop'
  }],
  usage,
  service_tier: 'default',
  system_fingerprint: 'fp_0123456789'
}), COMPLETION_BYTES)

/** One piece of text, `EVENT_BYTES` long. */
export const EVENT = eventOf(padded((content) => chunk([choice({ content }, null)]), EVENT_BYTES - eventOf('').length))
export const FIRST = eventOf(chunk([choice({ role: 'assistant', content: '', refusal: null }, null)]))
export const FINISH = eventOf(chunk([choice({}, 'stop')]))
export const USAGE = eventOf({ ...chunk([]), usage })
export const DONE = 'data: [DONE]\n\n'

/** One HTTP chunk per event, because providers flush after each. @param {string} text */
export function httpChunk (text) {
  return Buffer.from(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`)
}

function chunk (choices) {
  return {
    id: 'chatcmpl-0123456789abcdefghijklmno',
    object: 'chat.completion.chunk',
    created: CREATED_S,
    model: MODEL,
    choices
  }
}

function choice (delta, finishReason) {
  return { index: 0, delta, logprobs: null, finish_reason: finishReason }
}

function eventOf (value) {
  return `data: ${value === '' ? '' : JSON.stringify(value)}\n\n`
}

/** `make(content)` with as many letters of content as bring its JSON to `bytes`. */
function padded (make, bytes) {
  const room = bytes - JSON.stringify(make('')).length
  if (room < 1) throw new Error(`an answer of ${bytes} bytes has no room for content`)
  return make('tokens go by '.repeat(Math.ceil(room / 13)).slice(0, room))
}
