// The lines of requests that did not become an exchange.

import t from 'tap'
import { gateway, post } from '../helper.ts'

t.test('a refused request is logged with the code the client was told', async (t) => {
  const { url, log } = await gateway(t)
  const answer = await fetch(`${url}/chat/completions`)
  t.equal(answer.status, 405)
  t.match((await answer.json() as { error: { message: string } }).error.message, /^GET is not served on \S+; send POST\.$/)
  await fetch(`${url}/nowhere`)
  await post(`${url}/chat/completions`, '{')
  const lines = log().split('\n').filter((line) => line.includes('request refused'))
  t.same(lines.map((line) => (JSON.parse(line) as { error?: string }).error),
    ['method_not_allowed', 'unknown_route', 'invalid_json'])
})
