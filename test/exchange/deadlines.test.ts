// The deadlines of an attempt one by one, each from the environment and from its header, with a clock moved by hand:
// nothing happens a moment before, and at the moment itself the call is hung up and somebody else is asked.

import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { chatJson, chatSse, headersThenSilence, never, streamed, type Answer } from '../upstreams.ts'
import { frameOf } from '../upstreams/frames.ts'
import { timed, type Ended } from './timed.ts'

const LIMIT_MS = 700
const NEVER = new Promise(() => {})
const RESCUED: Ended = { status: 200, error: null, outcomes: ['stalled', 'answered'] }
const CUT: Ended = { status: 200, error: 'stream_cut', outcomes: ['cut'] }

const ROLE = frameOf({ id: 'c', choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] })
const TEXT = frameOf({ id: 'c', choices: [{ index: 0, delta: { content: 'Hel' }, finish_reason: null }] })

/** Ways to say the same: a setting of the operator, or the request's own header. */
const WAYS: Readonly<Record<string, (name: string) => Record<'env' | 'headers', Record<string, string>>>> = {
  environment: (name) => ({
    env: { [`AIBROKER_${name.toUpperCase().replace('-', '_')}_TIMEOUT_MS`]: `${LIMIT_MS}` }, headers: {}
  }),
  header: (name) => ({ env: {}, headers: { [`x-aibroker-timeout-${name}`]: `${LIMIT_MS}ms` } })
}

/** Takes connections and says nothing, not even a TLS hello: an https connection to it never comes about. */
async function mutePort (t: Test): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

interface Silence {
  readonly name: string
  readonly silent: Answer
  readonly stream?: boolean
}

/** Where the first answer stops, and the deadline that ends it. Nothing was shown: the second backend is asked. */
const SILENCES: readonly Silence[] = [
  { name: 'first-byte', silent: never() },
  { name: 'first-byte', silent: never(), stream: false },
  { name: 'first-event', silent: headersThenSilence() },
  { name: 'first-event', silent: streamed([ROLE, TEXT], { gapBetween: () => NEVER }) },
  { name: 'between', silent: headersThenSilence('application/json'), stream: false },
  { name: 'between', silent: headersThenSilence('application/json', 503) }
]

for (const [way, limitBy] of Object.entries(WAYS)) {
  for (const [at, { name, silent, stream = true }] of SILENCES.entries()) {
    t.test(`${name} (${at + 1}), by ${way}: the silent one is hung up at that moment and the next one answers`, async (t) => {
      const { env, headers } = limitBy(name)
      const play = await timed(t, [silent, stream ? chatSse() : chatJson({ content: 'Hello' })], { env })
      const caller = await play.ask({ headers, body: { stream } })
      await play.pass(LIMIT_MS - 1)
      t.equal(play.providers[1]?.requests.length, 0, 'not a moment before')
      await play.pass(1)
      t.equal(play.providers[1]?.requests.length, 1)
      await play.until(Promise.all([play.providers[0]?.closed(), caller.ended]))
      t.match(caller.raw, stream ? /Hel.*lo.*\[DONE\]\n\n$/s : /"Hello"/)
      t.equal(play.providers[0]?.requests.length, 1, 'a silent backend is not asked twice')
      await play.holds(t, [RESCUED])
    })
  }

  t.test(`connect, by ${way}: a backend that is not reached in time is left for the next`, async (t) => {
    const { env, headers } = limitBy('connect')
    const firstUrl = `https://127.0.0.1:${await mutePort(t)}/v1`
    const play = await timed(t, [never(), chatSse()], { env, firstUrl })
    const caller = await play.ask({ headers })
    await play.pass(LIMIT_MS - 1)
    t.equal(play.providers[1]?.requests.length, 0, 'not a moment before')
    await play.pass(1)
    await play.until(caller.ended)
    t.match(await caller.stream(), { text: 'Hello', isDone: true })
    await play.holds(t, [{ ...RESCUED, outcomes: ['unreachable', 'answered'] }])
  })

  t.test(`between, by ${way}: a stream that falls silent is told in-band, and each event starts the time anew`, async (t) => {
    const { env, headers } = limitBy('between')
    const steps: Array<() => void> = []
    const silent = streamed([TEXT, TEXT, ': comment\n\n', TEXT], {
      gapBetween: () => new Promise<void>((resolve) => { steps.push(resolve) })
    })
    const play = await timed(t, [silent, chatSse()], { env })
    const caller = await play.ask({ headers })
    for (const step of [0, 1]) {
      await play.pass(LIMIT_MS - 1)
      steps[step]?.()
    }
    await play.pass(LIMIT_MS - 1)
    t.match([await caller.stream(), caller.isCut], [{ text: 'HelHel', error: undefined }, false])
    await play.pass(1)
    await play.until(Promise.all([play.providers[0]?.closed(), caller.ended]))
    t.match(await caller.stream(), { text: 'HelHel', isDone: false, error: { message: /fell silent for 700 ms/ } })
    t.equal(caller.isCut, true, 'P6')
    t.equal(play.providers[1]?.requests.length, 0)
    await play.holds(t, [CUT])
  })
}

t.test('a role and comments are not an output: they do not hold off the deadline of the first event', async (t) => {
  const restless = streamed([ROLE, ': wait\n\n', ': wait\n\n', TEXT], {
    gapBetween: () => new Promise<void>((resolve) => { steps.push(resolve) })
  })
  const steps: Array<() => void> = []
  const play = await timed(t, [restless, chatSse()], { env: { AIBROKER_FIRST_EVENT_TIMEOUT_MS: `${LIMIT_MS}` } })
  const caller = await play.ask()
  for (const step of [0, 1]) {
    await play.pass(LIMIT_MS / 2 - 1)
    steps[step]?.()
  }
  await play.pass(1)
  t.equal(play.providers[1]?.requests.length, 0)
  await play.pass(1)
  await play.until(caller.ended)
  t.match(await caller.stream(), { text: 'Hello', isDone: true })
  await play.holds(t, [RESCUED])
})

t.test('without deadlines a provider has all the time it wants', async (t) => {
  const names = ['FIRST_BYTE', 'FIRST_EVENT', 'BETWEEN', 'TOTAL']
  let answer = () => {}
  const asked = new Promise<void>((resolve) => { answer = resolve })
  const slow: Answer = async (call) => {
    await asked
    return chatJson()(call)
  }
  const play = await timed(t, [slow, never()], {
    env: Object.fromEntries(names.map((name) => [`AIBROKER_${name}_TIMEOUT_MS`, '0']))
  })
  const caller = await play.ask({ body: { stream: false } })
  await play.pass(86_400_000)
  answer()
  await play.until(caller.ended)
  t.equal(caller.status, 200)
  await play.holds(t, [{ status: 200, error: null, outcomes: ['answered'] }])
})
