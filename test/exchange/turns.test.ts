// Who is asked next after which outcome, and what a provider's statuses mean.

import t from 'tap'
import type { Outcome } from '../../src/core/outcome.ts'
import { Secret } from '../../src/core/secret.ts'
import { outcomeOfStatus } from '../../src/exchange/outcome-of.ts'
import { Turns } from '../../src/exchange/turns.ts'
import { createCredentials } from '../../src/providers/credentials.ts'
import { backend, model, provider, providersOf } from '../routing/samples.ts'

const DECLINED: Outcome = { kind: 'declined', status: 403, reason: 'flagged' }
const UNAUTHORISED: Outcome = { kind: 'unauthorised', status: 401, reason: 'who' }
const FAILED: Outcome = { kind: 'failed', status: 500, reason: 'oops' }

/** Exchanges over these backends; every provider has these keys. */
function world (ids: readonly string[], keys: readonly string[]) {
  const providers = providersOf(provider('openai'), provider('groq'))
  const credentials = createCredentials({
    providers, secretsOf: () => keys.map((key) => new Secret(key)), clock: { monotonicMs: () => 0 }
  })
  const candidates = ids.map((id) => {
    const at = backend(id)
    return { backend: at, model: model('m', [at]), ceiling: undefined }
  })
  const plan = { requestedModel: 'm', policy: 'priority', candidates, excluded: [], catalogVersion: 'c' }
  return {
    credentials,
    /** One exchange in which every call comes to `outcome`: who was asked. */
    run (outcome: Outcome) {
      const turns = new Turns(plan, providers, credentials)
      const asked: string[] = []
      for (let turn = turns.next(undefined); turn; turn = turns.next(outcome)) {
        credentials.giveBack(turn.credential, outcome)
        asked.push(`${turn.candidate.backend.id} ${turn.credential.id}`)
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
  t.same(credentials.state('openai'), { kind: 'cooling', retryAfterMs: 30_000 })
})

t.test('the sixth call is the last, and what it came to is still told', async (t) => {
  const { run, credentials } = world(['openai:a', 'openai:b', 'openai:c', 'openai:d', 'openai:e', 'groq:a'], ['k'])
  for (let count = 0; count < 2; count++) t.equal(run(DECLINED).length, 6)
  run(DECLINED)
  t.same(credentials.state('groq'), { kind: 'cooling', retryAfterMs: 30_000 })
})

t.test('a refused credential is not asked again anywhere, a failure goes on to the next backend', async (t) => {
  t.same(world(['openai:a', 'openai:b'], ['k']).run(UNAUTHORISED), ['openai:a openai#0'])
  t.same(world(['openai:a', 'openai:b'], ['k', 'l']).run(FAILED), ['openai:a openai#0', 'openai:b openai#1'])
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
