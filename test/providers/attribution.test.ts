// For which app a call is made: told to OpenRouter under both names of the title, and to nobody else. Check 148.

import t, { type Test } from 'tap'
import { gateway, post } from '../helper.ts'
import { chatJson, provider } from '../upstreams.ts'

const OPERATOR = { OPENROUTER_HTTP_REFERER: 'https://ours.example', OPENROUTER_X_TITLE: 'Ours' }

/** A broker in front of OpenRouter (`routed`) and of another provider (`direct`); what either was told. */
async function serve (t: Test) {
  const upstream = await provider(t, chatJson())
  const { url } = await gateway(t, {
    config: 'providers:\n  other: { wire: openai-chat, credential: none, base_url: ' + upstream.url + ' }\nmodels:\n' +
      '  routed: { backends: [{ provider: openrouter, model_id: a/b, input_cost: 1, output_cost: 1 }] }\n' +
      '  direct: { backends: [{ provider: other, model_id: b, input_cost: 1, output_cost: 1 }] }\n',
    env: { ...OPERATOR, OPENROUTER_API_KEY: 'sk-or-one', OPENROUTER_BASE_URL: upstream.url }
  })
  return async (model: string, headers: Record<string, string>) => {
    const { status } = await post(`${url}/chat/completions`, { model, messages: [{ role: 'user', content: 'Hi' }] }, headers)
    t.equal(status, 200)
    const told = upstream.requests.at(-1)?.headers ?? {}
    return [told['http-referer'], told['x-title'], told['x-openrouter-title']]
  }
}

t.test('148: a client without attribution has the operator\'s, and its own counts before that', async (t) => {
  const ask = await serve(t)
  t.same(await ask('routed', {}), ['https://ours.example', 'Ours', 'Ours'])
  t.same(await ask('routed', { 'http-referer': 'https://app.example', 'x-title': 'App' }), ['https://app.example', 'App', 'App'])
  t.same(await ask('routed', { 'x-openrouter-title': 'App' }), ['https://ours.example', 'App', 'App'])
  t.same(await ask('routed', { 'x-title': 'Former', 'x-openrouter-title': 'Present' }),
    ['https://ours.example', 'Present', 'Present'], 'of two titles the one with the present name counts')
})

t.test('148: no other provider is told anything', async (t) => {
  const ask = await serve(t)
  const sent = { 'http-referer': 'https://app.example', 'x-title': 'App', 'x-openrouter-title': 'App' }
  t.same(await ask('direct', sent), [undefined, undefined, undefined])
  t.same(await ask('direct', {}), [undefined, undefined, undefined])
})
