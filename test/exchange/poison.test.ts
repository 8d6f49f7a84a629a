// One client must not take a backend, or the broker's credential, from the others by what it asks for.

import t, { type Test } from 'tap'
import { gateway, post } from '../helper.ts'
import { leapingClock } from '../promises/observe.ts'
import { chatJson, provider, status, type Answer } from '../upstreams.ts'

const body = (user: string) => ({ model: 'm', user, messages: [{ role: 'user', content: 'hi' }] })

/** A provider that answers one client's requests with `poisoned`, and everybody else's. */
async function served (t: Test, poisoned: Answer) {
  const source = await provider(t, (call) => {
    const answer = call.request.json()['user'] === 'attacker' ? poisoned : chatJson()
    return answer(call)
  })
  const broker = await gateway(t, { models: { m: [{ url: source.url }] }, clock: leapingClock('hasty') })
  return async (user: string) => (await post(`${broker.url}/chat/completions`, body(user))).status
}

t.test('a request that provokes a 500 twice, tried twice each time, leaves its backend to the others', async (t) => {
  const ask = await served(t, status(500))
  t.same([await ask('attacker'), await ask('attacker')], [502, 502])
  t.equal(await ask('victim'), 200)
})

t.test('a request too large for the account leaves its credential to the others', async (t) => {
  const ask = await served(t, status(429, { error: { message: 'Request too large for m: Limit 1, Requested 2.' } }))
  t.same([await ask('attacker'), await ask('attacker'), await ask('attacker')], [413, 413, 413])
  t.equal(await ask('victim'), 200)
})

t.test('an error in a choice of a 200 is a failure of the provider, not an answer', async (t) => {
  const error = { code: 502, message: 'the model went away' }
  const choices = [{ index: 0, error, finish_reason: 'error', message: { role: 'assistant', content: 'It beg' } }]
  const ask = await served(t, chatJson({ extra: { choices } }))
  t.equal(await ask('attacker'), 502)
})
