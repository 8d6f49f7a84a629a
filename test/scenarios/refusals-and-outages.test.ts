// Refusals that are about the request, an outage that passes, and whose bill it is in the end.

import t from 'tap'
import { stage } from '../stage.ts'
import { leavesNothing, MODES, rescued } from './whole.ts'

// Fault 12: 400 context_length_exceeded, always.

const PRICED = 'input_cost: 1\n        output_cost: 2'
const sized = (tokens: number) => `${PRICED}\n        context_window: ${tokens}`

for (const mode of MODES) {
  t.test(`fault 12, ${mode}: a backend with a larger window rescues it`, async (t) => {
    const play = await stage(t, {
      providers: [{ play: 'too-long', yaml: sized(8_192) }, { play: 'well', yaml: sized(128_000) }]
    })
    const told = await play.ask({ mode })
    rescued(t, told)
    t.equal(told.seen[0]?.calls.length, 1, 'exactly one try')
    await leavesNothing(t, play, told)
  })

  t.test(`fault 12, ${mode}: without a larger one the caller gets that 400`, async (t) => {
    const play = await stage(t, {
      providers: [{ play: 'too-long', yaml: sized(8_192) }, { play: 'well', yaml: sized(8_192) }]
    })
    const told = await play.ask({ mode })
    t.equal(told.caller.status, 400)
    t.match(told.caller.error, { message: /maximum context length is 8192/, metadata: { provider_code: 'context_length_exceeded' } })
    t.same(told.seen.map(({ calls }) => calls.length), [1, 0])
    await leavesNothing(t, play, told)
  })
}

// Fault 13: 400 for the provider's content policy, always.

for (const mode of MODES) {
  t.test(`fault 13, ${mode}: the caller gets that 400 with the provider's reason, and nobody else is asked`, async (t) => {
    const play = await stage(t, { providers: ['policy', 'well'] })
    const told = await play.ask({ mode })
    t.equal(told.caller.status, 400)
    t.match(told.caller.error, { message: /rejected by the safety system/, metadata: { provider_code: 'content_policy_violation' } })
    t.same(told.seen.map(({ calls }) => calls.length), [1, 0])
    await leavesNothing(t, play, told)
  })
}

t.test('fault 13: where the operator allows it, another backend is asked', async (t) => {
  const play = await stage(t, { providers: ['policy', 'well'], env: { AIBROKER_CONTENT_POLICY: 'next' } })
  const told = await play.ask()
  rescued(t, told)
  t.same(told.seen.map(({ calls }) => calls.length), [1, 1])
  await leavesNothing(t, play, told)
})

// Fault 15: 503 for 60 s, then healthy; a request every 4 s.

const OUTAGE_MS = 60_000
const BACK_WITHIN_MS = 30_000
const EVERY_MS = 4_000
const QUESTIONS = 26
/** Of the calls to a backend that is down: a breaker lets a few find out, not every request. */
const MOST_PROBES = 9

t.test('fault 15, every request is rescued, the outage is probed a few times, and the primary serves again soon after', async (t) => {
  const play = await stage(t, { providers: ['outage', 'well'] })
  const served: Array<{ atMs: number, provider: unknown }> = []
  for (let question = 0; question < QUESTIONS; question++) {
    await play.pass(question * EVERY_MS - play.nowMs)
    const told = await play.ask()
    rescued(t, told)
    served.push({ atMs: play.nowMs, provider: told.caller.headers['x-aibroker-provider'] })
    if (question === QUESTIONS - 1) await leavesNothing(t, play, told)
  }
  const [first, ...later] = play.providers[0]?.calls ?? []
  const startedMs = first?.monotonicMs ?? 0
  const whileDown = 1 + later.filter(({ monotonicMs }) => monotonicMs - startedMs < OUTAGE_MS).length
  t.ok(whileDown <= MOST_PROBES, `${whileDown} calls while it was down`)
  const back = served.find(({ atMs, provider }) => atMs - startedMs >= OUTAGE_MS && provider === 'test0')
  t.ok(back && back.atMs - startedMs <= OUTAGE_MS + BACK_WITHIN_MS, `back after ${back?.atMs} ms`)
  t.equal(served.at(-1)?.provider, 'test0')
})

// Fault 16: 503 always, and the fallback answers: whose usage and whose money it is.

const CHEAP = 'input_cost: 1\n        output_cost: 2'
const DEAR = 'input_cost: 3\n        output_cost: 6'
/** Two tokens of input and 60 of output at USD 3 and 6 per million. */
const COST_NANO_USD = 2n * 3_000n + 60n * 6_000n

for (const mode of MODES) {
  t.test(`fault 16, ${mode}: model, usage and cost are the fallback's; failed tries are attempts, not completions`, async (t) => {
    const play = await stage(t, { providers: [{ play: 'down', yaml: CHEAP }, { play: 'well', yaml: DEAR }] })
    const told = await play.ask({ mode })
    rescued(t, told)
    t.match(told.caller.usage, { prompt_tokens: 2, completion_tokens: 60, cost: Number(COST_NANO_USD) / 1e9 })
    t.equal(told.caller.headers['x-aibroker-provider'], 'test1')

    const answered = told.attempts.at(-1)
    t.match(answered, { provider: 'test1', outcome: 'answered', grade: 'reported', costNanoUsd: COST_NANO_USD })
    const failed = told.attempts.slice(0, -1)
    t.equal(failed.length, told.seen[0]?.calls.length, 'an attempt for each call')
    for (const attempt of failed) t.match(attempt, { provider: 'test0', outcome: 'failed', upstreamStatus: 503, costNanoUsd: 0n })

    const { rows: [row], totals } = play.broker.gateway.reports.usage({
      by: 'provider', sinceMs: undefined, untilMs: undefined, ip: undefined
    })
    t.match(row, { group: 'test1', requests: 1, errors: 0, completionTokens: 60, costNanoUsd: COST_NANO_USD })
    t.equal(totals.costNanoUsd, COST_NANO_USD)
    await leavesNothing(t, play, told)
  })
}
