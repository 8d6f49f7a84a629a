// OpenRouter's own SDK administers the broker: it throws at a member that is missing, null in the wrong place, or of
// another status than it knows.

import { OpenRouter } from '@openrouter/sdk'
import t, { type Test } from 'tap'
import { COST, DAY_MS, keyApi, OPERATOR, WEDNESDAY_MS } from '../routes/keys-api.ts'

/** Without its tries of an hour: what fails must fail here at once. */
const openrouter = (origin: string, apiKey: string) =>
  new OpenRouter({ apiKey, serverURL: `${origin}/api/v1`, retryConfig: { strategy: 'none' } })

async function administered (t: Test) {
  const broker = await keyApi(t)
  return { ...broker, sdk: openrouter(broker.origin, OPERATOR), as: (key: string) => openrouter(broker.origin, key) }
}

t.test('86: OpenRouter\'s SDK makes, lists, reads, changes and deletes keys', async (t) => {
  const { sdk, ask } = await administered(t)
  const { data, key } = await sdk.apiKeys.create({
    requestBody: {
      name: 'agent', limit: 0.5, limitReset: 'daily', expiresAt: new Date(WEDNESDAY_MS + DAY_MS), includeByokInLimit: true
    }
  })
  t.match(data, { name: 'agent', limit: 0.5, limitRemaining: 0.5, limitReset: 'daily', usage: 0, disabled: false })
  t.equal((await ask(key)).status, 200)
  const { hash } = data
  t.match((await sdk.apiKeys.get({ hash })).data, { hash, usage: COST, usageDaily: COST })
  const { data: list } = await sdk.apiKeys.list({ includeDisabled: true, offset: 0 })
  t.same(list.map((one) => one.hash), [hash])
  const { data: changed } = await sdk.apiKeys.update({ hash, requestBody: { disabled: true, limit: 2, limitReset: 'monthly' } })
  t.match(changed, { disabled: true, limit: 2, limitReset: 'monthly', updatedAt: String })
  t.equal((await ask(key)).status, 401)
  t.match(await sdk.apiKeys.delete({ hash }), { deleted: true })
})

t.test('84, 85, 91: it reads key, credits, activity and a generation, and says something of it', async (t) => {
  const { sdk, as, make, ask, to } = await administered(t)
  const { token } = await make({ limit: 1 })
  const id = (await ask(token)).headers.get('x-generation-id') ?? ''
  t.match((await as(token).apiKeys.getCurrentKeyMetadata()).data, { limit: 1, usage: COST, isManagementKey: false })
  t.match((await as(token).credits.getCredits()).data, { totalUsage: COST, totalCredits: 1 })
  t.match((await as(token).generations.getGeneration({ id })).data, { id, totalCost: COST })
  t.match(await sdk.generations.submitFeedback({
    submitGenerationFeedbackRequest: { generationId: id, category: 'formatting', comment: 'too long' }
  }), { data: { success: true } })
  to(WEDNESDAY_MS + DAY_MS)
  const { data } = await sdk.analytics.getUserActivity({ date: '2026-11-18' })
  t.match(data, [{ date: '2026-11-18', model: 'm', usage: COST, requests: 1 }])
})

t.test('86: a refusal comes to it as the error of its status, with our words', async (t) => {
  const { sdk, as, make } = await administered(t)
  const { token } = await make()
  await t.rejects(as(token).apiKeys.list(), { statusCode: 403, message: /Only management keys can perform this operation/ })
  await t.rejects(sdk.apiKeys.get({ hash: '0'.repeat(64) }), { statusCode: 404, message: /No key has this hash/ })
  await t.rejects(sdk.apiKeys.create({ requestBody: { name: 'x', limit: -1 } }), { statusCode: 400, message: /"limit"/ })
})
