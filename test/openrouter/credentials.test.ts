// OpenRouter's dialect, checks 113, 145 and 146: several keys of one provider, and keys that it turns away.

import t, { type Test } from 'tap'
import { gateway, post, type TestGateway } from '../helper.ts'
import { leapingClock } from '../promises/observe.ts'
import { provider, status, type Answer, type TestProvider } from '../upstreams.ts'
import { answered, errorOf, MESSAGES } from './scene.ts'

const CONFIG = `models:
  m:
    backends: [{ provider: openai, model_id: m, input_cost: 1, output_cost: 2 }]
`

type Env = Readonly<Record<string, string>>

/** A broker whose model is OpenAI's, with OpenAI played by the answer. */
async function setting (t: Test, answer: Answer, keys: Env) {
  const openai = await provider(t, answer)
  const broker = await gateway(t, {
    config: CONFIG, env: { OPENAI_BASE_URL: openai.url, ...keys }, clock: leapingClock('hasty')
  })
  return { openai, broker }
}

const ask = ({ url }: TestGateway) => post(`${url}/chat/completions`, { model: 'm', messages: MESSAGES })

/** Which keys were sent, in order. */
function keysSeen ({ requests }: TestProvider): string[] {
  return requests.map(({ headers }) => String(headers.authorization).replace(/^Bearer /, ''))
}

/** Turns some keys away. */
function turnsAway (code: number, ...keys: readonly string[]): Answer {
  return (call) => {
    const isOurs = keys.some((key) => call.request.headers.authorization === `Bearer ${key}`)
    return (isOurs ? status(code) : answered())(call)
  }
}

for (const code of [401, 403]) {
  t.test(`113: a key that gets ${code} is left for another one, and the client sees its answer`, async (t) => {
    const { openai, broker } = await setting(t, turnsAway(code, 'sk-one'), { OPENAI_API_KEYS: 'sk-one,sk-two' })
    for (let call = 0; call < 12; call++) t.equal((await ask(broker)).status, 200)
    const seen = keysSeen(openai)
    t.equal(seen.filter((key) => key === 'sk-two').length, 12)
    // One 403 may be about the request; three in a row are about the key.
    t.equal(seen.filter((key) => key === 'sk-one').length, code === 401 ? 1 : 3, 'then it rests')
  })
}

t.test('113: no key that is known there: 503, which does not blame the client, and then nobody is asked', async (t) => {
  const { openai, broker } = await setting(t, turnsAway(401, 'sk-one', 'sk-two'), { OPENAI_API_KEYS: 'sk-one,sk-two' })
  for (let call = 0; call < 3; call++) {
    const reply = await ask(broker)
    t.equal(reply.status, 503)
    t.ok(Number(reply.headers.get('retry-after')) > 0)
    t.match(errorOf(reply), {
      code: 503, message: /turned the broker's own credential away/, metadata: { error_type: 'provider_unavailable' }
    })
    t.notMatch(reply.text, /sk-/)
  }
  t.same(keysSeen(openai).sort(), ['sk-one', 'sk-two'], 'each once')
})

t.test('113: what every key is forbidden may be the client\'s own request, and is told as it is', async (t) => {
  const { openai, broker } = await setting(t, turnsAway(403, 'sk-one', 'sk-two'), { OPENAI_API_KEYS: 'sk-one,sk-two' })
  const reply = await ask(broker)
  t.equal(reply.status, 403)
  t.match(errorOf(reply), { code: 403, metadata: { provider_name: 'OpenAI', raw: /made up for a test: 403/ } })
  t.same(keysSeen(openai).sort(), ['sk-one', 'sk-two'])
})

t.test('145: several keys share the load, one by one and at once', async (t) => {
  const { openai, broker } = await setting(t, answered(), { OPENAI_API_KEYS: 'sk-one,sk-two' })
  for (let call = 0; call < 10; call++) await ask(broker)
  t.equal(keysSeen(openai).filter((key) => key === 'sk-one').length, 5)
  await Promise.all(Array.from({ length: 10 }, () => ask(broker)))
  t.equal(keysSeen(openai).filter((key) => key === 'sk-one').length, 10)
})

t.test('145: a key that is turned away rests, and the other takes all; the books tell them by their numbers', async (t) => {
  const { openai, broker } = await setting(t, turnsAway(401, 'sk-one'), { OPENAI_API_KEYS: 'sk-one,sk-two' })
  const credentials = new Set<string>()
  for (let call = 0; call < 10; call++) {
    const { status, headers } = await ask(broker)
    t.equal(status, 200)
    const explained = await (await fetch(`${broker.url}/exchanges/${headers.get('x-generation-id')}/explain`)).text()
    t.notMatch(explained, /sk-(one|two)/)
    for (const { credential, outcome } of JSON.parse(explained).attempts) credentials.add(`${credential} ${outcome}`)
  }
  t.same([...credentials].sort(), ['openai#0 unauthorised', 'openai#1 answered'])
  t.equal(keysSeen(openai).filter((key) => key === 'sk-one').length, 1)
})

const VARIABLES: ReadonlyArray<readonly [what: string, env: Env, keys: readonly string[]]> = [
  ['the singular', { OPENAI_API_KEY: 'sk-one' }, ['sk-one']],
  ['the plural', { OPENAI_API_KEYS: 'sk-one,sk-two' }, ['sk-one', 'sk-two']],
  ['both, with blanks and repetitions', { OPENAI_API_KEY: ' sk-one ', OPENAI_API_KEYS: ' sk-two ,, sk-one ,\tsk-three , ' },
    ['sk-one', 'sk-three', 'sk-two']]
]

for (const [what, env, keys] of VARIABLES) {
  t.test(`146: keys come out of ${what}, each once`, async (t) => {
    const { openai, broker } = await setting(t, answered(), env)
    for (let call = 0; call < 2 * keys.length; call++) t.equal((await ask(broker)).status, 200)
    t.same(keysSeen(openai).sort(), keys.flatMap((key) => [key, key]), 'each served as often as the others')
  })
}
