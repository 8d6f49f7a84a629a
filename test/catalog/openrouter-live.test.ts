// OpenRouter's live list in a broker: what it adds, what it may not change, and what is left when it fails. Check 81.

import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { AGAIN_MS, EVERY_MS, START_MS } from '../../src/catalog/openrouter/live-list.ts'
import { post } from '../helper.ts'
import { REQUIRED_OF_MODEL } from '../routes/required-members.ts'
import { entry, stageOpenRouter } from './openrouter-side.ts'

const FILE = `models:
  own:
    aliases: [acme/own]
    context_window: 8000
    backends:
      - { provider: openrouter, model_id: acme/known, priority: 7, input_cost: 5, output_cost: 6 }
`
const OWN = ['own', 'auto', 'autocheapest', 'autobest']
const FILE_NAME = 'openrouter-models.json'

t.test('81: nothing waits for the list, and what it gains is there after the next hour', async (t) => {
  const { side, provider, tick, ids, gateway } = await stageOpenRouter(t, [entry('acme/one')], { config: FILE })
  t.same(await ids(), OWN, 'the start does not wait')
  t.equal(provider.requests.length, 0)
  const before = gateway.catalog().version
  t.equal(await tick(), START_MS)
  t.same(await ids(), ['own', 'acme/one', 'auto', 'autocheapest', 'autobest'])
  const first = gateway.catalog().version
  t.not(first, before, 'another list is another catalog')
  side.models = [entry('acme/one'), entry('acme/two')]
  t.equal(await tick(), EVERY_MS)
  t.same((await ids()).slice(0, 3), ['own', 'acme/one', 'acme/two'])
  t.not(gateway.catalog().version, first)
  const second = gateway.catalog()
  await tick()
  t.equal(gateway.catalog(), second, 'the same list again changes nothing')
})

t.test('81: a model of the file keeps its costs and its priority; the list lies under it', async (t) => {
  const told = [entry('acme/own'), entry('acme/known', { description: 'Known' }), entry('acme/other')]
  const { tick, get, ids, gateway } = await stageOpenRouter(t, told, { config: FILE })
  await tick()
  t.same((await ids()).slice(0, 3), ['own', 'acme/known', 'acme/other'], 'what an alias of the file names is the file\'s')
  const { body } = await get('/v1/models/acme/own')
  t.match(body, { id: 'own', context_length: 8_000, pricing: { prompt: '0.000005' }, description: 'Known' })
  t.match(gateway.catalog().models.get('own')?.backends, [{ priority: 7 }])
  t.match((await get('/v1/models/acme/known')).body.pricing, { prompt: '0.000005' }, 'and its cost counts for that backend')
  t.match((await get('/v1/models/acme/other')).body.pricing, { prompt: '0.000001', completion: '0.000002' })
})

t.test('81: a failure leaves the list as it was, and is one line of the log', async (t) => {
  const { side, tick, ids, log } = await stageOpenRouter(t, [entry('acme/one')], { config: FILE })
  await tick()
  const linesAbout = () => log().split('\n').filter((line) => line.includes("OpenRouter's list of models"))
  side.status = 500
  t.equal(await tick(), EVERY_MS)
  t.equal(await tick(), AGAIN_MS, 'it is asked again sooner')
  t.equal(linesAbout().length, 1, 'said once')
  t.match(linesAbout()[0], 'answered 500')
  side.status = 200
  for (const body of ['<html>', '{"data":{}}', '{"data":[]}', '{"data":[{"id":"acme/one"}]}']) {
    side.body = body
    await tick()
    t.same((await ids())[1], 'acme/one', body)
  }
  side.body = undefined
  await tick()
  side.status = 500
  const said = linesAbout().length
  await tick()
  t.equal(linesAbout().length, said + 1, 'another failure after a success is said again')
})

