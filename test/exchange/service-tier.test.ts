// The bill follows what the answer tells of itself, from the wire to the books, and not what the request asked for.

import Database from 'better-sqlite3'
import { join } from 'node:path'
import t from 'tap'
import { gateway, post } from '../helper.ts'
import { inPieces, provider } from '../upstreams.ts'

const USAGE = '{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}'
const TERMS = `input_cost: 1
        output_cost: 2
        tiers: [{ above_input: 999, output_cost: 3 }]
        service_tiers: { flex: 0.5, priority: 2 }
        markup: 1.25`

interface Explained {
  readonly attempts: ReadonlyArray<Record<string, unknown>>
}

t.test('a service tier beside the usage, in a plain answer and in the last event of a stream, makes the bill', async (t) => {
  const upstream = await provider(t, (call) => {
    const isStream = call.request.body.includes('"stream":true')
    const chunk = (rest: string) => `data: {"id":"c","service_tier":"flex","choices":[${rest}}\n\n`
    const body = isStream
      ? chunk('{"index":0,"delta":{"content":"hi"},"finish_reason":"stop"}]') + chunk(`],"usage":${USAGE}`) + 'data: [DONE]\n\n'
      : '{"id":"c","service_tier":"flex","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},' +
        `"finish_reason":"stop"}],"usage":${USAGE}}`
    return inPieces([body], isStream ? 'text/event-stream' : 'application/json')(call)
  })
  const { url, home } = await gateway(t, { models: { m: [{ url: upstream.url, yaml: TERMS }] } })

  for (const stream of [false, true]) {
    const answered = await post(`${url}/chat/completions`, {
      model: 'm', stream, service_tier: 'priority', messages: [{ role: 'user', content: 'hi' }]
    })
    const explained = await fetch(`${url}/exchanges/${answered.headers.get('x-generation-id')}/explain`)
    const { attempts } = await explained.json() as Explained
    t.match(attempts, [{
      cost_usd: '0.000650000', // (1000 x 1 + 100 x 3) / M x 0.5
      markup_usd: '0.000162500',
      line_items: [
        { kind: 'input', count: 1_000, cost_usd: '0.000500000' }, { kind: 'output', count: 100, cost_usd: '0.000150000' }
      ],
      price_applied: { above_input: 999, service_tier: 'flex', region: null, utc_hours: null, is_service_tier_priced: true }
    }], `stream ${stream}`)
  }
  const sqlite = new Database(join(home, 'aibroker.db'), { readonly: true })
  t.teardown(() => { sqlite.close() })
  t.same(sqlite.prepare('SELECT DISTINCT line_items FROM attempts').pluck().all(),
    ['tier=999;service=flex;input:1000:500000;output:100:150000'])
  t.same(sqlite.prepare('SELECT document FROM prices').pluck().all(),
    ['input=1000/1;output=2000/1|tier 999 output=3000/1|service flex 1/2|service priority 2/1'])
})
