// A broker whose clock only the test moves, in front of providers over real sockets, and what must hold after each
// exchange: recorded before it was sent (P1), settled once (P2), and whole or visibly broken (P6).
//
// Time and sockets take turns: the event loop turns until what was sent on loopback has arrived everywhere, then the
// clock takes a step. So a deadline never passes while the answer to it is on its way.

import type { Test } from 'tap'
import { steppedClock, type SteppedClock } from '../catalog/stepped-clock.ts'
import { gateway, type TestGateway } from '../helper.ts'
import { observe, rowsOf, type Observed } from '../promises/observe.ts'
import { provider, type Answer, type TestProvider } from '../upstreams.ts'
import { Caller, type Question } from './caller.ts'

/** A provider without traits of its own, or a built-in one with its. */
export type Role = Answer | { readonly as: 'groq' | 'mistral' | 'vllm', readonly answer: Answer }

export interface TimedOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Base URL of the first role, instead of its own. */
  readonly firstUrl?: string
}

export interface Ended {
  readonly status: number
  readonly error: string | null
  readonly outcomes: readonly string[]
}

export interface Timed {
  readonly broker: TestGateway
  readonly observed: Observed
  readonly providers: readonly TestProvider[]
  readonly clock: SteppedClock
  /** Asks `m`, and lets the question arrive. */
  ask (question?: Question): Promise<Caller>
  /** Lets time pass; what was sent before arrives before, and what it sets off afterwards. */
  pass (ms: number): Promise<void>
  /** Lets time pass until it has happened. @throws when it has not within `mostMs`. */
  until<Value> (promise: Promise<Value>, mostMs?: number): Promise<Value>
  /** Nobody has hung up on the first provider so far. */
  stillHears (t: Test): Promise<void>
  /** After the end of every question so far: the rows are as told, oldest first, and nothing is left open or taken. */
  holds (t: Test, ends: readonly Ended[]): Promise<void>
}

const STEP_MS = 50
/** Loopback delivers at once; a turn or two of the loop for each of the sockets, parsers and commits on the way. */
const TURNS = 40

export async function timed (t: Test, roles: readonly Role[], options: TimedOptions = {}): Promise<Timed> {
  const clock = steppedClock()
  let home = ''
  const unrecorded: string[] = []
  const providers = await Promise.all(roles.map((role) => {
    const answer = typeof role === 'function' ? role : role.answer
    return provider(t, (call) => {
      if (!rowsOf(home).some(({ attempts }) => attempts.at(-1)?.outcome === null)) unrecorded.push(call.request.path)
      return answer(call)
    })
  }))
  const urls = providers.map(({ url }, at) => at === 0 ? options.firstUrl ?? url : url)
  const env = { ...envOf(roles, urls), ...options.env }
  const broker = await gateway(t, { config: configOf(roles, urls), env, clock })
  home = broker.home
  const observed = observe(broker)

  async function until<Value> (promise: Promise<Value>, mostMs = 60_000): Promise<Value> {
    let isSettled = false
    const settled = promise.finally(() => { isSettled = true })
    settled.catch(() => {}) // whoever awaits it below hears of it
    const endMs = clock.monotonicMs() + mostMs
    for (;;) {
      await turns(() => isSettled)
      if (isSettled) return await settled
      if (clock.monotonicMs() >= endMs) throw new Error(`nothing came of it within ${mostMs} ms`)
      clock.pass(STEP_MS)
    }
  }

  return {
    broker,
    observed,
    providers,
    clock,
    until,
    async ask (question = {}) {
      const caller = new Caller(`${broker.url}/chat/completions`, question)
      t.teardown(() => { caller.leave() })
      await turns()
      return caller
    },
    async pass (ms) {
      await turns()
      clock.pass(ms)
      await turns()
    },
    async stillHears (t) {
      let isClosed = false
      providers[0]?.closed().then(() => { isClosed = true }, () => {})
      await turns()
      t.equal(isClosed, false, 'the provider is not hung up on')
    },
    async holds (t, ends) {
      await until(observed.ended(ends.length))
      t.same(unrecorded, [], 'P1: every call was recorded before it was sent')
      t.match(observed.rows(), ends.map(({ status, error, outcomes }) =>
        ({ status, error, attempts: outcomes.map((outcome, at) => ({ number: at + 1, outcome })) })))
      t.same(observed.rows().map(({ attempts }) => attempts.length), ends.map(({ outcomes }) => outcomes.length))
      t.match(observed.verify(), { ok: true, exchanges: ends.length, open: 0 }, 'P2: each is settled once')
      t.equal(observed.busy, 0, 'no credential is busy')
    }
  }
}

/** What was sent on loopback arrives. */
export async function turns (isOver: () => boolean = () => false): Promise<void> {
  for (let turn = 0; turn < TURNS && !isOver(); turn++) await new Promise((resolve) => { setImmediate(resolve) })
}

const idOf = (role: Role, at: number) => typeof role === 'function' ? `test${at}` : role.as

function configOf (roles: readonly Role[], urls: readonly string[]): string {
  const rows = roles.map((role, at) =>
    `      - { provider: ${idOf(role, at)}, model_id: up, priority: ${at + 1}, input_cost: 1, output_cost: 2 }\n`)
  const own = roles.map((role, at) => typeof role !== 'function'
    ? ''
    : `  test${at}: { wire: openai-chat, base_url: "${urls[at]}", credential: none }\n`).join('')
  return `${own && `providers:\n${own}`}models:\n  m:\n    context_window: 128000\n    max_output_tokens: 4096\n` +
    `    backends:\n${rows.join('')}`
}

function envOf (roles: readonly Role[], urls: readonly string[]): Record<string, string> {
  return Object.fromEntries(roles.flatMap((role, at) => typeof role === 'function'
    ? []
    : [[`${role.as.toUpperCase()}_BASE_URL`, urls[at] ?? ''], [`${role.as.toUpperCase()}_API_KEY`, 'key']]))
}
