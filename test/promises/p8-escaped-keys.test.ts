// What a provider's words may still say of our credential: nothing, in no spelling that somebody reads back.

import t from 'tap'
import { Secret } from '../../src/core/secret.ts'
import { hideIn } from '../../src/exchange/hide.ts'
import { canaryKey, gateway, post } from '../helper.ts'
import { provider } from '../upstreams.ts'

const everyEscaped = (text: string) =>
  [...text].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0').toUpperCase()}`).join('')

t.test('a secret is masked in every spelling that JSON has for it, and the text stays JSON', async (t) => {
  const value = 'sk-a/b+c&d==0123456789'
  const secret = new Secret(value)
  for (const spelt of [
    value, value.replaceAll('=', '\\u003d'), value.replaceAll('&', '\\u0026'), value.replaceAll('/', '\\/'),
    value.replaceAll('/', '\\/').replaceAll('=', '\\u003D'), everyEscaped(value)
  ]) {
    const hidden = hideIn(`{"message":"\\u0022key\\u0022 \\\\u0041 \\u00e9 ${spelt}","code":1}`, secret)
    t.strictSame(JSON.parse(hidden), { message: '"key" \\u0041 é [secret]', code: 1 }, spelt)
  }
})

t.test('a text without the secret stays as it was, escapes and all', async (t) => {
  const text = '{"message":"\\u003d \\/ \\\\ \\u00e9"}'
  t.equal(hideIn(text, new Secret('sk-0123456789')), text)
  t.equal(hideIn(text, undefined), text)
})

t.test('P8 a provider that echoes the credential in escapes tells it to nobody', async (t) => {
  const key = canaryKey(0)
  for (const status of [200, 400, 401, 403, 429, 500]) {
    const echoing = await provider(t, ({ response }) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      const spelt = everyEscaped(key)
      response.end(`{"error":{"message":"bad ${spelt}","type":"t-${spelt}","param":"${spelt}","code":"${spelt}"}}`)
    })
    const broker = await gateway(t, { models: { m: [{ url: echoing.url }] } })
    const answer = await post(`${broker.url}/chat/completions`, { model: 'm', messages: [{ role: 'user', content: 'x' }] })
    const row = broker.gateway.reports.exchange(answer.headers.get('x-generation-id') ?? '')
    const health = await (await fetch(`${broker.origin}/health/backends`)).text()
    t.ok(row, String(status))
    for (const [place, text] of Object.entries({
      answer: answer.text, health, log: broker.log(), books: JSON.stringify(row, (_name, value) => String(value) === '[object Object]' || Array.isArray(value) ? value : String(value))
    })) {
      t.notMatch(text, key, `${status} ${place}`)
      t.notMatch(text.toLowerCase(), everyEscaped(key).slice(2, 40).toLowerCase(), `${status} ${place}, escaped`)
    }
  }
})
