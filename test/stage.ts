// Stages a story: providers that misbehave, a broker between, one caller, and a clock that only the test moves.
//
// DESIGN. Sockets are real and need real turns of the event loop; time is not, and passes only here. So both take
// turns: the loop turns until no byte moves any more, then the clock takes one step, until what the test waits for has
// happened or more time has passed than the story allows. A deadline can therefore never pass while an answer to it
// is on its way, and a story of a minute takes a fraction of a second.

import type { Test } from 'tap'
import type { Play } from '../src/chaos/play.ts'
import { startChaos, type ChaosServer } from '../src/chaos/server.ts'
import type { StreamMode } from '../src/core/stream-mode.ts'
import type { AttemptRecord, ExchangeRecord } from '../src/ledger/reports.ts'
import { steppedClock } from './catalog/stepped-clock.ts'
import { gateway, post, type TestGateway } from './helper.ts'
import { Listener, type Heard } from './stage-listener.ts'

export type { Heard } from './stage-listener.ts'

/** A provider of the story: its play, and YAML members of its backend over price and sizes. */
export interface Role {
  readonly play: string | Play
  readonly yaml?: string
}

export interface StageOptions {
  /** In order of priority: the primary, its fallback, more. */
  readonly providers: ReadonlyArray<string | Role>
  readonly env?: Readonly<Record<string, string>>
  readonly modelYaml?: string
}

export interface Question {
  readonly mode?: StreamMode
  /** Members over those of a chat request for a stream with usage. */
  readonly body?: object
  /** Of staged time, until the caller must have its answer. */
  readonly mostMs?: number
  readonly stepMs?: number
}

/** What one provider saw of one question. */
export interface Seen {
  readonly calls: ChaosServer['calls']
  /** Staged ms between one call and the next. */
  readonly gapsMs: readonly number[]
  /** Per call: the broker hung up before the answer was whole. */
  readonly cancelled: readonly boolean[]
}

/** How the story of one question ended. */
export interface Told {
  readonly caller: Heard
  /** Staged ms from the question to the caller's end. */
  readonly tookMs: number
  /** In the order of the stage's providers. */
  readonly seen: readonly Seen[]
  /** The row of this question; undefined: the broker wrote none. */
  readonly row: ExchangeRecord | undefined
  readonly attempts: readonly AttemptRecord[]
}

export interface Stage {
  readonly broker: TestGateway
  readonly providers: readonly ChaosServer[]
  /** Staged ms since the stage was set. */
  readonly nowMs: number
  ask (question?: Question): Promise<Told>
  /** Lets staged time pass with nobody asking. */
  pass (ms: number): Promise<void>
  /** Alternates real turns with steps of the clock. @throws when it did not settle within `mostMs`. */
  advanceUntil<Value> (promise: Promise<Value>, stepMs: number, mostMs: number): Promise<Value>
  /** The broker serves another model at once and says that it is well. */
  isWell (): Promise<boolean>
}

/** Deadlines of every story unless it says otherwise: short beside the providers' silences, long beside a step. */
const DEADLINES = {
  AIBROKER_CONNECT_TIMEOUT_MS: '2000',
  AIBROKER_FIRST_BYTE_TIMEOUT_MS: '2000',
  AIBROKER_FIRST_EVENT_TIMEOUT_MS: '3000',
  AIBROKER_BETWEEN_TIMEOUT_MS: '2000',
  AIBROKER_TOTAL_TIMEOUT_MS: '60000'
}
const START_MS = Date.UTC(2026, 0, 1)
const STEP_MS = 50
const MOST_MS = 60_000
/** Turns without a byte after which nothing is on its way any more. */
const QUIET_TURNS = 12
const MOST_TURNS = 20_000
const MODEL = 'staged'
const CALM_MODEL = 'calm'

