// OpenRouter's dialect, checks 112 and 115: a provider that will not or cannot answer, and another one that does.

import t, { type Test } from 'tap'
import { steppedClock } from '../catalog/stepped-clock.ts'
import { gateway, post, type TestGateway } from '../helper.ts'
import { leapingClock } from '../promises/observe.ts'
import { WHOLE } from '../scenarios/whole.ts'
import { stage } from '../stage.ts'
import { answerJson, freePort, provider, rawBytes, resetConnection, sequence, status, type Answer } from '../upstreams.ts'
import { answered, MESSAGES, WELL } from './scene.ts'

const ask = ({ url }: TestGateway, more: object = {}) => post(`${url}/chat/completions`, { model: 'm', messages: MESSAGES, ...more })

t.test('112: who says 429 rests as long as it asked for, and the next one answers at once', async (t) => {
  // Time passes only by hand: an answer that waited for anything would not come.
  const clock = steppedClock()
  const first = await provider(t, sequence(status(429, undefined, { 'retry-after': '30' }), answered()))
  const second = await provider(t, answered())
  const broker = await gateway(t, { models: { m: [first, second] }, clock })
  const served = async () => {
    const { status, headers } = await ask(broker)
    t.equal(status, 200)
    return headers.get('x-aibroker-provider')
  }
  t.equal(await served(), 'test1')
  clock.pass(29_999)
  t.equal(await served(), 'test1')
  t.equal(first.requests.length, 1, 'it is not asked while it rests')
  clock.pass(1)
  t.equal(await served(), 'test0', 'and again when it has rested')
})

/** No resolver asks anybody for it: a label has 63 letters at the most. */
const UNKNOWN_HOST = `https://${'x'.repeat(64)}.invalid/v1`
const HTML: Answer = ({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end('<html>Bad Gateway</html>')
}

const FAILURES: ReadonlyArray<readonly [what: string, outcome: string, urlOf: (t: Test) => Promise<string>]> = [
  ['a refused connection', 'unreachable', async () => `http://127.0.0.1:${await freePort()}/v1`],
  ['a name nobody knows', 'unreachable', async () => UNKNOWN_HOST],
  ['a reset', 'failed', async (t) => (await provider(t, resetConnection())).url],
  ['bytes that are no HTTP', 'failed', async (t) => (await provider(t, rawBytes(['SSH-2.0-x\r\n']))).url],
  ['JSON that is none', 'failed', async (t) => (await provider(t, HTML)).url],
  ['half of a JSON', 'failed', async (t) => (await provider(t, rawBytes([
    'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{"id":"c","choices":[{"index":0,'
  ]))).url],
  ['JSON that is no answer', 'failed', async (t) => (await provider(t, answerJson([]))).url]
]

for (const [what, outcome, urlOf] of FAILURES) {
  t.test(`115: ${what} is the provider's failure, and the next one answers`, async (t) => {
    const well = await provider(t, (call) => (call.request.json()['stream'] === true ? WELL : answered())(call))
    const broker = await gateway(t, { models: { m: [{ url: await urlOf(t) }, well] }, clock: leapingClock('hasty') })
    const { status, headers, json } = await ask(broker)
    t.equal(status, 200)
    t.equal(headers.get('x-aibroker-provider'), 'test1')
    t.equal(json().choices[0].message.content, 'Hello')
    const explained = await fetch(`${broker.url}/exchanges/${headers.get('x-generation-id')}/explain`)
    const { attempts } = await explained.json() as { readonly attempts: readonly object[] }
    t.match(attempts, [{ provider: 'test0', outcome }])
    t.match(attempts.at(-1), { provider: 'test1', outcome: 'answered' })
    const stream = await ask(broker, { stream: true })
    t.equal(stream.status, 200)
    t.match(stream.text, /data: \[DONE\]\n\n$/)
    t.notMatch(stream.text, 'error')
  })
}

for (const [what, play] of [['no headers', 'mute'], ['headers, and nothing behind them', 'comments-only']] as const) {
  t.test(`115: ${what} in time is the provider's failure, and the next one answers`, async (t) => {
    const { ask } = await stage(t, { providers: [play, 'well'] })
    for (const body of [{}, { stream: false, stream_options: undefined }]) {
      const { caller, attempts } = await ask({ body })
      t.match(caller, { status: 200, text: WHOLE, error: undefined, headers: { 'x-aibroker-provider': 'test1' } })
      t.match(attempts, [{ outcome: 'stalled' }, { outcome: 'answered' }])
    }
  })
}
