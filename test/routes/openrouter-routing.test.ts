// OpenRouter's routing members over HTTP: who is called, what leaves for whom, and what the client is told.

import t, { type Test } from 'tap'
import { gateway, post } from '../helper.ts'
import { chatJson, provider, status, type Answer, type TestProvider } from '../upstreams.ts'

const MESSAGES = [{ role: 'user', content: 'hi' }]
const TOO_LONG = status(400, { error: { message: 'too long', code: 'context_length_exceeded', type: 'invalid_request_error' } })

interface Row {
  readonly model: string
  readonly provider: string
  readonly yaml?: string
}

/** Each provider once; models have these backends, all of one priority unless their YAML says otherwise. */
async function broker (
  t: Test, providers: Readonly<Record<string, Answer>>, rows: readonly Row[], env: Record<string, string> = {}
) {
  const upstreams: Record<string, TestProvider> = {}
  for (const [id, answer] of Object.entries(providers)) upstreams[id] = await provider(t, answer)
  const entries = Object.entries(upstreams)
    .map(([id, { url }]) => `  ${id}: { wire: openai-chat, base_url: '${url}', credential: env:ANY_KEY }`)
  const names = [...new Set(rows.map(({ model }) => model))]
  const models = names.map((name) => `  ${name}:\n    backends:\n` + rows.filter(({ model }) => model === name)
    .map(({ provider, yaml = 'input_cost: 1, output_cost: 2' }) =>
      `      - { provider: ${provider}, model_id: ${provider === 'openrouter' ? `author/${name}` : `${name}-at-${provider}`}, ${yaml} }`).join('\n'))
  const config = `providers:\n${entries.join('\n')}\nmodels:\n${models.join('\n')}\n`
  const { url } = await gateway(t, { config, env: { ANY_KEY: 'sk-any', ...env } })
  const ask = (body: object, headers: Record<string, string> = {}) =>
    post(`${url}/chat/completions`, { messages: MESSAGES, ...body }, headers)
  const calls = (id: string) => upstreams[id]?.requests.length
  const sent = (id: string) => upstreams[id]?.requests.at(-1)?.json()
  return { ask, calls, sent }
}

t.test('98: order is followed, and without fallbacks the last upstream error surfaces', async (t) => {
  const refusing = status(503)
  const { ask, calls } = await broker(t, { a: chatJson(), b: refusing, c: refusing },
    ['a', 'b', 'c'].map((id, at) => ({ model: 'm', provider: id, yaml: `priority: ${at}` })))
  const alone = await ask({ model: 'm', provider: { order: ['c', 'b'], allow_fallbacks: false } })
  t.equal(alone.status, 502)
  t.match(alone.json().error.metadata, { provider_name: 'b', raw: /503/ })
  t.equal(calls('a'), 0)
  const answered = await ask({ model: 'm', provider: { order: ['B'] } })
  t.equal(answered.status, 200)
  t.equal(answered.headers.get('x-aibroker-provider'), 'a')
  t.equal(answered.json().x_aibroker.strategy, 'order')
})

t.test('100, 105, 106, 107: nobody is left: OpenRouter\'s words, for people and for programs', async (t) => {
  const { ask, calls } = await broker(t, { a: chatJson() }, [{ model: 'm', provider: 'a' }])
  const told = async (body: object) => {
    const answer = await ask({ model: 'm', ...body })
    t.equal(answer.headers.get('x-should-retry'), 'false')
    return { status: answer.status, ...answer.json().error }
  }
  t.match(await told({ provider: { only: ['x'] } }), {
    status: 404,
    code: 404,
    message: /^No allowed providers are available for the selected model m: .*Nearest is a:m-at-a: name a in provider.only/,
    metadata: { available_providers: ['a'], requested_providers: ['x'] },
    availability: { code: 'constraint_filtered', retryable: false, requested_models: ['m'], docs_url: '/docs' }
  })
  t.match(await told({ tools: [{ type: 'function', function: { name: 'f' } }] }), {
    status: 404, message: /^No endpoints found that support tool use/
  })
  t.match(await told({ provider: { data_collection: 'deny' } }), {
    status: 404,
    message: /^No endpoints found matching your data policy/,
    availability: { code: 'privacy_restricted', excluded_by: ['data_policy:training'] }
  })
  t.match(await told({ provider: { max_price: { prompt: '0.5' } } }), { status: 404, availability: { excluded_by: ['max_price'] } })
  t.equal(calls('a'), 0, 'no silent expensive call')
})

