// A provider that tells nonsense about its usage: the client gets its answer, the row its bound and the reason why.

import t from 'tap'
import { inPieces, provider } from '../upstreams.ts'
import { gateway, post } from '../helper.ts'

const NONSENSE: ReadonlyArray<readonly [usage: string, reason: RegExp]> = [
  ['{"prompt_tokens":-5,"completion_tokens":2}', /told a count of input that cannot be true/],
  ['{"prompt_tokens":9.5,"completion_tokens":2}', /told a count of input that cannot be true/],
  ['{"prompt_tokens":9,"completion_tokens":"many"}', /told a count of output that cannot be true/],
  ['{"prompt_tokens":9,"completion_tokens":1e18}', /told a count of output that cannot be true/],
  ['{"prompt_tokens":1000000000000000000,"completion_tokens":2}', /told a count of input that cannot be true/],
  ['{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":10}}', /count of input/],
  ['{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"completion_tokens_details":{"reasoning_tokens":3}}',
    /count of output/],
  ['{"prompt_tokens":50000000,"completion_tokens":2}', /told 50000000 input tokens for a body of \d+ bytes/],
  ['{"prompt_tokens":9,"completion_tokens":200000}', /told 200000 output tokens, more than the model can write/]
]

t.test('nonsense is passed on, not believed: the grade is bounded, the row has no counts, explain says why', async (t) => {
  let usage = ''
  const upstream = await provider(t, (call) => {
    const isStream = call.request.body.includes('"stream":true')
    const chunk = (rest: string) => `data: {"id":"c","choices":[${rest}}\n\n`
    const body = isStream
      ? chunk('{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]') + chunk(`],"usage":${usage}`) + 'data: [DONE]\n\n'
      : `{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":${usage}}`
    return inPieces([body], isStream ? 'text/event-stream' : 'application/json')(call)
  })
  const { url } = await gateway(t, { models: { m: [{ url: upstream.url }] } })

  for (const [told, reason] of NONSENSE) {
    usage = told
    for (const stream of [false, true]) {
      const answered = await post(`${url}/chat/completions`, {
        model: 'm', stream, stream_options: { include_usage: true }, messages: [{ role: 'user', content: 'hi' }]
      })
      t.equal(answered.status, 200)
      t.match(answered.text, '"hi"')
      if (!stream) t.equal(answered.headers.get('x-aibroker-cost-grade'), 'bounded', told)
      const explained = await fetch(`${url}/exchanges/${answered.headers.get('x-generation-id')}/explain`)
      const [attempt] = (await explained.json() as { attempts: Array<Record<string, unknown>> }).attempts
      t.match(attempt, { outcome: 'answered', cost_grade: 'bounded', reason }, `${told} stream ${stream}`)
    }
  }
  const { totals } = await (await fetch(`${url}/billing/usage`)).json() as { totals: Record<string, unknown> }
  t.match(totals, { requests: 2 * NONSENSE.length, prompt_tokens: 0, completion_tokens: 0, unpriced_requests: 0 })
})
