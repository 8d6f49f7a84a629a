// Who is asked next after which outcome, and what a provider's statuses mean.

import t from 'tap'
import type { Outcome } from '../../src/core/outcome.ts'
import { Secret } from '../../src/core/secret.ts'
import { outcomeOfStatus } from '../../src/exchange/outcome-of.ts'
import { FIRST_GAP_MS, MOST_TURNS, PATIENCE_MS, Turns } from '../../src/exchange/turns.ts'
import { createCredentials } from '../../src/providers/credentials.ts'
import { createHealth } from '../../src/routing/health.ts'
import { createRetryBudget } from '../../src/routing/retry-budget.ts'
import { backend, model, provider, providersOf } from '../routing/samples.ts'

const DECLINED: Outcome = { kind: 'declined', status: 403, reason: 'flagged' }
const UNAUTHORISED: Outcome = { kind: 'unauthorised', status: 401, reason: 'who' }
const FAILED: Outcome = { kind: 'failed', status: 500, reason: 'oops' }
const UNREACHABLE: Outcome = { kind: 'unreachable', reason: 'nobody there' }
const STALLED: Outcome = { kind: 'stalled', afterMs: 5, reason: 'silent' }
const TOO_LONG: Outcome = { kind: 'refused', status: 400, reason: 'too long', remedy: 'larger_window' }
const FLAGGED: Outcome = { kind: 'refused', status: 400, reason: 'flagged', remedy: 'other_policy' }
const CUT: Outcome = { kind: 'cut', reason: 'ended early' }
const throttled = (retryAfterMs: number): Outcome => ({ kind: 'throttled', status: 429, retryAfterMs, reason: 'slow down' })

interface WorldOptions {
  readonly windows?: Readonly<Record<string, number>>
  readonly mayRetry?: boolean
  readonly mayReroutePolicy?: boolean
}

/** Exchanges over these backends; every provider has these keys. Time passes only while an exchange waits. */
function world (ids: readonly string[], keys: readonly string[], options: WorldOptions = {}) {
  const { windows = {}, mayRetry = true, mayReroutePolicy = false } = options
  let nowMs = 0
  const clock = { monotonicMs: () => nowMs, nowMs: () => nowMs }
  const random = () => 0
  const providers = providersOf(provider('openai'), provider('groq'))
  const credentials = createCredentials({ providers, secretsOf: () => keys.map((key) => new Secret(key)), clock })
  const health = createHealth({ clock, random })
  const candidates = ids.map((id) => {
    const at = { ...backend(id), contextWindow: windows[id] }
    return { backend: at, model: model('m', [at]), ceiling: undefined }
  })
  const plan = { requestedModel: 'm', policy: 'priority', candidates, excluded: [], catalogVersion: 'c' }
  const parts = {
    providers: () => providers,
    credentials,
    health,
    retryBudget: mayRetry ? createRetryBudget({ clock }) : { mayRetry: () => false },
    random,
    mayReroutePolicy
  }
  return {
    credentials,
    clock,
    /** One exchange in which every call comes to `outcome`: who was asked, and what was waited for. */
    run (outcome: Outcome | ((call: number) => Outcome)) {
      const turns = new Turns(plan, parts)
      const asked: string[] = []
      let calls = 0
      let last: Outcome | undefined
      for (let next = turns.next(undefined); next; next = turns.next(last)) {
        if ('waitMs' in next) {
          nowMs += next.waitMs
          asked.push(`wait ${next.waitMs}`)
          last = undefined
          continue
        }
        last = typeof outcome === 'function' ? outcome(calls++) : outcome
        credentials.giveBack(next.credential, last)
        health.note(next.candidate.backend.id, last)
        asked.push(`${next.candidate.backend.id} ${next.credential.id}`)
      }
      return asked
    }
  }
}

t.test('declined: every credential is asked once per backend, then the next backend, with all of them', async (t) => {
  const { run, credentials } = world(['openai:a', 'openai:b', 'groq:a'], ['k', 'l'])
  t.same(run(DECLINED), [
    'openai:a openai#0', 'openai:a openai#1', 'openai:b openai#0', 'openai:b openai#1', 'groq:a groq#0', 'groq:a groq#1'
  ])
  t.same(credentials.state('openai'), { kind: 'ready' })
})

t.test('an exchange that is declined at many backends counts once', async (t) => {
  const { run, credentials } = world(['openai:a', 'openai:b', 'openai:c', 'openai:d'], ['k'])
  t.equal(run(DECLINED).length, 4)
  t.equal(run(DECLINED).length, 4)
  t.same(credentials.state('openai'), { kind: 'ready' })
  run(DECLINED)
  t.same(credentials.state('openai'), { kind: 'refused', retryAfterMs: 30_000 })
})

t.test('the sixth call is the last, and what it came to is still told', async (t) => {
  const { run, credentials } = world(['openai:a', 'openai:b', 'openai:c', 'openai:d', 'openai:e', 'groq:a'], ['k'])
  for (let count = 0; count < 2; count++) t.equal(run(DECLINED).length, MOST_TURNS)
  run(DECLINED)
  t.same(credentials.state('groq'), { kind: 'refused', retryAfterMs: 30_000 })
})

t.test('a refused credential is not asked again anywhere', async (t) => {
  t.same(world(['openai:a', 'openai:b'], ['k']).run(UNAUTHORISED), ['openai:a openai#0'])
})