t.test('109: what is final for one model is not for the next; its price counts and its name is told', async (t) => {
  const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 }
  const { ask, calls } = await broker(t, { a: TOO_LONG, b: chatJson({ usage }) }, [
    { model: 'A', provider: 'a' }, { model: 'B', provider: 'b', yaml: 'input_cost: 5, output_cost: 50' }
  ])
  const answer = await ask({ model: 'A', models: ['B'] })
  t.equal(answer.status, 200)
  t.equal(calls('a'), 1)
  t.equal(answer.headers.get('x-aibroker-model'), 'B-at-b')
  t.match(answer.json().model, 'B-at-b')
  t.equal(answer.headers.get('x-aibroker-cost-usd'), '0.001000000', '100 x 5 + 10 x 50, in millionths')
})

t.test('109: every refusal moves on, moderation and plain mistakes too; of the last one the client hears', async (t) => {
  for (const code of [400, 403, 422, 429]) {
    const { ask } = await broker(t, { a: status(code), b: chatJson() }, [{ model: 'A', provider: 'a' }, { model: 'B', provider: 'b' }])
    t.equal((await ask({ models: ['B'], model: 'A' })).status, 200, String(code))
  }
  const { ask } = await broker(t, { a: status(400), b: status(422) }, [{ model: 'A', provider: 'a' }, { model: 'B', provider: 'b' }])
  t.equal((await ask({ models: ['B'], model: 'A' })).status, 422)
})

t.test('110, 114: no other model is called without need, and one model\'s refusal is final', async (t) => {
  const { ask, calls } = await broker(t, { a: chatJson(), b: chatJson(), c: status(400) }, [
    { model: 'A', provider: 'a' }, { model: 'B', provider: 'b' },
    { model: 'C', provider: 'c', yaml: 'priority: 1' }, { model: 'C', provider: 'a', yaml: 'priority: 2' }
  ])
  t.equal((await ask({ model: 'A', models: ['A', 'B'] })).status, 200)
  t.same([calls('a'), calls('b')], [1, 0])
  const refused = await ask({ model: 'C' })
  t.equal(refused.status, 400)
  t.match(refused.json().error.metadata, { provider_name: 'c', raw: /./ })
  t.equal(calls('a'), 1)
})

t.test('111, 119: too many models and unknown ones are refused by name, before anybody is called', async (t) => {
  const { ask, calls } = await broker(t, { a: chatJson() }, [{ model: 'A', provider: 'a' }], { AIBROKER_STRICT_OPENROUTER: '1' })
  const strict = await ask({ model: 'A', models: ['A', 'A', 'A', 'A'] })
  t.match([strict.status, strict.json().error.message], [400, /'models' array must have 3 items or fewer/])
  const unknown = await ask({ model: 'A', models: ['gpt-404'] })
  t.match([unknown.status, unknown.json().error], [400, {
    code: 400, param: 'models', message: /^gpt-404 is not a valid model ID/, availability: { code: 'model_not_found' }
  }])
  const wrong = await ask({ model: 'A', provider: { order: 'a' } })
  t.match([wrong.status, wrong.json().error.param], [400, 'provider.order'])
  t.equal(calls('a'), 0)
})

t.test('116: a session stays at its backend, told in the body or in the header', async (t) => {
  const same = 'priority: 1, input_cost: 1, output_cost: 1'
  const { ask, calls } = await broker(t, { a: chatJson(), b: chatJson() },
    ['a', 'b'].map((id) => ({ model: 'm', provider: id, yaml: same })))
  for (let call = 0; call < 8; call++) {
    await (call % 2 === 0 ? ask({ model: 'm', session_id: 's' }) : ask({ model: 'm' }, { 'x-session-id': 's' }))
  }
  t.same([calls('a'), calls('b')].sort(), [0, 8])
})

