// Silences, cuts in odd places, and streams that are valid HTTP but not what a reader hopes for.

import { play, type Play } from '../play.ts'
import { body, cut, end, event, events, garbage, head, part, raw, rest, silence, tokens, wait } from '../step.ts'

const MIB = 1024 * 1024
/** Opening event and 20 tokens. */
const HALF_WAY = [events(21)]
const FRAME_WITHOUT_END = 'data: {"choices":[{"index":0,"delta":{"content":"caf'
/** First half of an é. */
const HALF_CHARACTER = '\xc3'

export const STREAMS: { readonly [name: string]: Play } = {
  'silent-after-head': play('headers, then nothing', [head(200), silence]),
  'comments-only': play('headers and comments, but never an event', [head(200), body(': keep-alive\n\n', 10), silence]),
  'silent-before-end': play('every token, then nothing: neither finish nor [DONE]', [tokens(60), silence]),
  'closes-before-end': play('every token, then a clean end without finish or [DONE]', [tokens(60), end]),

  // Node's own client takes a reset that comes together with bytes for a clean end, so they come first.
  'resets-midway': play('resets the connection 10 ms after 20 tokens', [...HALF_WAY, wait(10), cut('reset')]),
  'cut-in-json': play('closes in the middle of an event\'s JSON', [...HALF_WAY, part(0.5), cut('fin')]),
  'cut-in-field': play('closes inside the word "data"', [...HALF_WAY, body('dat'), cut('fin')]),
  'cut-in-character': play('closes between the two bytes of an é', [
    ...HALF_WAY, body(FRAME_WITHOUT_END + HALF_CHARACTER), cut('fin')
  ]),
  'cut-in-chunk': play('closes in the middle of an HTTP chunk', [...HALF_WAY, raw('ff\r\ndata: {"choi'), cut('fin')]),
  'cut-in-chunk-size': play('closes in the middle of a chunk\'s size', [...HALF_WAY, raw('1f'), cut('fin')]),
  'cut-before-last-chunk': play('a whole stream, but the last chunk of HTTP is missing', [
    ...HALF_WAY, tokens(60), events(3), cut('fin')
  ]),

  'random-bytes': play('64 KiB of random bytes as the stream', [garbage(64 * 1024), end]),
  'random-midway': play('20 tokens, then random bytes, then the rest', [...HALF_WAY, garbage(512), body('\n\n'), rest]),
  'empty-lines': play('1,000,000 empty lines before the first event', [body('\n'.repeat(1_000), 1_000), rest]),
  'endless-line': play('100 MB of one line that never ends', [body('data: '), body('x'.repeat(MIB), 100), silence]),
  'returns-only': play('lines end in CR alone', [rest], { content: { newline: '\r' } }),
  'returns-and-feeds': play('lines end in CRLF', [rest], { content: { newline: '\r\n' } }),
  'byte-order-mark': play('a byte order mark before the first event', [body('\xef\xbb\xbf'), rest]),
  'every-event-twice': play('every event comes twice', [rest], { content: { repeats: 2 } }),
  'unknown-choice': play('an event for choice 7, which does not exist', [
    ...HALF_WAY, event({ choices: [{ index: 7, delta: { content: 'stray' }, finish_reason: null }] }), rest
  ]),
  'other-id': play('one event carries another id', [
    ...HALF_WAY, event({ id: 'chatcmpl-other', choices: [{ index: 0, delta: { content: '' }, finish_reason: null }] }), rest
  ]),

  'usage-not-a-number': play('usage counts are NaN, which is no JSON', [rest],
    { content: { usageText: '{"prompt_tokens":NaN,"completion_tokens":NaN,"total_tokens":NaN}' } }),
  'usage-negative': play('usage counts are negative', [rest],
    { content: { usage: { prompt_tokens: -5, completion_tokens: -60, total_tokens: -65 } } }),
  'usage-huge': play('usage counts of 10^18', [rest],
    { content: { usageText: '{"prompt_tokens":1000000000000000000,"completion_tokens":1000000000000000000,"total_tokens":2000000000000000000}' } }),
  'usage-untold': play('no usage, asked or not', [rest], { content: { usage: 'never' } }),
  'usage-unasked': play('usage whether or not it was asked for', [rest], { content: { usage: 'always' } })
}
