// GET /metrics and /health/backends of a whole broker: what happened there can be read here, by whoever may read it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { systemClock, type Clock } from '../../src/core/clock.ts'
import { canaryKey, gateway, post, type TestGateway } from '../helper.ts'
import { chatJson, chatSse, provider, status, type Answer } from '../upstreams.ts'

const OPERATOR = 'ab-operator-0123456789abcdef0123456789abcdef'
const ask = (model: string, rest: object = {}) => ({ model, messages: [{ role: 'user', content: 'Hi' }], ...rest })

/** Rests end when the test says so; timers are real. */
function standingClock (): Clock & { pass (ms: number): void } {
  let nowMs = 10_000
  return { ...systemClock, monotonicMs: () => nowMs, pass (ms) { nowMs += ms } }
}

/** A provider that can be switched over. */
function switched (first: Answer) {
  let current = first
  return { answer: ((call) => current(call)) as Answer, become (next: Answer) { current = next } }
}

async function scrape (broker: TestGateway, headers: Record<string, string> = {}) {
  const response = await fetch(`${broker.origin}/metrics`, { headers })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, lines: text.split('\n') }
}

/** The value of the first line that begins with a name and has all these labels. */
function valueOf (text: string, name: string, labels: Record<string, string | number> = {}): number | undefined {
  const parts = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  const line = text.split('\n')
    .find((line) => (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) && parts.every((part) => line.includes(part)))
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1))
}

async function backendsOf (broker: TestGateway, headers: Record<string, string> = {}) {
  const response = await fetch(`${broker.origin}/health/backends`, { headers })
  return { status: response.status, json: JSON.parse(await response.text()) }
}

t.test('requests, calls, tokens, money and times are counted', async (t) => {
  const one = await provider(t, chatJson())
  const broker = await gateway(t, { models: { tiny: [{ url: one.url }] } })
  await post(`${broker.url}/chat/completions`, ask('tiny'))
  await post(`${broker.url}/chat/completions`, ask('tiny'))
  await post(`${broker.url}/chat/completions`, ask('no-such-model'))

  const { status, headers, text } = await scrape(broker)
  t.equal(status, 200)
  t.equal(headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  t.equal(headers.get('cache-control'), 'no-store')
  const labels = { task: 'chat', provider: 'test0', model: 'tiny', status: '2xx' }
  t.equal(valueOf(text, 'aibroker_exchanges_total', labels), 2)
  t.equal(valueOf(text, 'aibroker_exchanges_total', { provider: 'none', model: 'other', status: '4xx' }), 1)
  t.equal(valueOf(text, 'aibroker_exchange_errors_total', { error: 'unknown_model' }), 1)
  t.equal(valueOf(text, 'aibroker_attempts_total', { provider: 'test0', outcome: 'answered' }), 2)
  t.equal(valueOf(text, 'aibroker_tokens_total', { provider: 'test0', direction: 'input' }), 18)
  t.equal(valueOf(text, 'aibroker_tokens_total', { provider: 'test0', direction: 'output' }), 6)
  t.equal(valueOf(text, 'aibroker_cost_nano_usd_total', { provider: 'test0', grade: 'reported' }), 2 * (9 * 1_000 + 3 * 2_000))
  t.equal(valueOf(text, 'aibroker_cost_grades_total', { provider: 'test0', grade: 'reported' }), 2)
  t.equal(valueOf(text, 'aibroker_exchange_duration_seconds_count', { task: 'chat' }), 3)
  t.equal(valueOf(text, 'aibroker_first_event_seconds_count', { provider: 'test0' }), 2)
  t.equal(valueOf(text, 'aibroker_exchanges_running'), 0)
  t.equal(valueOf(text, 'aibroker_ledger_writable'), 1)
  t.equal(valueOf(text, 'aibroker_provider_ready', { provider: 'test0' }), 1)
  t.equal(valueOf(text, 'aibroker_backend_state', { backend: 'test0:tiny-upstream' }), 0)
  t.equal(valueOf(text, 'aibroker_retries_total', { verdict: 'granted' }), 0)
  t.ok((valueOf(text, 'process_resident_memory_bytes') ?? 0) > 1e7)
  t.ok((valueOf(text, 'process_cpu_seconds_total') ?? 0) > 0)
  t.notMatch(text, canaryKey(0))
})

t.test('docs/metrics.md lists every metric, and no other', async (t) => {
  const { text } = await scrape(await gateway(t))
  const page = readFileSync(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split('|')[1] ?? '')
  const listed = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name))
  t.same(listed.toSorted(), [...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name).toSorted())
})

t.test('the text is what Prometheus reads: help and type before the values, buckets that add up, no value twice', async (t) => {
  const one = await provider(t, chatSse())
  const broker = await gateway(t, { models: { 'a/b+c:d': [{ url: one.url }] } })
  await post(`${broker.url}/chat/completions`, ask('a/b+c:d', { stream: true }))
  const { lines, text } = await scrape(broker)

  const seen = new Set<string>()
  let family = ''
  for (const line of lines.filter((line) => line !== '')) {
    const [, kind, name] = /^# (HELP|TYPE) (\w+) .+$/.exec(line) ?? []
    if (kind === 'HELP') family = name ?? ''
    if (kind !== undefined) continue
    t.match(line, new RegExp(`^${family}(_bucket|_sum|_count)?(\\{(\\w+="([^"\\\\]|\\\\.)*",?)+\\})? -?[\\d.e+-]+$`))
    const series = line.slice(0, line.lastIndexOf(' '))
    t.notOk(seen.has(series), series)
    seen.add(series)
  }
  t.equal(valueOf(text, 'aibroker_exchanges_total', { model: 'a/b+c:d' }), 1)
  const buckets = lines.filter((line) => line.startsWith('aibroker_exchange_duration_seconds_bucket{'))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)))
  t.same(buckets, buckets.toSorted((a, b) => a - b))
  t.equal(buckets.at(-1), valueOf(text, 'aibroker_exchange_duration_seconds_count'))
})

