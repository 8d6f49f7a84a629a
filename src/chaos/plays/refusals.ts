// Statuses and bodies of refusals: the class table of a gateway, line by line.

import { firstCalls, inTakes, play, type Play } from '../play.ts'
import { end, event, head, status, text, tokens, type HeaderValue, type Step } from '../step.ts'

const STATUSES = [400, 401, 402, 403, 404, 408, 409, 413, 422, 425, 451, 500, 501, 502, 503, 504, 520, 524, 529]
const REDIRECTS = [301, 302, 303, 307, 308]
const HTML = '<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>'

/** 429 with this Retry-After. */
function retryAfter (value: HeaderValue): Step[] {
  return [status(429, { message: 'Rate limit reached.', code: 'rate_limit_exceeded' }, [['retry-after', value]])]
}

function each (codes: readonly number[], toPlay: (code: number) => readonly [string, Play]): { [name: string]: Play } {
  return Object.fromEntries(codes.map(toPlay))
}

export const REFUSALS: { readonly [name: string]: Play } = {
  'throttled-for-a-date': inTakes('429 once, Retry-After as a date 3 s ahead',
    firstCalls(1, retryAfter({ dateAfterMs: 3_000 }))),
  'throttled-for-ages': inTakes('429 once, Retry-After of 1,000,000,000 s', firstCalls(1, retryAfter('1000000000'))),
  'throttled-for-less-than-nothing': inTakes('429 once, Retry-After: -5', firstCalls(1, retryAfter('-5'))),
  'throttled-in-x-headers': inTakes('429 once, the wait only in x-ratelimit-reset-requests', firstCalls(1, [
    status(429, { code: 'rate_limit_exceeded' }, [
      ['x-ratelimit-limit-requests', '60'], ['x-ratelimit-remaining-requests', '0'], ['x-ratelimit-reset-requests', '1s']
    ])
  ])),
  ...each(STATUSES, (code) => [`status-${code}`, play(`${code}, always`, [status(code)])]),
  ...each(REDIRECTS, (code) => [`redirect-${code}`, play(`${code} to another host, always`,
    [text(code, '', [['location', 'http://127.0.0.2:9/v1/chat/completions']])])]),
  'redirect-to-metadata': play('307 to the metadata address of clouds, always',
    [text(307, '', [['location', 'http://169.254.169.254/latest/meta-data/']])]),
  'html-error': play('502 with a page of HTML, always', [text(502, HTML, [['content-type', 'text/html']])]),
  'html-answer': play('200 with a page of HTML, always', [text(200, HTML, [['content-type', 'text/html']])]),
  'empty-error': play('500 without a body, always', [text(500, '')]),
  'empty-answer': play('200 without a body, always', [text(200, '', [['content-type', 'application/json']])]),
  'error-in-200': play('200 with an error as its JSON, always',
    [text(200, JSON.stringify({ error: { message: 'staged: broken inside', type: 'server_error', code: null } }),
      [['content-type', 'application/json']])]),
  'error-first': play('a stream whose first event is an error', [
    head(200), event({ error: { message: 'staged: overloaded', type: 'server_error', code: 503 } }), end
  ]),
  'error-in-stream': play('an error event after 20 tokens', [
    tokens(20), event({ error: { message: 'staged: overloaded', type: 'server_error', code: 503 } }), end
  ]),
  'unauthorised-once': inTakes('401 once, then well', firstCalls(1, [status(401)]))
}
