// P10 as pure functions: a plan to text and back, and an exchange in words.

import t from 'tap'
import { explain, type ExplainedAttempt, type ExplainedExchange } from '../../src/routing/explain.ts'
import { planText, readPlanText } from '../../src/routing/plan-text.ts'
import { EXCLUSIONS } from '../../src/routing/plan.ts'
import { reasonFor } from '../../src/routing/reasons.ts'
import { restText } from '../../src/routing/rest-text.ts'
import { backend, catalogOf, model, price, request, routerOf } from './samples.ts'

const FAIR = price({ input: '1', output: '3' })
const catalog = catalogOf(model('m', [
  backend('openai:a', { price: FAIR, priority: 1 }),
  backend('groq:b:free', { price: FAIR, priority: 2 }),
  backend('openrouter:x/a', { price: FAIR, priority: 3 }),
  backend('nobody:a')
]))
const plan = routerOf({ catalog, pools: { groq: { kind: 'none' } } }).plan(request('m'))

function attempt (changes: Partial<ExplainedAttempt> = {}): ExplainedAttempt {
  return {
    number: 1,
    provider: 'openai',
    model: 'm',
    modelId: 'a',
    credentialId: 'openai#0',
    startedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    outcome: 'answered',
    upstreamStatus: 200,
    reason: undefined,
    durationMs: 812,
    firstEventMs: 240,
    costNanoUsd: 450_000n,
    grade: 'reported',
    priceVersion: '0123456789abcdef',
    ...changes
  }
}

function exchange (changes: Partial<ExplainedExchange> = {}): ExplainedExchange {
  return {
    id: 'gen-1767323045-00000001abcdefGHIJ12',
    createdAtMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    task: 'chat',
    isStream: true,
    requestedModel: 'm',
    status: 200,
    error: undefined,
    durationMs: 820,
    plan: planText(plan),
    attempts: [attempt()],
    ...changes
  }
}

const verdictsOf = (exchange: ExplainedExchange) =>
  explain(exchange).considered.map(({ backend, verdict, code }) => `${backend} ${verdict} ${code}`)

t.test('a plan as text is short, and reads back as what it was', async (t) => {
  const text = planText(plan)
  t.equal(text, '{"policy":"priority","catalog":"c0ffee0000000000",' +
    '"candidates":[["openai:a","m"],["openrouter:x/a","m"]],"more":0,' +
    '"excluded":[["groq:b:free","no_credential","set GROQ_API_KEY"],["nobody:a","unknown_provider","nobody"]]}')
  t.same(readPlanText(text), {
    policy: 'priority',
    catalogVersion: 'c0ffee0000000000',
    candidates: [{ backend: 'openai:a', model: 'm' }, { backend: 'openrouter:x/a', model: 'm' }],
    rankedLower: 0,
    excluded: [
      { backend: 'groq:b:free', code: 'no_credential', detail: 'set GROQ_API_KEY' },
      { backend: 'nobody:a', code: 'unknown_provider', detail: 'nobody' }
    ]
  })
})

t.test('two requests that are planned alike have the same text, whatever they cost and however long a rest is', async (t) => {
  const texts = [1_100, 1_600].map((size) => planText(routerOf({
    catalog, cooling: { 'openai:a': size * 3 }, pools: { groq: { kind: 'cooling', retryAfterMs: size * 7 } }
  }).plan(request('m', { bodyBytes: size, maxOutputTokens: size }))))
  t.equal(texts[0], texts[1])
  t.match(texts[0], '["openai:a","backend_cooling","3 failures, next try in 5 s: answered 503"]')
  t.match(texts[0], '["groq:b:free","credential_cooling"]')
})

t.test('a backend that rests is explained: after how many failures, for how long still, and what it did last', async (t) => {
  const resting = planText(routerOf({ catalog, cooling: { 'openai:a': 1_400 } }).plan(request('m')))
  t.match(explain(exchange({ plan: resting, attempts: [attempt({ provider: 'groq', modelId: 'b:free' })] })).considered, [
    { backend: 'groq:b:free', verdict: 'chosen' },
    { backend: 'openrouter:x/a', code: 'not_needed' },
    {
      backend: 'openai:a',
      code: 'backend_cooling',
      reason: 'is resting after 3 failures, next try in 2 s: answered 503',
      would_help: 'wait: one request at a time finds out whether it is back'
    },
    { backend: 'nobody:a' }
  ])
})