t.test('after a failure the same backend is asked once more, after a gap, then the next at once', async (t) => {
  const gap = (times: number) => `wait ${FIRST_GAP_MS * times / 2}` // half of a gap is chance, and chance is 0 here
  t.same(world(['openai:a', 'groq:a'], ['k']).run(FAILED),
    ['openai:a openai#0', gap(1), 'openai:a openai#0', 'groq:a groq#0', gap(2), 'groq:a groq#0'])
})

t.test('without a retry left in the budget a failure goes on at once, and nobody is asked twice', async (t) => {
  const { run } = world(['openai:a', 'groq:a'], ['k'], { mayRetry: false })
  t.same(run(FAILED), ['openai:a openai#0', 'groq:a groq#0'])
  t.same(run(UNREACHABLE), ['openai:a openai#0', 'groq:a groq#0'])
})

t.test('who cannot be reached or broke off has a second turn only when nobody else is left', async (t) => {
  for (const outcome of [UNREACHABLE, CUT]) {
    t.same(world(['openai:a', 'groq:a'], ['k']).run(outcome),
      ['openai:a openai#0', 'groq:a groq#0', 'openai:a openai#0', 'groq:a groq#0'])
  }
})

t.test('who was silent is never asked twice', async (t) => {
  t.same(world(['openai:a', 'groq:a'], ['k', 'l']).run(STALLED), ['openai:a openai#0', 'groq:a groq#0'])
  t.same(world(['openai:a'], ['k', 'l']).run({ kind: 'cut', reason: 'fell silent', isSilent: true }), ['openai:a openai#0'])
})

t.test('throttled: another credential, another backend, and only then a wait for the soonest', async (t) => {
  const { run } = world(['openai:a', 'groq:a'], ['k', 'l'])
  const waits = [9_000, 2_000, 8_000, 9_000, 9_000]
  t.same(run((call) => throttled(waits[call] ?? 0)), [
    'openai:a openai#0', 'openai:a openai#1', 'groq:a groq#0', 'groq:a groq#1', 'wait 2000', 'openai:a openai#1'
  ])
})

t.test('the waits of one exchange are bounded together', async (t) => {
  t.same(world(['openai:a'], ['k']).run(throttled(PATIENCE_MS + 1)), ['openai:a openai#0'])
  t.same(world(['openai:a'], ['k']).run(throttled(3_000)), ['openai:a openai#0', 'wait 3000', 'openai:a openai#0'])
})

t.test('a request that is too long goes to larger windows only', async (t) => {
  const windows = { 'openai:a': 8_000, 'openai:b': 4_000, 'groq:a': 128_000 }
  const { run } = world(['openai:a', 'openai:b', 'openai:c', 'groq:a'], ['k'], { windows })
  t.same(run(TOO_LONG), ['openai:a openai#0', 'groq:a groq#0'])
})

t.test('what a content policy refused goes elsewhere only where the operator allows it', async (t) => {
  const ids = ['openai:a', 'groq:a']
  t.same(world(ids, ['k']).run(FLAGGED), ['openai:a openai#0'])
  t.same(world(ids, ['k'], { mayReroutePolicy: true }).run(FLAGGED), ['openai:a openai#0', 'groq:a groq#0'])
})

t.test('a backend whose breaker is open is not asked', async (t) => {
  const { run } = world(['openai:a', 'groq:a'], ['k'], { mayRetry: false })
  for (let count = 0; count < 3; count++) run((call) => call === 0 ? FAILED : { kind: 'abandoned' })
  t.same(run(DECLINED), ['groq:a groq#0'])
})

const KINDS: ReadonlyArray<readonly [status: number, kind: Outcome['kind']]> = [
  [400, 'refused'], [401, 'unauthorised'], [402, 'declined'], [403, 'declined'], [404, 'refused'], [408, 'failed'],
  [422, 'refused'], [429, 'throttled'], [500, 'failed'], [503, 'failed']
]
t.test('only a 401 condemns the credential', async (t) => {
  for (const [status, kind] of KINDS) {
    const outcome = outcomeOfStatus(status, {}, { text: '{"error":{"message":"flagged"}}', nowMs: 0 })
    t.match(outcome, { kind, status, reason: 'flagged' })
  }
})

const REMEDIES: ReadonlyArray<readonly [error: Record<string, unknown>, remedy: string | undefined]> = [
  [{ code: 'context_length_exceeded', message: 'no' }, 'larger_window'],
  [{ message: 'This model\'s maximum context length is 8192 tokens.' }, 'larger_window'],
  [{ message: 'prompt is too long: 210000 tokens > 200000 maximum' }, 'larger_window'],
  [{ code: 'content_policy_violation', message: 'no' }, 'other_policy'],
  [{ code: 'content_filter', message: 'no' }, 'other_policy'],
  [{ code: 'invalid_value', message: 'temperature must be below 2' }, undefined]
]
t.test('a refusal tells what another backend would need', async (t) => {
  for (const [error, remedy] of REMEDIES) {
    const outcome = outcomeOfStatus(400, {}, { text: JSON.stringify({ error }), nowMs: 0 })
    t.equal(outcome.kind === 'refused' && outcome.remedy, remedy)
  }
})

t.test('a request above what the account may send at once goes to others, and no credential rests for it', async (t) => {
  const { run, credentials } = world(['openai:a', 'groq:a'], ['key'])
  const words = 'Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 48000.'
  const outcome = outcomeOfStatus(429, {}, { text: JSON.stringify({ error: { message: words } }), nowMs: 0 })
  t.match(outcome, { kind: 'refused', status: 413, remedy: 'other_backend' })
  t.same(run(outcome), ['openai:a openai#0', 'groq:a groq#0'])
  t.same(credentials.state('openai'), { kind: 'ready' })
})
