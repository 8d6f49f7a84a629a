// What a program with OpenAI's own client is told when a request fails.

import t from 'tap'
import OpenAI from 'openai'
import { chatJson, status } from '../upstreams.ts'
import { clientOf, MESSAGES } from './openai-client.ts'

t.test('a refusal keeps the provider\'s status and words', async (t) => {
  const refusal = { error: { message: 'messages: too long by 3', type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' } }
  const { client } = await clientOf(t, { answers: [status(400, refusal)] })
  const error = await failureOf(client, 'm')
  t.ok(error instanceof OpenAI.BadRequestError)
  t.match(error.message, 'messages: too long by 3')
  t.ok(error.requestID)
  t.match(error.error, { metadata: { provider_code: 'context_length_exceeded' } })
})

t.test('an unknown model is a BadRequestError, a missing key an AuthenticationError; neither is tried again', async (t) => {
  const { client, broker } = await clientOf(t, { answers: [chatJson()], maxRetries: 2, env: { AIBROKER_API_KEYS: 'sk-client' } })
  t.ok(await failureOf(client, 'm') instanceof OpenAI.AuthenticationError)
  const known = client.withOptions({ apiKey: 'sk-client' })
  const error = await failureOf(known, 'nothing-like-it')
  t.ok(error instanceof OpenAI.BadRequestError)
  t.match(error.message, 'nothing-like-it')
  t.equal((await known.chat.completions.create({ model: 'm', messages: MESSAGES })).choices[0]?.message.content, 'Hello')
  t.equal((broker.log().match(/"status":401/g) ?? []).length, 1)
})

t.test('a credential the provider does not know is the broker\'s fault, and is not tried again: 503, once', async (t) => {
  const { client, broker, upstream } = await clientOf(t, { answers: [status(401)], maxRetries: 2 })
  for (const round of [1, 2]) {
    const error = await failureOf(client, 'm')
    t.ok(error instanceof OpenAI.InternalServerError, `${round}`)
    t.equal(error.status, 503)
    t.match(error.message, 'aibroker keys add test0')
  }
  t.equal(upstream.requests.length, 1)
  t.equal((broker.log().match(/"status":503/g) ?? []).length, 2)
})

t.test('what a provider declines (402, 403) reaches the client with its status and words, once', async (t) => {
  for (const code of [402, 403]) {
    const { client, upstream } = await clientOf(t, { answers: [status(code)], maxRetries: 2 })
    const error = await failureOf(client, 'm')
    t.equal(error.status, code)
    t.match(error.message, `made up for a test: ${code}`)
    t.equal(upstream.requests.length, 1)
  }
})

async function failureOf (client: OpenAI, model: string): Promise<InstanceType<typeof OpenAI.APIError>> {
  try {
    await client.chat.completions.create({ model, messages: MESSAGES })
  } catch (error) {
    if (error instanceof OpenAI.APIError) return error
    throw error
  }
  throw new Error('it was answered')
}
