// P1: no provider sees a request before its rows are committed. The providers look into the books themselves, through
// a connection of their own, at the moment the request is there.

import t from 'tap'
import type { Test } from 'tap'
import { gateway, post, type TestGateway } from '../helper.ts'
import {
  chatJson, chatSse, provider, readSse, resetConnection, sequence, speechBytes, status, transcriptionJson, type Answer
} from '../upstreams.ts'
import { latch, leapingClock, lockBooks, rowsOf, type ExchangeRow } from './observe.ts'

interface Setting {
  readonly broker: TestGateway
  /** What the books held when a request arrived: one list for each, in order. */
  readonly seen: readonly ExchangeRow[][]
  readonly providers: ReadonlyArray<Awaited<ReturnType<typeof provider>>>
}

const TASKS = 'capabilities: [chat, transcription, speech]'

/** One model served by a provider for each answer, in this order. */
async function witnesses (t: Test, ...answers: readonly Answer[]): Promise<Setting> {
  const seen: ExchangeRow[][] = []
  let home = ''
  const providers = await Promise.all(answers.map((answer) => provider(t, (call) => {
    seen.push(rowsOf(home))
    return answer(call)
  })))
  const broker = await gateway(t, { models: { m: providers }, modelYaml: TASKS, clock: leapingClock('hasty') })
  home = broker.home
  return { broker, seen, providers }
}

const CHAT = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }

const running = (...attempts: ReadonlyArray<string | null>) => ({
  status: null,
  error: null,
  attempts: attempts.map((outcome, at) => ({ number: at + 1, outcome }))
})

function formOf (text: string): FormData {
  const form = new FormData()
  form.set('model', 'm')
  form.set('file', new Blob([text]), 'speech.wav')
  return form
}

t.test('P1 a plain request is recorded and open when the provider receives it', async (t) => {
  const { broker, seen } = await witnesses(t, chatJson())
  t.equal((await post(`${broker.url}/chat/completions`, CHAT)).status, 200)
  t.match(seen, [[running(null)]])
  t.match(rowsOf(broker.home), [{ status: 200, attempts: [{ number: 1, outcome: 'answered' }] }], 'settled afterwards')
})

t.test('P1 a stream is recorded when the provider receives it', async (t) => {
  const { broker, seen } = await witnesses(t, chatSse())
  t.equal((await post(`${broker.url}/chat/completions`, { ...CHAT, stream: true })).status, 200)
  t.match(seen, [[running(null)]])
})

t.test('P1 a form is recorded when the provider receives it, small and spooled to a file', async (t) => {
  const { broker, seen } = await witnesses(t, transcriptionJson())
  for (const text of ['small', 'x'.repeat(3_000_000)]) {
    const response = await fetch(`${broker.url}/audio/transcriptions`, { method: 'POST', body: formOf(text) })
    t.equal(response.status, 200, await response.text())
  }
  t.match(seen.map((rows) => rows.at(-1)), [running(null), running(null)])
  t.same(seen.map((rows) => rows.length), [1, 2])
})

t.test('P1 speech is recorded when the provider receives it', async (t) => {
  const { broker, seen } = await witnesses(t, speechBytes())
  t.equal((await post(`${broker.url}/audio/speech`, { model: 'm', input: 'hi', voice: 'alloy' })).status, 200)
  t.match(seen, [[running(null)]])
})

t.test('P1 every attempt of a failover is recorded before its provider sees it, and the failed ones are closed', async (t) => {
  const { broker, seen } = await witnesses(
    t, sequence(status(500), resetConnection()), status(429), status(401), chatJson({ usage: null }))
  t.equal((await post(`${broker.url}/chat/completions`, CHAT)).status, 200)
  t.match(seen, [
    [running(null)],
    [running('failed', null)],
    [running('failed', 'failed', null)],
    [running('failed', 'failed', 'throttled', null)],
    [running('failed', 'failed', 'throttled', 'unauthorised', null)]
  ])
  t.same(seen.map((rows) => rows[0]?.attempts.length), [1, 2, 3, 4, 5])
})

t.test('P1 a form that fails over is recorded before each of its providers sees it', async (t) => {
  const { broker, seen } = await witnesses(t, status(503), transcriptionJson())
  const response = await fetch(`${broker.url}/audio/transcriptions`, { method: 'POST', body: formOf('speech') })
  t.equal(response.status, 200, await response.text())
  t.match(seen, [[running(null)], [running('failed', null)], [running('failed', 'failed', null)]])
  t.equal(seen.length, 3)
})

t.test('P1 under load each provider finds as many open attempts as it has requests', async (t) => {
  const AT_ONCE = 100
  const { broker, seen } = await witnesses(t, chatJson())
  await Promise.all(Array.from({ length: AT_ONCE }, () => post(`${broker.url}/chat/completions`, CHAT)))
  t.equal(seen.length, AT_ONCE)
  for (const [at, rows] of seen.entries()) t.ok(rows.length > at, `request ${at + 1} found ${rows.length} rows`)
})

