// GET /credits: for everybody by default, and for management keys alone where the operator says so.

import t from 'tap'
import { COST, keyApi, OPERATOR } from './keys-api.ts'

t.test('85: /credits are two numbers, for an ordinary key, too', async (t) => {
  const { call, make, ask } = await keyApi(t)
  const { token } = await make({ limit: 2 })
  await ask(token)
  for (const path of ['/v1/credits', '/api/v1/credits']) {
    const { status, body } = await call('GET', path, undefined, token)
    t.equal(status, 200)
    t.match(body.data, { total_credits: 2, total_usage: COST })
  }
})

t.test('85: in strict mode an ordinary key is a 403 with the words that clients know; /key stays open', async (t) => {
  const { call, make, manager, ask } = await keyApi(t, { env: { AIBROKER_STRICT_MANAGEMENT: '1' } })
  const { token } = await make()
  await ask(token)
  const refused = await call('GET', '/v1/credits', undefined, token)
  t.equal(refused.status, 403)
  t.match(refused.body.error, { code: 403, message: /^Only management keys can perform this operation/ })
  t.equal((await call('GET', '/v1/key', undefined, token)).status, 200)
  for (const key of [OPERATOR, manager()]) {
    t.match((await call('GET', '/v1/credits', undefined, key)).body.data, { total_usage: COST }, 'everybody\'s')
  }
})

t.test('84: /key tells limit, what is left in the window, and null where there is no limit', async (t) => {
  const { call, make, ask } = await keyApi(t)
  const [limited, free] = [await make({ limit: 1, limit_reset: 'weekly' }), await make()]
  await ask(limited.token)
  t.match((await call('GET', '/v1/key', undefined, limited.token)).body.data, {
    limit: 1, limit_remaining: 1 - COST, limit_reset: 'weekly', usage_weekly: COST
  })
  t.match((await call('GET', '/v1/key', undefined, free.token)).body.data, {
    limit: null, limit_remaining: null, limit_reset: null, usage: 0
  })
})