t.test('an outage that lasts for ever is told in few different texts: the books do not grow with its seconds', async (t) => {
  const texts = new Set<string>()
  for (let failures = 3; failures < 1_000; failures++) {
    for (let waitMs = 1; waitMs < 24_000; waitMs += 97) texts.add(restText({ waitMs, failures, reason: 'answered 503' }))
  }
  t.ok(texts.size <= 63, `${texts.size} texts`)
})

t.test('plans of versions that recorded no number of failures are explained without one', async (t) => {
  t.equal(reasonFor('backend_cooling', undefined).reason, 'is resting after several failures in a row')
})

t.test('text that is no plan is said to be none, and the rest is still explained', async (t) => {
  const texts = [
    '', 'null', '[]', '7', '{"policy":"cheapest"}',
    '{"policy":1,"catalog":"c","candidates":[],"more":0,"excluded":[]}',
    '{"policy":"p","catalog":"c","candidates":[],"excluded":[]}',
    '{"policy":"p","catalog":"c","candidates":[[1]],"more":0,"excluded":[]}',
    '{"policy":"p","catalog":"c","candidates":[],"more":0,"excluded":[1]}'
  ]
  for (const text of texts) t.equal(readPlanText(text), undefined, text)
  t.match(explain(exchange({ plan: 'lost' })), { policy: null, considered: [], attempts: [{ outcome: 'answered' }] })
})

t.test('of hundreds of candidates the first twelve are kept, and the number of the others', async (t) => {
  const models = Array.from({ length: 40 }, (_, number) => model(`m${number}`, [backend(`openai:m${number}`)]))
  const text = planText(routerOf({ catalog: catalogOf(...models) }).plan(request('auto')))
  const recorded = readPlanText(text)
  t.equal(recorded?.candidates.length, 12)
  t.equal(recorded?.rankedLower, 28)
  t.match(explain(exchange({ plan: text, requestedModel: 'auto' })), { ranked_lower: 28, considered: { length: 12 } })
})

t.test('an exclusion of a later version is left out, not misread', async (t) => {
  const text = '{"policy":"p","catalog":"c","candidates":[],"more":0,' +
    '"excluded":[["a:b","unheard_of"],["a:c","wrong_task","chat"]]}'
  t.same(readPlanText(text)?.excluded, [{ backend: 'a:c', code: 'wrong_task', detail: 'chat' }])
})

t.test('every reason has a sentence and says what would help, with its detail filled in', async (t) => {
  for (const code of EXCLUSIONS) {
    const { reason, wouldHelp } = reasonFor(code, 'THIS')
    t.ok(reason.length > 10, code)
    t.ok(wouldHelp.length >= 4, code)
    t.notMatch(reason + wouldHelp, /[{}]/, code)
  }
  t.match(reasonFor('no_credential', 'set OPENAI_API_KEY'), { wouldHelp: 'set OPENAI_API_KEY' })
})

t.test('the first backend answered: it was chosen, the others were not needed or say why they are out', async (t) => {
  t.match(explain(exchange()), {
    id: 'gen-1767323045-00000001abcdefGHIJ12',
    created_at: '2026-01-02T03:04:05.000Z',
    task: 'chat',
    is_stream: true,
    requested_model: 'm',
    summary: 'openai:a answered (attempt 1 of 1).',
    status: 200,
    error: null,
    policy: 'priority',
    catalog_version: 'c0ffee0000000000',
    cost_usd: '0.000450000',
    unpriced_attempts: 0,
    considered: [
      { backend: 'openai:a', provider: 'openai', model_id: 'a', verdict: 'chosen', code: 'answered' },
      { backend: 'openrouter:x/a', provider: 'openrouter', model_id: 'x/a', verdict: 'skipped', code: 'not_needed' },
      {
        backend: 'groq:b:free',
        provider: 'groq',
        model_id: 'b:free',
        verdict: 'skipped',
        code: 'no_credential',
        reason: 'has no usable credential',
        would_help: 'set GROQ_API_KEY'
      },
      { backend: 'nobody:a', verdict: 'skipped', code: 'unknown_provider', would_help: /modelsconfig\.yml/ }
    ],
    attempts: [{
      number: 1,
      provider: 'openai',
      model: 'm',
      model_id: 'a',
      credential: 'openai#0',
      outcome: 'answered',
      upstream_status: 200,
      duration_ms: 812,
      first_event_ms: 240,
      cost_usd: '0.000450000',
      cost_grade: 'reported',
      price_version: '0123456789abcdef'
    }]
  })
})