t.test('P1 while the commit is still coming nothing is sent, however long it takes', async (t) => {
  for (const body of [CHAT, { ...CHAT, stream: true }]) {
    const other = await provider(t, chatJson())
    const asked = await provider(t, (call) => (body === CHAT ? chatJson() : chatSse())(call))
    const broker = await gateway(t, { models: { m: [asked], other: [other] } })
    const { ledger } = broker.gateway
    const { held, release } = holdNext(ledger, 'open')
    const answer = post(`${broker.url}/chat/completions`, body)
    await held
    // Ten whole exchanges pass: time enough for a request that was sent too early to arrive.
    for (let at = 0; at < 10; at++) await post(`${broker.url}/chat/completions`, { ...CHAT, model: 'other' })
    t.equal(other.requests.length, 10)
    t.same([asked.requests.length, asked.connections], [0, 0])
    release()
    t.equal((await answer).status, 200)
    t.equal(asked.requests.length, 1)
  }
})

t.test('P1 while the commit of a further attempt is still coming nobody hears anything of it', async (t) => {
  const other = await provider(t, chatJson())
  const first = await provider(t, status(500))
  const second = await provider(t, chatJson())
  const broker = await gateway(t, { models: { m: [first, second], other: [other] }, clock: leapingClock('hasty') })
  const { ledger } = broker.gateway
  let next = holdNext(ledger, 'retry')
  const answer = post(`${broker.url}/chat/completions`, CHAT)
  for (const heard of [1, 2]) {
    const { held, release } = next
    await held
    for (let at = 0; at < 10; at++) await post(`${broker.url}/chat/completions`, { ...CHAT, model: 'other' })
    t.same([first.requests.length, second.requests.length, second.connections], [heard, 0, 0])
    next = holdNext(ledger, 'retry')
    release()
  }
  t.equal((await answer).status, 200)
})

t.test('P1 when the books cannot be written no provider hears anything and the client gets 503', async (t) => {
  const { broker, providers: [only] } = await witnesses(t, chatJson())
  const unlock = lockBooks(broker.home)
  t.teardown(unlock)
  for (const body of [CHAT, { ...CHAT, stream: true }]) {
    const { status, headers, json } = await post(`${broker.url}/chat/completions`, body)
    t.equal(status, 503)
    t.match(json().error.message, /^The ledger cannot be written \(another program holds the database\)/)
    t.equal(headers.get('x-generation-id'), null, 'there is no row to look up')
  }
  const form = await fetch(`${broker.url}/audio/transcriptions`, { method: 'POST', body: formOf('speech') })
  t.equal(form.status, 503)
  await form.text()
  t.same([only?.requests.length, only?.connections], [0, 0])
  unlock()
  t.same(rowsOf(broker.home), [])
  t.equal((await post(`${broker.url}/chat/completions`, CHAT)).status, 200, 'and it works again when they can')
})

t.test('P1 when the second attempt cannot be recorded the second provider hears nothing', async (t) => {
  let unlock = () => {}
  t.teardown(() => { unlock() })
  let home = ''
  const first = await provider(t, (call) => {
    unlock = lockBooks(home)
    return status(500)(call)
  })
  const second = await provider(t, chatJson())
  const broker = await gateway(t, { models: { m: [first, second] } })
  home = broker.home
  const { status: code, json } = await post(`${broker.url}/chat/completions`, CHAT)
  t.equal(code, 503)
  t.match(json().error.message, /ledger cannot be written/)
  t.same([second.requests.length, second.connections], [0, 0])
})

t.test('P1 a stream that was refused by the books is an error, not an empty stream', async (t) => {
  const { broker } = await witnesses(t, chatSse())
  t.teardown(lockBooks(broker.home))
  const response = await fetch(`${broker.url}/chat/completions`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...CHAT, stream: true })
  })
  const { events, isDone } = await readSse(response)
  t.match({ status: response.status, type: response.headers.get('content-type') }, { status: 503, type: /^application\/json/ })
  t.same([events, isDone], [[], false])
})

/** The next call of this kind waits, before it writes anything, until it is released. */
function holdNext (ledger: TestGateway['gateway']['ledger'], call: 'open' | 'retry') {
  const held = latch()
  const released = latch()
  const original = ledger[call].bind(ledger) as (...args: unknown[]) => Promise<never>
  let isFirst = true
  ledger[call] = async (...args: unknown[]) => {
    if (isFirst) {
      isFirst = false
      held.open()
      await released.opened
    }
    return original(...args)
  }
  return { held: held.opened, release: released.open }
}