t.test('81: the list of yesterday is served from the disk when OpenRouter is down at the start', async (t) => {
  const { side, tick, home, provider, close, get } = await stageOpenRouter(t, [entry('acme/one')], { config: FILE })
  await tick()
  const price = (await get('/v1/models/acme/one')).body.pricing
  const text = readFileSync(join(home, FILE_NAME), 'utf8')
  t.equal(statSync(join(home, FILE_NAME)).mode & 0o777, 0o600)
  t.match(JSON.parse(text), { format: 'aibroker-openrouter-models/1', data: [{ id: 'acme/one' }] })
  t.notMatch(text, 'sk-or-canary')
  side.status = 500

  const folder = t.testdir({ [FILE_NAME]: text, 'modelsconfig.yml': FILE })
  const flags = { home: folder, config: join(folder, 'modelsconfig.yml') }
  const again = await stageOpenRouter(t, [], { flags }, provider)
  t.same((await again.ids())[1], 'acme/one', 'before anything was read')
  t.same((await again.get('/v1/models/acme/one')).body.pricing, price)
  await again.tick()
  t.same((await again.ids())[1], 'acme/one')
  await close()
})

t.test('a kept list that cannot be used, or is of another address, is none', async (t) => {
  for (const text of ['', '{}', 'null', '{"format":"aibroker-openrouter-models/1","base":"https://other.example","data":[]}']) {
    const folder = t.testdir({ [FILE_NAME]: text, 'modelsconfig.yml': FILE })
    const flags = { home: folder, config: join(folder, 'modelsconfig.yml') }
    const { ids, tick, close } = await stageOpenRouter(t, [entry('acme/one')], { flags })
    t.same(await ids(), OWN, text)
    await tick()
    t.same((await ids())[1], 'acme/one')
    await close()
  }
})

