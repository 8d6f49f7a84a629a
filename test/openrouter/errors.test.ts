// OpenRouter's dialect, checks 134-140: failures, each with its status, its name and its words.

import t from 'tap'
import { status } from '../upstreams.ts'
import { answered, errorOf, scene } from './scene.ts'

const REFUSALS = [
  [400, 'invalid_request'], [402, 'payment_required'], [403, 'permission_denied'], [404, 'not_found'],
  [413, 'payload_too_large'], [422, 'unprocessable'], [429, 'rate_limit_exceeded']
] as const

t.test('134: a provider\'s refusal keeps its status, as an integer code too, under its canonical name', async (t) => {
  for (const [code, type] of REFUSALS) {
    const { ask } = await scene(t, status(code))
    const reply = await ask()
    t.equal(reply.status, code)
    t.hasStrict(errorOf(reply), { code, metadata: { error_type: type } })
  }
  for (const code of [500, 503, 529]) {
    const { ask } = await scene(t, status(code))
    t.hasStrict(errorOf(await ask()), { code: 502, metadata: { error_type: 'provider_unavailable' } })
  }
})

t.test('134: a prompt that is too long and a policy have names of their own', async (t) => {
  const codes = { context_length_exceeded: 'context_length_exceeded', content_filter: 'content_policy_violation' }
  for (const [code, type] of Object.entries(codes)) {
    const { ask } = await scene(t, status(400, { error: { message: 'no', code } }))
    t.match(errorOf(await ask()), { code: 400, metadata: { error_type: type, provider_code: code } })
  }
})

t.test('135: a provider\'s failure tells who it was and what was said, whatever that was', async (t) => {
  const spoken = await scene(t, status(400, { error: { message: 'too hot', code: null } }))
  const told = errorOf(await spoken.ask())
  t.match(told, { message: /too hot/, metadata: { provider_name: 'test0', raw: /too hot/ } })
  for (const answer of [status(500, ''), status(401), status(503, 'busy')]) {
    const { ask } = await scene(t, answer)
    t.match(errorOf(await ask()), { metadata: { provider_name: 'test0', raw: /./ } })
  }
})

t.test('135: one that says nothing is told in the words that clients look for', async (t) => {
  for (const [code, words] of [[500, 'every backend of m failed; the last'], [400, 'test0 refused the request']] as const) {
    const { ask } = await scene(t, status(code, ''))
    t.match(errorOf(await ask())['message'], new RegExp(`^Provider returned error: ${words}.* ${code} and gave no reason`))
  }
  const { ask } = await scene(t, status(500, 'the disk is full.'))
  t.equal(errorOf(await ask())['message'], 'Every backend of m failed; the last one was test0: the disk is full.')
})

t.test('134: what costs more than there is is told in the words that clients look for', async (t) => {
  const { ask } = await scene(t, answered())
  const reply = await ask({}, { 'x-aibroker-max-cost-usd': '0.000000001' })
  t.equal(reply.status, 402)
  t.match(errorOf(reply)['message'], 'requires more credits, or fewer max_tokens')
})

t.test('136: the broker\'s own limit is 429 and says when; successes carry no limit', async (t) => {
  const { ask } = await scene(t, answered(), { env: { AIBROKER_RATE_LIMIT_RPM: '1' } })
  const first = await ask()
  t.equal(first.status, 200)
  t.notOk(first.headers.has('x-ratelimit-limit'))
  const limited = await ask()
  t.equal(limited.status, 429)
  t.match(errorOf(limited), { code: 429, message: /Rate limit exceeded/, metadata: { error_type: 'rate_limit_exceeded' } })
  for (const name of ['retry-after', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset']) {
    t.match(limited.headers.get(name), /^\d+$/, name)
  }
  t.match(limited.headers.get('x-ratelimit-reset'), /^\d{13}$/, 'ms since the epoch')
})

t.test('138: an error under status 200 never reaches a client as one', async (t) => {
  for (const more of [{ error: { message: 'no', code: 500 } }, { choices: [{ error: { message: 'no', code: 500 } }] }]) {
    const { ask } = await scene(t, answered({}, {}, more))
    const reply = await ask()
    t.equal(reply.status, 502)
    t.match(errorOf(reply), { code: 502 })
  }
})

t.test('139: a bug of the broker is masked', async (t) => {
  const { ask, broker } = await scene(t, answered())
  broker.gateway.router.plan = () => { throw new Error('secret of the stack') }
  const reply = await ask({}, { 'x-openrouter-metadata': 'enabled' })
  t.equal(reply.status, 500)
  t.notMatch(reply.text, /secret|\.ts|provider_code|openrouter_metadata/)
})

t.test('140: errors carry type and param for OpenAI\'s clients', async (t) => {
  const { ask } = await scene(t, status(400, { error: { message: 'no', param: 'messages', code: null } }))
  t.hasStrict(errorOf(await ask()), { type: 'invalid_request_error', param: 'messages' })
  t.hasStrict(errorOf(await ask({ model: 'nothing' })), { type: 'invalid_request_error', param: 'model' })
})
