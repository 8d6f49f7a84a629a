// What the client is told when nobody answered: sentences for people, with the provider's own words in them.

import t from 'tap'
import { gateway, post } from '../helper.ts'
import { provider, status } from '../upstreams.ts'

t.test('the last failure stands in a sentence of its own, and ends in one full stop', async (t) => {
  const says = async (message: string) => {
    const down = await provider(t, status(501, { error: { message } }))
    const { url } = await gateway(t, { models: { m: [down] } })
    const answer = await post(`${url}/chat/completions`, { model: 'm', messages: [{ role: 'user', content: 'hi' }] })
    return (answer.json() as { error: { message: string } }).error.message
  }
  t.match(await says('Come back later.'), /^Every backend of m failed; the last one was \S+: Come back later\.$/)
  t.match(await says('No room'), /: No room\.$/)
})

t.test('a time for the whole request below a second is told as it is, not as 0', async (t) => {
  const silent = await provider(t, () => {})
  const { url } = await gateway(t, { models: { m: [silent] } })
  const answer = await post(`${url}/chat/completions`, { model: 'm', messages: [{ role: 'user', content: 'hi' }] }, { 'x-aibroker-timeout-total': '20ms' })
  t.equal(answer.status, 408)
  t.match((answer.json() as { error: { message: string } }).error.message, 'was done within 0.02 s, the time for')
})