t.test('a price that jumps, or becomes nothing, is held; the one before stays, and that is said', async (t) => {
  const priced = (prompt: string) => [entry('acme/one', { pricing: { prompt, completion: '0.000002' } })]
  const { side, tick, get, log } = await stageOpenRouter(t, priced('0.000001'), { config: FILE })
  await tick()
  const prompt = async () => (await get('/v1/models/acme/one')).body.pricing.prompt
  side.models = priced('0.0000025')
  await tick()
  t.equal(await prompt(), '0.0000025', 'up to three times is taken')
  for (const poison of ['0.00025', '0', '0.000000000001', '-1', 'free', '']) {
    side.models = priced(poison)
    await tick()
    t.equal(await prompt(), '0.0000025', poison)
  }
  t.match(log(), /not taken by themselves: openrouter:acme\/one \(the cost of input would be 100 times/)
  side.models = priced('0.000002')
  await tick()
  t.equal(await prompt(), '0.000002', 'a sound one counts again')
})

t.test('a price that is not known before is unknown when it is nothing, unless the name says so', async (t) => {
  const free = { pricing: { prompt: '0', completion: '0' } }
  const told = [entry('acme/one:free', free), entry('acme/music', free), entry('acme/router', { pricing: { prompt: '-1', completion: '-1' } })]
  const { tick, get } = await stageOpenRouter(t, told, { config: FILE })
  await tick()
  t.match((await get('/v1/models/acme/one:free')).body.pricing, { prompt: '0', completion: '0' })
  t.match((await get('/v1/models/acme/music')).body.pricing, { prompt: '-1', completion: '-1' })
  t.match((await get('/v1/models/acme/router')).body.pricing, { prompt: '-1', completion: '-1' })
})

t.test('tiers, cache and searches of a price are exact', async (t) => {
  const pricing = {
    prompt: '0.000001',
    completion: '0.0000125',
    input_cache_read: '0.0000001',
    web_search: '0.01',
    overrides: [{ min_prompt_tokens: 200_000, prompt: '0.0000025', completion: '0.000015' }]
  }
  const { tick, get } = await stageOpenRouter(t, [entry('acme/one', { pricing })], { config: FILE })
  await tick()
  t.same((await get('/v1/models/acme/one')).body.pricing, pricing)
})

t.test('a price with the noise of binary fractions is the price that was meant', async (t) => {
  const pricing = {
    prompt: '0.00000100000000000000015', completion: '0.0000006000000000000001', input_cache_write: '0.00000008333333333333334'
  }
  const { tick, get } = await stageOpenRouter(t, [entry('acme/one', { pricing })], { config: FILE })
  await tick()
  t.same((await get('/v1/models/acme/one')).body.pricing,
    { prompt: '0.000001', completion: '0.0000006', input_cache_write: '0.00000008333333333' })
})

t.test('a malformed entry is left out and counted, the others are served; long lists have an end', async (t) => {
  const bad = [null, 7, {}, { id: 'acme/bare' }, entry('no-author'), entry('acme/a b'), entry('acme/one', { created: 'x' }),
    entry('acme/two', { name: 'a\u0000b' }), entry('acme/three', { architecture: {} }), entry('acme/four', { supported_parameters: 'tools' }),
    entry('acme/video', { architecture: { input_modalities: ['text'], output_modalities: ['video'] } }), entry('__proto__/x', { pricing: 1 })]
  const { tick, ids, log } = await stageOpenRouter(t, [...bad, entry('acme/good'), entry('acme/good', { name: 'again' })], { config: FILE })
  await tick()
  t.same(await ids(), ['own', 'acme/good', 'auto', 'autocheapest', 'autobest'])
  t.match(log(), `${bad.length + 1} entries cannot be used and are left out`)
})

t.test('a card of the list has every member clients require, and what the list says', async (t) => {
  const told = entry('acme/one', {
    reasoning: { mandatory: false, supported_efforts: ['high', 'low'], default_effort: 'high', secret: 1 },
    benchmarks: { design_arena: [{ arena: 'models', category: 'x', elo: 1300, win_rate: 50, rank: 2 }, { elo: 1 }], artificial_analysis: { coding_index: 69.1, x: 'y' } },
    supported_voices: ['alloy'],
    default_parameters: { temperature: 0.5, top_p: null, x: 'y' }
  })
  const { tick, get } = await stageOpenRouter(t, [told], { config: FILE })
  await tick()
  const { body } = await get('/v1/models/acme/one')
  for (const name of REQUIRED_OF_MODEL) t.ok(name in body, name)
  t.match(body, {
    owned_by: 'acme',
    canonical_slug: 'acme/one-20260101',
    created: 1_760_000_000,
    context_length: 100_000,
    top_provider: { max_completion_tokens: 5_000, is_moderated: true },
    supported_parameters: ['max_tokens', 'tools'],
    default_parameters: { temperature: 0.5, top_p: null },
    reasoning: { mandatory: false, supported_efforts: ['high', 'low'], default_effort: 'high' },
    x_aibroker: { providers: ['openrouter'], tasks: ['chat', 'completion'] }
  })
  t.same(body.benchmarks, {
    design_arena: [{ arena: 'models', category: 'x', elo: 1300, win_rate: 50, rank: 2 }], artificial_analysis: { coding_index: 69.1 }
  })
  t.notOk('secret' in body.reasoning)
  t.equal((await get('/v1/models/acme/one-20260101')).body.id, 'acme/one', 'its dated name is one more')
})

t.test('no dated name of the list takes the place of auto, of a suffix, or of a short name', async (t) => {
  const slugs = ['auto', 'autocheapest', 'own:floor', 'gpt-4o', 'acme/own:nitro', 'openrouter/auto', '__proto__', 'a/b/c']
  const told = slugs.map((slug, at) => entry(`evil/${at}`, { canonical_slug: slug }))
  const { tick, url } = await stageOpenRouter(t, [entry('acme/known'), ...told], { config: FILE })
  await tick()
  for (const model of slugs) {
    const { text } = await post(`${url}/explain`, { model, messages: [{ role: 'user', content: 'Hi' }] })
    t.notMatch(text, 'evil/', model)
  }
})

t.test('a row of the list that reads like a name of the file and a suffix does not take its place', async (t) => {
  const { tick, url } = await stageOpenRouter(t, [entry('acme/own:floor'), entry('acme/one:floor')], { config: FILE })
  await tick()
  const asked = async (model: string) => (await post(`${url}/explain`, { model, messages: [{ role: 'user', content: 'hi' }] })).json().would_ask
  t.equal(await asked('acme/own:floor'), 'openrouter:acme/known', 'an alias of the file')
  t.equal(await asked('acme/one:floor'), 'openrouter:acme/one:floor', 'else the list has the word')
})

t.test('a model of the list is served at OpenRouter under its own id, and billed', async (t) => {
  const { tick, url, provider } = await stageOpenRouter(t, [entry('acme/one')], { config: FILE })
  await tick()
  const answer = await post(`${url}/chat/completions`, { model: 'acme/one', messages: [{ role: 'user', content: 'Hi' }] })
  t.equal(answer.status, 200, answer.text)
  t.match(provider.requests.at(-1)?.json(), { model: 'acme/one' })
  t.equal(answer.headers.get('x-aibroker-provider'), 'openrouter')
  t.match(answer.headers.get('x-aibroker-cost-usd'), /^0\.0+[1-9]/)
})

t.test('a provider that can be asked by its own name is asked before the list', async (t) => {
  const { tick, url, get } = await stageOpenRouter(t, [entry('openai/gpt-x'), entry('groq/y')], {
    config: FILE, env: { OPENAI_API_KEY: 'sk-x', OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' }
  })
  await tick()
  const asked = (model: string) => post(`${url}/explain`, { model, messages: [{ role: 'user', content: 'hi' }] })
  t.match((await asked('openai/gpt-x')).text, 'openai:gpt-x')
  t.notMatch((await asked('openai/gpt-x')).text, 'openrouter:openai/gpt-x')
  t.match((await asked('groq/y')).text, 'openrouter:groq/y', 'without a credential there the list serves it')
  t.match((await get('/v1/models/openai/gpt-x')).body, { id: 'openai/gpt-x' })
})

t.test('auto chooses from the file alone, unless the setting says otherwise', async (t) => {
  const cheap = [entry('acme/cheap', { pricing: { prompt: '0.0000001', completion: '0.0000001' } })]
  for (const [setting, chosen] of [['on', 'acme/known'], ['auto', 'acme/cheap']] as const) {
    const options = { config: FILE, env: { AIBROKER_OPENROUTER_CATALOG: setting } }
    const { tick, url, provider, close } = await stageOpenRouter(t, cheap, options)
    await tick()
    const answer = await post(`${url}/chat/completions`, { model: 'autocheapest', messages: [{ role: 'user', content: 'Hi' }] })
    t.equal(answer.status, 200)
    t.match(provider.requests.at(-1)?.json(), { model: chosen }, setting)
    await close()
  }
})

t.test('what has not changed is not sent again', async (t) => {
  const { side, tick, provider, ids, gateway } = await stageOpenRouter(t, [entry('acme/one')], { config: FILE })
  side.etag = '"v1"'
  await tick()
  const before = gateway.catalog()
  await tick()
  t.equal(provider.requests.at(-1)?.headers['if-none-match'], '"v1"')
  t.equal(gateway.catalog(), before)
  t.same((await ids())[1], 'acme/one')
})

t.test('no key is sent for the list, and nothing is asked without one, with "off", or in a dry run', async (t) => {
  const { tick, provider } = await stageOpenRouter(t, [entry('acme/one')], { config: FILE })
  await tick()
  t.equal(provider.requests.length, 1)
  t.equal(provider.requests[0]?.headers.authorization, undefined)
  for (const [env, flags] of [[{ OPENROUTER_API_KEY: '' }, {}], [{ AIBROKER_OPENROUTER_CATALOG: 'off' }, {}], [{}, { dryRun: true }]] as const) {
    const quiet = await stageOpenRouter(t, [entry('acme/one')], { config: FILE, env, flags })
    await quiet.tick()
    t.equal(quiet.provider.requests.length, 0)
    t.same(await quiet.ids(), OWN)
  }
})

t.test('a broken file stays out, and the list comes with the next sound one', async (t) => {
  const { tick, ids, home, gateway } = await stageOpenRouter(t, [entry('acme/one')], { config: FILE })
  writeFileSync(join(home, 'modelsconfig.yml'), 'models: {}\n')
  await tick()
  t.same(await ids(), OWN)
  writeFileSync(join(home, 'modelsconfig.yml'), FILE)
  t.ok(gateway.reload())
  t.same((await ids())[1], 'acme/one')
})

t.test('a setting that is none is refused at the start', async (t) => {
  const started = stageOpenRouter(t, [], { env: { AIBROKER_OPENROUTER_CATALOG: 'yes' } })
  await t.rejects(started, /AIBROKER_OPENROUTER_CATALOG must be one of on, auto, off/)
})