t.test('the first failed and the second answered', async (t) => {
  const failed = attempt({ outcome: 'failed', upstreamStatus: 503, reason: 'answered 503', firstEventMs: undefined })
  const second = attempt({ number: 2, provider: 'openrouter', modelId: 'x/a', costNanoUsd: undefined, grade: 'unpriced' })
  const both = exchange({ attempts: [failed, second] })
  t.same(verdictsOf(both).slice(0, 2), ['openai:a tried failed', 'openrouter:x/a chosen answered'])
  t.match(explain(both), {
    summary: 'openrouter:x/a answered (attempt 2 of 2).',
    cost_usd: '0.000450000',
    unpriced_attempts: 1,
    considered: [{ reason: 'failed: answered 503' }],
    attempts: [{ reason: 'answered 503' }, { cost_usd: null, cost_grade: 'unpriced' }]
  })
})

t.test('several attempts at one backend count as one, by the last', async (t) => {
  const first = attempt({ outcome: 'throttled', upstreamStatus: 429, firstEventMs: undefined })
  t.same(verdictsOf(exchange({ attempts: [first, attempt({ number: 2, credentialId: 'openai#1' })] }))[0],
    'openai:a chosen answered')
})

t.test('the request was refused: the others had no turn', async (t) => {
  const refused = attempt({ outcome: 'refused', upstreamStatus: 400, firstEventMs: undefined })
  t.same(verdictsOf(exchange({ status: 400, error: 'upstream_refused', attempts: [refused] })).slice(0, 2),
    ['openai:a tried refused', 'openrouter:x/a skipped not_reached'])
})

t.test('a backend that was cut off, or left in the middle of its answer, is the one that was chosen', async (t) => {
  const verdict = (changes: Partial<ExplainedAttempt>) => verdictsOf(exchange({ attempts: [attempt(changes)] }))[0]
  t.equal(verdict({ outcome: 'cut' }), 'openai:a chosen cut')
  t.equal(verdict({ outcome: 'abandoned' }), 'openai:a chosen abandoned')
  t.equal(verdict({ outcome: 'abandoned', firstEventMs: undefined }), 'openai:a tried abandoned')
  t.equal(verdict({ outcome: undefined, firstEventMs: undefined }), 'openai:a chosen running')
  t.equal(verdict({ outcome: 'unheard_of' }), 'openai:a tried unheard_of')
})

t.test('a stream that broke off left the others no turn, and explain says what would have given them one', async (t) => {
  const cut = attempt({ outcome: 'cut' })
  const [, other] = explain(exchange({ isStream: true, error: 'stream_cut', attempts: [cut] })).considered
  t.match(other, { code: 'too_late', reason: /a part of the answer .* had gone out/, would_help: /resume or atomic/ })

  const rescued = exchange({ isStream: true, attempts: [cut, attempt({ number: 2 })] })
  t.equal(verdictsOf(rescued)[1], 'openrouter:x/a skipped not_needed')
})

t.test('an answer that the shutdown broke off is not put on the client', async (t) => {
  const left = (error: string) => explain(exchange({ error, attempts: [attempt({ outcome: 'abandoned' })] })).summary
  t.match(left('draining'), 'was working when the broker shut down')
  t.match(left('client_gone'), 'was working when the client left')
})

t.test('a dry run, whose attempts carry its own name, is matched by the model id', async (t) => {
  t.equal(verdictsOf(exchange({ attempts: [attempt({ provider: 'dry-run' })] }))[0], 'openai:a chosen answered')
})

t.test('nothing was eligible, or nothing has happened yet', async (t) => {
  const nobody = routerOf({ catalog: catalogOf(model('m', [backend('nobody:a')])) }).plan(request('m'))
  const empty = exchange({ plan: planText(nobody), attempts: [], status: 404, error: 'nothing_eligible' })
  t.match(explain(empty), { summary: 'No backend was eligible: 1 considered, none asked.', cost_usd: '0.000000000' })
  t.match(explain({ ...empty, status: undefined }), { summary: 'It has just begun.', status: null, duration_ms: 820 })
})
