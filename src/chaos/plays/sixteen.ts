// The sixteen faults of docs/chaos.md, each as the play (or the two) that a provider would give.

import { firstCalls, inTakes, play, type Play } from '../play.ts'
import { cut, event, events, head, rest, silence, status, tokens, wait } from '../step.ts'

const LONG_SILENCE_MS = 30_000
const SLOW_START_MS = 20_000
const OUTAGE_MS = 60_000

const UNAVAILABLE = status(503, { message: 'The server is overloaded or not ready yet.', code: 'service_unavailable' })
const THROTTLED = { message: 'Rate limit reached for requests.', type: 'requests', code: 'rate_limit_exceeded' }
const DIES = [tokens(40), cut('fin')]

export const SIXTEEN: { readonly [name: string]: Play } = {
  'throttled-once': inTakes('429 with Retry-After: 2 once, then well',
    firstCalls(1, [status(429, THROTTLED, [['retry-after', '2']])]), { faults: [1] }),
  throttled: play('429 without Retry-After, always', [status(429, THROTTLED)], { faults: [2] }),
  'error-once': inTakes('500 once, then well', firstCalls(1, [status(500)]), { faults: [3] }),
  down: play('503, always', [UNAVAILABLE], { faults: [4, 16] }),
  'reset-once': inTakes('resets the connection before any byte once, then well',
    firstCalls(1, [cut('reset')]), { faults: [5] }),
  mute: play('accepts the request and never answers', [silence], { faults: [6] }),
  'slow-start': play('headers at once, the first event after 20 s', [head(200), wait(SLOW_START_MS), rest], { faults: [7] }),
  dies: play('the connection closes after 40 of 60 tokens', DIES, { faults: [8] }),
  'dies-once': inTakes('the connection closes after 40 of 60 tokens once, then well', firstCalls(1, DIES), { faults: [8] }),
  stalls: play('silent for 30 s after 20 tokens, then on', [tokens(20), wait(LONG_SILENCE_MS), rest], { faults: [9] }),
  noise: play('text that is not JSON between two events, the rest is fine',
    [tokens(20), event('<<< noise between two events >>>'), rest], { faults: [10] }),
  damaged: play('one event is cut short in the middle, the rest is fine',
    [tokens(20), event('{"id":"chatcmpl-chaos","object":"chat.completion.chunk","choices":[{"index":0,"del'), rest],
    { faults: [10] }),
  'no-done': play('a whole stream that ends without [DONE]', [rest], { faults: [11], content: { hasDone: false } }),
  'too-long': play('400 context_length_exceeded, always', [status(400, {
    message: 'This model\'s maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.',
    param: 'messages',
    code: 'context_length_exceeded'
  })], { faults: [12] }),
  policy: play('400 content policy, always', [status(400, {
    message: 'Your request was rejected by the safety system.', code: 'content_policy_violation'
  })], { faults: [13] }),
  'refuses-prefill': play('well, but 400 when the last message is the assistant\'s', [rest],
    { faults: [14], content: { prefill: 'refuses' } }),
  outage: inTakes('503 for 60 s from its first call on, then well',
    [{ scope: { kind: 'time', ms: OUTAGE_MS }, steps: [UNAVAILABLE] }], { faults: [15] }),
  well: play('a whole answer of 60 tokens', [rest]),
  continues: play('well, and goes on behind the assistant\'s last message', [rest], { content: { prefill: 'continues' } }),
  slow: play('well, a token every 100 ms', [events(1), tokens(60, 100, 20), rest]),
  reasons: play('20 tokens of reasoning before the text', [rest], { content: { reasoning: 20 } }),
  'calls-tools': play('two tool calls and no text', [rest], { content: { tokens: 0, toolCalls: 2 } }),
  'two-choices': play('every token in two choices', [rest], { content: { choices: 2 } })
}