t.test('whatever clients make up, the numbers of series stay the same', async (t) => {
  const one = await provider(t, chatJson())
  const broker = await gateway(t, { models: { tiny: [{ url: one.url }] } })
  const series = async () => (await scrape(broker)).lines.filter((line) => line.startsWith('aibroker_')).length
  for (const model of ['test0/first', 'unheard-of']) await post(`${broker.url}/chat/completions`, ask(model))
  const before = await series()
  for (let number = 0; number < 20; number++) {
    await post(`${broker.url}/chat/completions`, ask(`test0/made-up-${number}`))
    await post(`${broker.url}/chat/completions`, ask(`unheard-of-${number}`))
  }
  t.equal(await series(), before)
})

t.test('an outage can be watched: the breaker opens, tries, and closes, and who is left alone is not called', async (t) => {
  const clock = standingClock()
  const { answer, become } = switched(status(503, { error: { message: 'out of order' } }))
  const one = await provider(t, answer)
  const broker = await gateway(t, { models: { tiny: [{ url: one.url }] }, clock })
  const send = () => post(`${broker.url}/chat/completions`, ask('tiny'))
  const state = async () => valueOf((await scrape(broker)).text, 'aibroker_backend_state', { backend: 'test0:tiny-upstream' })
  const row = async () => (await backendsOf(broker)).json.data[0]

  t.match(await row(), { backend: 'test0:tiny-upstream', models: ['tiny'], state: 'untried', last_reason: null, changed_at: null })
  while ((await row()).state !== 'open') t.equal((await send()).status, 502)
  t.equal(await state(), 2)
  const resting = await row()
  t.match(resting, { failures_in_a_row: 3, last_reason: 'out of order', credentials: 'ready' })
  t.ok(resting.retry_in_ms >= 800 && resting.retry_in_ms <= 1_200, `${resting.retry_in_ms}`)

  const calls = one.requests.length
  const refused = await send()
  t.equal(refused.status, 503)
  t.match(refused.json(), { error: { message: /^Every backend of tiny rests .* Retry in [12] s\.$/, metadata: { reason: 'backends_resting' } } })
  t.match(refused.headers.get('retry-after'), /^[12]$/)
  t.equal(one.requests.length, calls)
  const explained = JSON.parse(await (await fetch(`${broker.url}/exchanges/${refused.headers.get('x-generation-id')}/explain`)).text())
  t.match(explained.considered, [{
    backend: 'test0:tiny-upstream', code: 'backend_cooling', reason: /^is resting after 3 failures, next try in [12] s: answered 503$/
  }])

  clock.pass(1_200)
  t.equal(await state(), 1)
  become(chatJson())
  t.equal((await send()).status, 200)
  t.equal(await state(), 0)
  t.match(await row(), { state: 'closed', failures_in_a_row: 0, retry_in_ms: 0, last_reason: 'out of order' })
})

t.test('everybody\'s numbers are for keys of the operator, and for this machine while no key is needed', async (t) => {
  const one = await provider(t, chatJson())
  const broker = await gateway(t, { models: { tiny: [{ url: one.url }] }, env: { AIBROKER_API_KEYS: OPERATOR } })
  const { token } = broker.gateway.keys.create({ name: 'app' })
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
  for (const path of ['/metrics', '/health/backends']) {
    const read = (headers: Record<string, string>) => fetch(broker.origin + path, { headers })
    t.equal((await read(bearer(OPERATOR))).status, 200)
    t.equal((await read({})).status, 401)
    const refused = await read(bearer(token))
    t.equal(refused.status, 403)
    t.match(await refused.json(), { error: { metadata: { reason: 'not_allowed' }, message: path } })
  }
})

t.test('providers without a credential are not listed, backends that a client named are', async (t) => {
  const one = await provider(t, chatJson())
  const broker = await gateway(t, {
    config: 'providers:\n' +
      `  mine:\n    base_url: ${one.url}\n    credential: none\n` +
      'models:\n' +
      '  m:\n    backends:\n      - { provider: mine, model_id: a, priority: 1 }\n' +
      '      - { provider: openai, model_id: b, priority: 2 }\n' +
      '  n:\n    backends:\n      - { provider: mine, model_id: a, priority: 1 }\n'
  })
  await post(`${broker.url}/chat/completions`, ask('mine/direct'))
  const { json } = await backendsOf(broker)
  t.match(json.data, [
    { backend: 'mine:a', provider: 'mine', model_id: 'a', models: ['m', 'n'], state: 'untried' },
    { backend: 'mine:direct', models: [], state: 'closed' }
  ])
  t.equal(json.data.length, 2)
})
