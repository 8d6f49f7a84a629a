// P2 at random: some hundred exchanges at once, whose providers and clients end them in random ways, against the books.
// RANDOM_SEED in the environment repeats a run.

import t from 'tap'
import type { Reports } from '../../src/ledger/reports.ts'
import { createReports } from '../../src/ledger/sqlite/reports.ts'
import { gateway } from '../helper.ts'
import { createRandom } from '../ledger/random.ts'
import {
  chatJson, chatSse, cutAfterBytes, errorInStream, never, provider, resetConnection, status, type Answer, type Call
} from '../upstreams.ts'
import { Counter, leapingClock, look, observe } from './observe.ts'

const EXCHANGES = 600
const AT_ONCE = 24
const SEED = Number(process.env['RANDOM_SEED'] ?? Date.now() % 1_000_000)
/** Prices of the test backends: USD 1 and 2 per million tokens. */
const INPUT_NANO_USD = 1_000n
const OUTPUT_NANO_USD = 2_000n

const isStream = ({ request }: Call) => request.json()['stream'] === true
const usage = (tokens: number) => ({ prompt_tokens: tokens, completion_tokens: 2 * tokens, total_tokens: 3 * tokens })

const good = (tokens: number): Answer => (call) =>
  (isStream(call) ? chatSse({ usage: usage(tokens) }) : chatJson({ usage: usage(tokens) }))(call)

const WAYS: Readonly<Record<string, (tokens: number) => Answer>> = {
  good,
  better: good,
  silent: () => never(),
  refused: () => status(400),
  failing: () => status(500),
  throttled: () => status(429, undefined, { 'retry-after': '1' }),
  unauthorised: () => status(401),
  reset: () => resetConnection(),
  cut: () => (call) => (isStream(call)
    ? cutAfterBytes(120, 'data: {"choices":[{"index":0,"delta":{"content":"Hel"},"finish_reason":null}]}\n\n'.repeat(2))
    : cutAfterBytes(20, '{"id":"c","choices":[]}', 'application/json'))(call),
  broken: () => errorInStream({ pieces: ['Hel'] })
}

/** What a client does: reads all, or leaves at once, when the provider was asked, or at the first bytes. */
const PATIENCE = ['reads', 'reads', 'reads', 'leaves at once', 'leaves when asked', 'leaves at first bytes'] as const

interface Whole {
  readonly id: string
  readonly status: number
  readonly tokens: number
  readonly isComplete: boolean
}

t.test(`P2 ${EXCHANGES} exchanges with random endings leave one settled row each`, async (t) => {
  t.comment(`seed ${SEED}`)
  const random = createRandom(SEED)
  const arrived = new Map<string, Counter>()
  const ways = Object.keys(WAYS)
  const answer = (call: Call) => {
    const user = String(call.request.json()['user'])
    arrived.get(user)?.reach()
    return (WAYS[random.pick(ways)] as (tokens: number) => Answer)(Number(user))(call)
  }
  const providers = await Promise.all([0, 1, 2].map(() => provider(t, answer)))
  const clock = leapingClock()
  const broker = await gateway(t, {
    models: { m: providers }, clock, env: { AIBROKER_FIRST_BYTE_TIMEOUT_MS: '150', AIBROKER_FIRST_EVENT_TIMEOUT_MS: '150', AIBROKER_LOG_LEVEL: 'warn' }
  })
  const observed = observe(broker)
  const whole: Whole[] = []

  const one = async (tokens: number) => {
    clock.leap() // who was throttled or refused is rested
    const user = String(tokens)
    const asked = new Counter()
    arrived.set(user, asked)
    const patience = random.pick(PATIENCE)
    const stream = random.upTo(1) === 0
    const leaving = new AbortController()
    const answered = fetch(`${broker.url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }], user, stream }),
      signal: leaving.signal
    })
    if (patience === 'leaves at once') setImmediate(() => { leaving.abort() })
    if (patience === 'leaves when asked') asked.reached(1).then(() => { leaving.abort() }, t.threw)
    const response = await answered
    if (patience === 'leaves at first bytes') return leaving.abort()
    const text = await response.text()
    const isComplete = response.status === 200 && (stream ? text.endsWith('data: [DONE]\n\n') : text.endsWith('}'))
    whole.push({ id: response.headers.get('x-generation-id') ?? '', status: response.status, tokens, isComplete })
  }

  let started = 0
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (started < EXCHANGES) await one(++started).catch(() => {})
  }))
  await broker.close() // some who left at once are still on their way in

  const rows = observed.rows()
  t.equal(rows.length, observed.begun, 'as many rows as exchanges')
  t.same(rows.filter(({ status }) => status === null), [])
  t.same(rows.flatMap(({ attempts }) => attempts).filter(({ outcome }) => outcome === null), [])
  t.match(observed.verify(), { ok: true, open: 0, exchanges: observed.begun })
  t.equal(observed.busy, 0, 'no credential is busy')
  const calls = providers.reduce((sum, { requests }) => sum + requests.length, 0)
  t.ok(observed.verify().attempts >= calls, 'every call has its attempt')

  t.same(look(broker.home, (sqlite) => whole.flatMap((seen) => differenceOf(seen, createReports(sqlite)))), [])
  const complete = whole.filter(({ isComplete }) => isComplete).length
  t.ok(complete > 0 && complete < whole.length && whole.length < EXCHANGES, 'all kinds of endings were there')
  const endings = rows.map(({ status, error }) => `${status} ${error ?? 'ok'}`)
  t.comment([...new Set(endings)].map((ending) => `${ending}: ${endings.filter((each) => each === ending).length}`).join(', '))
})

/** What the client saw and the books say otherwise. */
function differenceOf ({ id, status, tokens, isComplete }: Whole, reports: Reports): string[] {
  const record = reports.exchange(id)
  if (record?.status !== status) return [`${id} is ${record?.status} in the books and was ${status}`]
  const { outcome, costNanoUsd } = record.attempts.at(-1) ?? {}
  const cost = BigInt(tokens) * (INPUT_NANO_USD + 2n * OUTPUT_NANO_USD)
  if (!isComplete || (outcome === 'answered' && costNanoUsd === cost)) return []
  return [`${id} cost ${cost}, the books say ${costNanoUsd} (${outcome})`]
}
