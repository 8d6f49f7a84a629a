// What would it do and cost? Asked over HTTP, in front of a provider that must hear nothing of it.

import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { systemClock, type Clock } from '../../src/core/clock.ts'
import { LONGEST_MS } from '../../src/metering/token-counter.ts'
import { compiled } from '../compiled.ts'
import { gateway, post } from '../helper.ts'
import { rowsOf } from '../promises/observe.ts'
import { chatJson, freePort, provider } from '../upstreams.ts'

const BODY = { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] }

async function served (t: Test) {
  const [dear, cheap] = await Promise.all([provider(t, chatJson()), provider(t, chatJson())])
  const broker = await gateway(t, {
    models: {
      m: [
        { url: dear.url, yaml: 'input_cost: 10\n        output_cost: 30\n        per_request: 0.001' },
        { url: cheap.url, yaml: 'input_cost: 0.1\n        output_cost: 0.3' }
      ]
    }
  })
  return { broker, dear, cheap }
}

t.test('a misspelt dry_run is refused, not sent', async (t) => {
  const { broker, dear, cheap } = await served(t)
  for (const query of ['dryrun=1', 'dry-run=true', 'DRY_RUN=1']) {
    const answer = await post(`${broker.url}/chat/completions?${query}`, BODY)
    t.equal(answer.status, 400)
    t.match(await answer.json(), { error: { param: 'dry_run', message: /^Write dry_run=1/ } })
  }
  t.same([dear.requests, cheap.requests], [[], []])
})

for (const [way, path] of [
  ['POST /v1/explain', '/explain'],
  ['?dry_run=1', '/chat/completions?dry_run=1'],
  ['?dry_run=true', '/chat/completions?dry_run=true']
] as const) {
  t.test(`${way} tells the plan with its costs, asks nobody and books nothing`, async (t) => {
    const { broker, dear, cheap } = await served(t)
    const answer = await post(`${broker.url}${path}`, { ...BODY, stream: true })
    t.equal(answer.status, 200)
    const body = await answer.json() as Record<string, never>
    t.match(body, {
      object: 'aibroker.quote',
      requested_model: 'm',
      task: 'chat',
      is_stream: true,
      policy: 'priority',
      would_ask: 'test0:m-upstream',
      minimum_cost_usd: '0.001000000',
      candidates: [{ backend: 'test0:m-upstream', model: 'm' }, { backend: 'test1:m-upstream', minimum_cost_usd: '0.000000000' }],
      excluded: []
    })
    const [least, expected, most] = ['minimum', 'expected', 'maximum'].map((name) => Number(body[`${name}_cost_usd`]))
    t.ok(Number(least) < Number(expected) && Number(expected) < Number(most), JSON.stringify([least, expected, most]))
    t.same([dear.requests.length, cheap.requests.length], [0, 0])
    t.same(rowsOf(broker.home), [])
  })
}

t.test('what a backend really charges lies between minimum and maximum', async (t) => {
  const { broker } = await served(t)
  const quote = await (await post(`${broker.url}/explain`, BODY)).json() as Record<string, string>
  const answer = await post(`${broker.url}/chat/completions`, BODY)
  const cost = Number(answer.headers.get('x-aibroker-cost-usd'))
  t.ok(Number(quote['minimum_cost_usd']) <= cost && cost <= Number(quote['maximum_cost_usd']), JSON.stringify([quote, cost]))
})

t.test('a quote of a request that cannot be made is refused as the request would be', async (t) => {
  const { broker } = await served(t)
  for (const [body, status] of [
    [{ ...BODY, model: 'nonesuch' }, 400], [{ ...BODY, n: 1_000 }, 400], [{ model: 'm' }, 400], ['[]', 400]
  ] as const) {
    t.equal((await post(`${broker.url}/explain`, body)).status, status)
  }
  t.equal((await post(`${broker.url}/chat/completions?dry_run=maybe`, BODY)).status, 400)
  t.equal((await post(`${broker.url}/explain?task=nonsense`, BODY)).status, 400)
})

