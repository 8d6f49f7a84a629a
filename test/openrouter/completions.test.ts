// OpenRouter's dialect, checks 55-57: completions at backends that only chat.

import t, { type Test } from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { gateway, post, type GatewayOptions, type TestGateway } from '../helper.ts'
import { leapingClock } from '../promises/observe.ts'
import { provider, readSse, type Answer, type TestProvider } from '../upstreams.ts'
import { answered, firstOf, USAGE, WELL } from './scene.ts'

const CHATS = { modelYaml: 'capabilities: [chat]' }

interface Setup extends Omit<GatewayOptions, 'models'> {
  readonly answers: readonly Answer[]
}

interface Scene {
  readonly broker: TestGateway
  readonly upstreams: readonly TestProvider[]
  complete (body?: JsonObject, headers?: Record<string, string>): ReturnType<typeof post>
  stream (body?: JsonObject, headers?: Record<string, string>): ReturnType<typeof readSse>
}

/** Model `m` at one provider for each answer; none of them serves completions. */
async function chatScene (t: Test, { answers, ...options }: Setup): Promise<Scene> {
  const upstreams: TestProvider[] = []
  for (const answer of answers) upstreams.push(await provider(t, answer))
  const models = { m: upstreams.map(({ url }) => ({ url })) }
  return sceneOf(await gateway(t, { models, clock: leapingClock('hasty'), ...CHATS, ...options }), upstreams)
}

function sceneOf (broker: TestGateway, upstreams: readonly TestProvider[]): Scene {
  const url = `${broker.url}/completions`
  return {
    broker,
    upstreams,
    complete: (body = {}, headers = {}) => post(url, { model: 'm', prompt: 'Say hello', ...body }, headers),
    async stream (body = {}, headers = {}) {
      return readSse(await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ model: 'm', prompt: 'Say hello', stream: true, ...body })
      }))
    }
  }
}

t.test('55: a prompt is said as one message, and the answer is text', async (t) => {
  const { complete, upstreams: [upstream] } = await chatScene(t, { answers: [answered()] })
  const reply = await complete({ max_tokens: 7, temperature: 0.5, stop: ['\n'], seed: 3, user: 'u', own: [1.0] })
  t.equal(reply.status, 200, reply.text)
  const answer = reply.json()
  t.match(answer, {
    id: 'chatcmpl-1', object: 'text_completion', created: 1_700_000_000, model: 'm-upstream', provider: 'test0', usage: USAGE
  })
  t.strictSame(answer.choices, [
    { index: 0, finish_reason: 'stop', native_finish_reason: 'stop', text: 'Hello', logprobs: null }
  ])
  t.match(answer.x_aibroker, { provider: 'test0', model_id: 'm-upstream', cost_usd: '0.000015000', cost_grade: 'reported' })
  const sent = upstream?.requests[0]
  t.equal(sent?.path, '/v1/chat/completions')
  t.strictSame(sent?.json(), {
    model: 'm-upstream',
    max_tokens: 7,
    temperature: 0.5,
    stop: ['\n'],
    seed: 3,
    user: 'u',
    own: [1],
    messages: [{ role: 'user', content: 'Say hello' }]
  })
})

t.test('56: as a stream it is chunks of text, the usage, and the sentinel', async (t) => {
  const { stream } = await chatScene(t, { answers: [WELL] })
  const { values, events } = await stream({ stream_options: { include_usage: true } })
  t.equal(values.map((value) => firstOf(value)['text'] ?? '').join(''), 'Hello')
  for (const value of values) t.equal(value['object'], 'text_completion')
  t.notOk(values.some((value) => 'delta' in firstOf(value)))
  t.hasStrict(firstOf(values.at(-2) ?? {}), { finish_reason: 'stop', native_finish_reason: 'stop' })
  t.match(values.at(-1), { choices: [], usage: USAGE, x_aibroker: { cost_usd: '0.000015000' } })
  t.equal(events.at(-1)?.data, '[DONE]')
})
