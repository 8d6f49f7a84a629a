// Chat answers as providers really give them: nulls, missing members, words of their own. Plain and streamed, by name.

import type { JsonObject } from '../../src/core/json.ts'
import {
  answerJson, chatJson, chatSse, cutAfterBytes, errorInStream, recorded, SHAPES, status, streamed, toolCalls,
  type Answer
} from '../upstreams.ts'
import { DONE_FRAME, frameOf } from '../upstreams/frames.ts'

const USAGE: JsonObject = { prompt_tokens: 9, completion_tokens: 3, total_tokens: 12 }
const CALL = { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Zürich"}' } }
const NULLS = {
  refusal: null,
  tool_calls: null,
  function_call: null,
  audio: null,
  images: null,
  reasoning: null,
  reasoning_details: null
}

const choice = (message: JsonObject, more: JsonObject = {}): JsonObject =>
  ({ index: 0, message: { role: 'assistant', content: 'Hi', ...message }, finish_reason: 'stop', ...more })
const withChoice = (message: JsonObject, more: JsonObject = {}): Answer =>
  chatJson({ extra: { choices: [choice(message, more)] } })
const withUsage = (usage: JsonObject): Answer => chatJson({ usage: { ...USAGE, ...usage } })

export const PLAIN: { readonly [name: string]: Answer } = {
  plain: chatJson(),
  nulls: withChoice(NULLS, { logprobs: null }),
  'tool calls': withChoice({ content: null, tool_calls: [CALL] }, { finish_reason: 'tool_calls' }),
  'tool calls without a type': withChoice({ content: null, tool_calls: [{ id: CALL.id, function: CALL.function }] }),
  'tool arguments as an object': withChoice({
    content: null, tool_calls: [{ ...CALL, function: { name: 'weather', arguments: { city: 'Zürich' } } }]
  }),
  'no role': chatJson({ extra: { choices: [{ index: 0, message: { content: 'Hi' }, finish_reason: 'stop' }] } }),
  'no index': chatJson({ extra: { choices: [{ message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }] } }),
  'no finish reason': chatJson({ extra: { choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' } }] } }),
  'a finish reason of its own': withChoice({}, { finish_reason: 'eos' }),
  'the older function call': withChoice({ content: null, function_call: CALL.function }, { finish_reason: 'function_call' }),
  reasoning_content: withChoice({ reasoning_content: 'Hm.' }),
  'a fractional time': chatJson({ extra: { created: 1_700_000_000.5 } }),
  'a fingerprint of null': chatJson({ extra: { system_fingerprint: null, service_tier: null } }),
  'no usage': chatJson({ usage: null }),
  'usage of null': chatJson({ extra: { usage: null as never } }),
  'usage with nulls': withUsage({ prompt_tokens_details: null, completion_tokens_details: null, cost: null }),
  'usage with details of null': withUsage({
    prompt_tokens_details: { cached_tokens: null }, completion_tokens_details: { reasoning_tokens: null }
  }),
  'no id, object, time and model': answerJson({ choices: [choice({})], usage: USAGE })
}

const base = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'm' }
const frame = (delta: JsonObject, finish: string | null = null, more: JsonObject = {}): string =>
  frameOf({ ...base, choices: [{ index: 0, delta, finish_reason: finish, ...more }] })
const stream = (...frames: readonly string[]): Answer => streamed([...frames, DONE_FRAME])
const HELLO = frame({ role: 'assistant', content: 'Hi' })
const STOP = frame({}, 'stop')
const bare = (members: JsonObject) => frameOf({ choices: [{ index: 0, delta: { content: 'Hi' } }], ...members })

export const STREAMED: { readonly [name: string]: Answer } = {
  ...Object.fromEntries(Object.entries(SHAPES).map(([name, shape]) => [`as ${name}`, recorded(shape)])),
  plain: chatSse(),
  'tool calls': recorded(toolCalls),
  'nulls in deltas': stream(frame({ role: 'assistant', content: 'Hi', ...NULLS }, null, { logprobs: null }), STOP),
  'a role of null': stream(frame({ role: null, content: 'Hi' }), STOP),
  'no index': stream(frameOf({ ...base, choices: [{ delta: { content: 'Hi' }, finish_reason: null }] }), STOP),
  'no finish reason': stream(bare(base), STOP),
  'no id, object, time and model': stream(bare({}), STOP),
  'a finish reason of its own': stream(HELLO, frame({}, 'eos')),
  'usage beside the finish': stream(HELLO, frameOf({ ...base, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: USAGE })),
  'usage without choices': stream(HELLO, STOP, frameOf({ ...base, usage: USAGE })),
  'usage with nulls': stream(HELLO, STOP, frameOf({
    ...base, choices: [], usage: { ...USAGE, cost: null, prompt_tokens_details: null, completion_tokens_details: null }
  })),
  'a fractional time': stream(frameOf({ ...base, created: 1_700_000_000.25, choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: null }] }), STOP),
  'an error after output': errorInStream({ pieces: ['Hi'] }),
  'a cut after output': cutAfterBytes(HELLO.length + 20, [HELLO, STOP.padEnd(300, ' ')])
}

/** What a provider may refuse with, and in what. */
export const REFUSED: ReadonlyArray<readonly [name: string, answer: Answer]> = [
  ...[400, 401, 402, 403, 404, 408, 409, 413, 418, 422, 424, 429, 451, 500, 502, 503, 504, 524, 529].map((code) =>
    [`refused with ${code}`, status(code)] as const),
  ['a page instead of an error', status(500, '<html><body>Bad</body></html>')],
  ['a list instead of an error', status(400, [{ error: { code: 400, message: 'No.', status: 'INVALID_ARGUMENT' } }])],
  ['a text instead of an error', status(422, { detail: [{ loc: ['body', 'x'], msg: 'No.', type: 'value_error' }] })],
  ['an error with 200', answerJson({ error: { message: 'No.', code: 'overloaded' } })],
  ['a cut answer', cutAfterBytes(20, '{"id":"chatcmpl-1","object":"chat.completion"}', 'application/json')],
  ['an empty answer', answerJson({})]
]