t.test('?dry_run=0 is no dry run', async (t) => {
  const { broker, dear } = await served(t)
  t.equal((await post(`${broker.url}/chat/completions?dry_run=0`, BODY)).status, 200)
  t.equal(dear.requests.length, 1)
})

t.test('X-Aibroker-Max-Cost-Usd leaves out whoever could cost more, and is a 402 when nobody is left', async (t) => {
  const { broker, dear, cheap } = await served(t)
  const limited = (limit: string) => post(`${broker.url}/chat/completions`, BODY, { 'x-aibroker-max-cost-usd': limit })
  const answer = await limited('0.001')
  t.equal(answer.status, 200)
  t.equal(answer.headers.get('x-aibroker-provider'), 'test1')
  t.same([dear.requests.length, cheap.requests.length], [0, 1])
  const refused = await limited('0.000000001')
  t.equal(refused.status, 402)
  t.match(await refused.json(), {
    error: { code: 402, message: /test0:m-upstream could cost USD 0\.\d+ .* Nearest is .*raise X-Aibroker-Max-Cost-Usd/ }
  })
  t.match(rowsOf(broker.home), [{ status: 200 }, { status: 402, error: 'too_costly', attempts: [] }])
})

t.test('a price that is not known is above every limit; nonsense is refused', async (t) => {
  const broker = await gateway(t, { models: { m: [{ url: `http://127.0.0.1:${await freePort()}/v1`, yaml: 'timeouts: {}' }] } })
  const limited = (limit: string) => post(`${broker.url}/chat/completions`, BODY, { 'x-aibroker-max-cost-usd': limit })
  t.equal((await limited('1000')).status, 402)
  for (const nonsense of ['-1', 'much', '0.0000000001', '']) t.equal((await limited(nonsense)).status, 400, nonsense)
})

/** Test machines are busy, and a count that takes too long is given up. */
const PATIENT: Clock = { ...systemClock, after: (ms, fn) => systemClock.after(ms === LONGEST_MS ? 60_000 : ms, fn) }

t.test('the input of known models is counted, images by their formula; of others its bytes are told from', async (t) => {
  const backends = ['gpt-4o', 'gpt-4', 'llama'].map((id, at) =>
    `      - {provider: test0, model_id: ${id}, priority: ${at + 1}, input_cost: 1, output_cost: 2}\n`)
  const broker = await gateway(t, {
    config: 'providers:\n  test0: {wire: openai-chat, base_url: "http://127.0.0.1:9/v1", credential: none}\nmodels:\n' +
      `  m:\n    context_window: 128000\n    capabilities: [vision]\n    backends:\n${backends.join('')}`,
    countingThread: pathToFileURL(await compiled('src/metering/counting-thread.ts')),
    clock: PATIENT
  })
  const quoted = async (content: unknown) => {
    const answer = await post(`${broker.url}/explain`, { model: 'm', max_tokens: 10, messages: [{ role: 'user', content }] })
    return (await answer.json() as { candidates: Array<Record<string, unknown>> }).candidates
  }
  const [counted, older, unknown] = await quoted('hello world '.repeat(100))
  t.match(counted, { counted_input_tokens: 201 + 1 + 3 + 3, expected_cost_usd: '0.000228000' })
  t.match(older, { counted_input_tokens: 201 + 1 + 3 + 3 })
  t.match(unknown, { counted_input_tokens: null, expected_cost_usd: /^0\.0004/ })
  const image = { type: 'image_url', image_url: { url: 'https://a.example/b.png', detail: 'low' } }
  const [seen] = await quoted([image, { type: 'text', text: 'hi' }])
  t.match(seen, { counted_input_tokens: 1 + 1 + 3 + 3 + 64 + 85 })
  const [file] = await quoted([{ type: 'file', file: { file_id: 'f' } }])
  t.match(file, { counted_input_tokens: null })
})