t.test('117: our own backends never see a suffix, OpenRouter always does', async (t) => {
  const { ask, sent } = await broker(t, { a: chatJson(), openrouter: chatJson() }, [
    { model: 'm', provider: 'a' }, { model: 'm', provider: 'openrouter', yaml: 'priority: 90' }
  ])
  await ask({ model: 'm:nitro' })
  t.equal(sent('a')?.['model'], 'm-at-a')
  await ask({ model: 'm:nitro', provider: { only: ['deepinfra'], from_the_future: 1 } })
  t.match(sent('openrouter'), { model: 'author/m:nitro', provider: { only: ['deepinfra'], from_the_future: 1 } })
  await ask({ model: 'm:online', provider: { only: ['openrouter', 'x'] } })
  t.match(sent('openrouter'), { model: 'author/m:online', provider: { only: ['x'] } })
})

t.test('117: web search where nobody offers it is a clear 400', async (t) => {
  const { ask } = await broker(t, { a: chatJson() }, [{ model: 'm', provider: 'a' }])
  const answer = await ask({ model: 'm:online' })
  t.match([answer.status, answer.json().error.message], [400, /m:online cannot be served as asked: .*no web search \(:online\)/])
})

t.test('104: a parameter that nobody understands is left out, and it is said; the plain text format is none', async (t) => {
  const yaml = 'input_cost: 1, output_cost: 1, supported_parameters: [max_tokens]'
  const { ask, sent } = await broker(t, { a: chatJson() }, [{ model: 'm', provider: 'a', yaml }])
  const answer = await ask({ model: 'm', response_format: { type: 'json_object' }, verbosity: 'low', seed: 1 })
  t.equal(answer.status, 200)
  t.match(answer.headers.get('x-aibroker-edits'), /response_format/)
  t.match(answer.headers.get('x-aibroker-edits'), /verbosity/)
  t.same(sent('a'), { messages: MESSAGES, model: 'm-at-a', seed: 1 }, 'nothing else is touched')
  await ask({ model: 'm', response_format: { type: 'text' } })
  t.same(sent('a')?.['response_format'], { type: 'text' })
  t.match((await ask({ model: 'm', tools: [{ type: 'function', function: { name: 'f' } }] })).status, 404)
})

t.test('a service tier is a backend of its own at the same provider, with the tier in its body', async (t) => {
  const { ask, sent, calls } = await broker(t, { a: chatJson() }, [
    { model: 'm', provider: 'a' }, { model: 'm', provider: 'a', yaml: 'input_cost: 0.5, output_cost: 1, variant: flex' }
  ])
  await ask({ model: 'm' })
  t.equal(sent('a')?.['service_tier'], undefined)
  await ask({ model: 'm:floor' })
  t.match(sent('a'), { model: 'm-at-a', service_tier: 'flex' })
  const flex = await ask({ model: 'm', service_tier: 'flex' })
  t.equal(sent('a')?.['service_tier'], 'flex')
  t.equal(flex.headers.get('x-aibroker-edits'), 'model')
  t.equal(flex.json().x_aibroker.strategy, 'tier:flex')
  t.equal(calls('a'), 3)
})

t.test('118: the newest of a family is asked by its own name, and that name is told', async (t) => {
  const { ask, sent } = await broker(t, { openrouter: chatJson() },
    ['gpt-4', 'gpt-5'].map((model) => ({ model, provider: 'openrouter' })))
  const answer = await ask({ model: '~author/gpt-latest' })
  t.equal(sent('openrouter')?.['model'], 'author/gpt-5')
  t.equal(answer.json().model, 'author/gpt-5')
  t.equal(answer.headers.get('x-aibroker-model'), 'author/gpt-5')
  const none = await ask({ model: '~author/claude-latest' })
  t.match([none.status, none.json().error.message], [400, /^~author\/claude-latest is not a valid model ID/])
})

t.test('all attempts throttled: a 429 that programs can read, with the shortest wait', async (t) => {
  const later = (seconds: string) => status(429, { error: { message: 'later' } }, { 'retry-after': seconds })
  const { ask } = await broker(t, { a: later('40'), b: later('30') }, ['a', 'b'].map((id) => ({ model: 'm', provider: id })))
  for (const when of ['by those that were asked', 'by those that rest since']) {
    const answer = await ask({ model: 'm' })
    t.equal(answer.status, 429, when)
    t.equal(answer.headers.get('retry-after'), '30')
    const { affected_providers: affected, ...availability } = answer.json().error.availability
    t.same(availability, {
      code: 'capacity_exhausted', retryable: true, retry_after: 30, requested_models: ['m'], docs_url: '/docs'
    })
    t.same([...affected].sort(), ['a', 'b'])
  }
})