/** Sets the stage; the end of the test takes it down. */
export async function stage (t: Test, options: StageOptions): Promise<Stage> {
  const stepped = steppedClock()
  const clock = { ...stepped, nowMs: () => START_MS + stepped.monotonicMs() }
  const roles = options.providers.map((role): Role => typeof role === 'object' && 'play' in role ? role : { play: role })
  const providers: ChaosServer[] = []
  for (const { play } of [...roles, { play: 'well' }]) {
    const server = await startChaos({ play, clock })
    t.teardown(() => server.close())
    providers.push(server)
  }
  const calm = providers.pop() as ChaosServer
  const broker = await gateway(t, {
    models: {
      [MODEL]: providers.map(({ url }, at) => ({ url, ...roles[at]?.yaml !== undefined && { yaml: roles[at].yaml } })),
      [CALM_MODEL]: [{ url: calm.url }]
    },
    ...options.modelYaml !== undefined && { modelYaml: options.modelYaml },
    env: { ...DEADLINES, ...options.env },
    clock
  })
  const listeners: Listener[] = []
  const moved = () => [...providers, calm].reduce((sum, { calls, connections }) =>
    sum + connections + calls.reduce((bytes, { bytesSent, end }) => bytes + bytesSent + (end ? 2 : 1), 0), 0) +
    listeners.reduce((sum, { bytes }) => sum + bytes, 0)

  async function advanceUntil<Value> (promise: Promise<Value>, stepMs: number, mostMs: number): Promise<Value> {
    let isSettled = false
    const settled = promise.finally(() => { isSettled = true })
    settled.catch(() => {}) // whoever awaits it below hears of it
    const endMs = stepped.monotonicMs() + mostMs
    for (;;) {
      await calmDown(moved, () => isSettled)
      if (isSettled) return await settled
      if (stepped.monotonicMs() >= endMs) throw new Error(`nothing came of it within ${mostMs} staged ms`)
      stepped.pass(stepMs)
    }
  }

  async function ask (question: Question = {}): Promise<Told> {
    const { mode, body, stepMs = STEP_MS, mostMs = MOST_MS } = question
    const before = providers.map(({ calls }) => calls.length)
    const startedMs = stepped.monotonicMs()
    const listener = new Listener(`${broker.url}/chat/completions`, bodyOf(body), mode)
    listeners.push(listener)
    t.teardown(() => { listener.leave() })
    await advanceUntil(listener.ended, stepMs, mostMs)
    const tookMs = stepped.monotonicMs() - startedMs
    await calmDown(moved, () => false) // what the providers hear of the end
    const row = broker.gateway.reports.exchange(listener.heard.id)
    const seen = providers.map(({ calls }, at) => seenOf(calls.slice(before[at])))
    return { caller: listener.heard, tookMs, seen, row, attempts: row?.attempts ?? [] }
  }

  async function isWell (): Promise<boolean> {
    const health = await fetch(`${broker.origin}/health`)
    const asked = post(`${broker.url}/chat/completions`, bodyOf({ model: CALM_MODEL, stream: false }))
    const answer = await advanceUntil(asked, STEP_MS, 20 * STEP_MS)
    return health.ok && answer.status === 200
  }

  return {
    broker,
    providers,
    get nowMs () { return stepped.monotonicMs() },
    ask,
    pass (ms) {
      const passed = new Promise<void>((resolve) => { clock.after(ms, resolve) })
      return advanceUntil(passed, STEP_MS, ms + STEP_MS)
    },
    advanceUntil,
    isWell
  }
}

/** Real turns of the event loop until nothing moves. */
async function calmDown (moved: () => number, isOver: () => boolean): Promise<void> {
  let before = moved()
  for (let turn = 0, quiet = 0; turn < MOST_TURNS && quiet < QUIET_TURNS && !isOver(); turn++) {
    await new Promise((resolve) => { setImmediate(resolve) })
    const now = moved()
    quiet = now === before ? quiet + 1 : 0
    before = now
  }
}

function bodyOf (members: object = {}): string {
  return JSON.stringify({
    model: MODEL,
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content: 'say it' }],
    ...members
  })
}

function seenOf (calls: ChaosServer['calls']): Seen {
  return {
    calls,
    gapsMs: calls.slice(1).map(({ monotonicMs }, at) => monotonicMs - (calls[at]?.monotonicMs ?? 0)),
    cancelled: calls.map(({ end }) => end?.wasCancelled ?? false)
  }
}
