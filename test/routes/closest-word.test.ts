// Deadlines and stream modes are set in several places; the closest to the request counts. Over a whole gateway.

import t, { type Test } from 'tap'
import { gateway, post } from '../helper.ts'
import { chatSse, cutAfterBytes, never, provider, readSse, type Answer } from '../upstreams.ts'

const BEGINNING = 'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m",' +
  '"choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"},"finish_reason":null}]}\n\n'
const ASK = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }

interface Places {
  /** YAML members, in flow style. */
  readonly onProvider?: string
  readonly onModel?: string
  readonly env?: Record<string, string>
}

/** A gateway with one model; the answers are those of its backends, in order. */
async function serve (t: Test, answers: readonly Answer[], { onProvider = '', onModel = '', env = {} }: Places = {}) {
  const providers = await Promise.all(answers.map((answer) => provider(t, answer)))
  const rows = providers.map(({ url }, at) => `  p${at}: { base_url: "${url}", credential: none${onProvider} }`)
  const backends = providers.map((_, at) => `      - { provider: p${at}, model_id: m, priority: ${at} }`)
  const config = `providers:\n${rows.join('\n')}\nmodels:\n  m:\n    tier: standard\n${onModel}    backends:\n${backends.join('\n')}\n`
  return gateway(t, { config, env })
}

const SLOW = { onProvider: ', timeouts: { first_byte: 0.04 }', env: { AIBROKER_FIRST_BYTE_TIMEOUT_MS: '30' } }
const WAITS: ReadonlyArray<readonly [what: string, places: Places, headers: Record<string, string>, ms: number]> = [
  ['the environment', { env: SLOW.env }, {}, 30],
  ['the provider before the environment', SLOW, {}, 40],
  ['the model before the provider', { ...SLOW, onModel: '    timeouts: { first_byte: 50ms }\n' }, {}, 50],
  ['the header before the model', { ...SLOW, onModel: '    timeouts: { first_byte: 50ms }\n' },
    { 'x-aibroker-timeout-first-byte': '60ms' }, 60],
  ['another header leaves the model\'s word', { ...SLOW, onModel: '    timeouts: { first_byte: 50ms }\n' },
    { 'x-aibroker-timeout-between': '60ms' }, 50]
]

for (const [what, places, headers, ms] of WAITS) {
  t.test(`how long is waited for an answer is said by ${what}`, async (t) => {
    const { url } = await serve(t, [never()], places)
    const { status, text } = await post(`${url}/chat/completions`, ASK, headers)
    t.equal(status, 502)
    t.match(text, `did not answer within ${ms} ms`)
  })
}

t.test('the time for the whole request can be said by header', async (t) => {
  const { url } = await serve(t, [never()])
  const { status, json } = await post(`${url}/chat/completions`, ASK, { 'x-aibroker-timeout-total': '0.05' })
  t.equal(status, 408)
  t.equal(json().error.metadata.reason, 'deadline_passed')
})

type Mode = 'live' | 'atomic' | undefined
const MODES: ReadonlyArray<readonly [what: string, places: Places, key: Mode, header: Mode, isWhole: boolean]> = [
  ['nobody: live', {}, undefined, undefined, false],
  ['the model', { onModel: '    stream_mode: atomic\n' }, undefined, undefined, true],
  ['the key before the model', { onModel: '    stream_mode: atomic\n' }, 'live', undefined, false],
  ['the key alone', {}, 'atomic', undefined, true],
  ['the header before the key', {}, 'atomic', 'live', false],
  ['the header before key and model', { onModel: '    stream_mode: live\n' }, 'live', 'atomic', true]
]

for (const [what, places, key, header, isWhole] of MODES) {
  t.test(`what becomes of a broken stream is said by ${what}`, async (t) => {
    const { url, gateway: { keys } } = await serve(t, [cutAfterBytes(BEGINNING.length, BEGINNING), chatSse()], places)
    const token = key && keys.create({ streamMode: key }).token
    const response = await fetch(`${url}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ ...ASK, stream: true }),
      headers: {
        'content-type': 'application/json',
        ...token && { authorization: `Bearer ${token}` },
        ...header && { 'x-aibroker-stream': header }
      }
    })
    const { isDone, text } = await readSse(response)
    t.equal(isDone, isWhole)
    t.equal(text, isWhole ? 'Hello' : 'Hel')
  })
}
