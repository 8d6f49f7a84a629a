// Where a call goes and which headers go with it; the last word has a server that received them.

import t from 'tap'
import { request } from 'undici'
import { TASKS } from '../../src/core/ask.ts'
import { Secret } from '../../src/core/secret.ts'
import { headersOf, urlOf } from '../../src/providers/address.ts'
import { builtin } from '../../src/providers/builtin.ts'
import type { Credential } from '../../src/providers/credentials.ts'
import type { Environment } from '../../src/providers/environment.ts'
import { createProviders, type ResolvedProvider } from '../../src/providers/registry.ts'
import { provider as startProvider } from './received.ts'

const NOBODY = { referer: undefined, title: undefined }
const JSON_TYPE = 'application/json'

const resolve = (id: string, env: Environment = {}) =>
  createProviders({ builtin, catalogProviders: new Map(), env }).get(id) as ResolvedProvider
const credential = (provider: string, key?: string): Credential =>
  ({ id: `${provider}#0`, provider, secret: key === undefined ? undefined : new Secret(key) })
const pairs = (flat: readonly string[]) =>
  Object.fromEntries(flat.flatMap((name, at) => at % 2 === 0 ? [[name.toLowerCase(), flat[at + 1]]] : []))

t.test('every task has OpenAI\'s path below the base URL', async (t) => {
  const openai = resolve('openai')
  const known = TASKS.filter((task) => task !== 'rerank')
  t.same(known.map((task) => urlOf(openai, task)?.href), [
    'https://api.openai.com/v1/chat/completions',
    'https://api.openai.com/v1/completions',
    'https://api.openai.com/v1/embeddings',
    'https://api.openai.com/v1/audio/speech',
    'https://api.openai.com/v1/audio/transcriptions',
    'https://api.openai.com/v1/moderations',
    'https://api.openai.com/v1/images/generations'
  ])
})

t.test('a path of the provider\'s own, with and without its slash', async (t) => {
  t.equal(urlOf(resolve('openrouter'), 'image')?.href, 'https://openrouter.ai/api/v1/images')
  const odd: ResolvedProvider = { ...resolve('openai'), paths: { chat: 'chat' } }
  t.equal(urlOf(odd, 'chat')?.href, 'https://api.openai.com/v1/chat')
})

t.test('no address for a task the provider has no endpoint for, nor for a server nobody gave an address', async (t) => {
  t.equal(urlOf(resolve('deepseek'), 'image'), undefined)
  t.equal(urlOf(resolve('openai'), 'rerank'), undefined)
  t.equal(urlOf(resolve('together'), 'rerank')?.href, 'https://api.together.xyz/v1/rerank')
  t.equal(urlOf(resolve('vllm'), 'chat'), undefined)
  t.equal(urlOf(resolve('vllm', { VLLM_BASE_URL: 'http://gpu.lan:8000/v1/' }), 'chat')?.href, 'http://gpu.lan:8000/v1/chat/completions')
})

t.test('an address is made once', async (t) => {
  const openai = resolve('openai')
  t.equal(urlOf(openai, 'chat'), urlOf(openai, 'chat'))
})

t.test('a call carries these headers and no others', async (t) => {
  const headers = headersOf(resolve('openai'), credential('openai', 'sk-one'), JSON_TYPE, { referer: 'https://app.example', title: 'App' })
  t.same(pairs(headers), {
    accept: '*/*',
    'accept-encoding': 'identity',
    'user-agent': pairs(headers)['user-agent'],
    'content-type': JSON_TYPE,
    authorization: 'Bearer sk-one'
  })
  t.match(pairs(headers)['user-agent'], /^aibroker\/\d+\.\d+\.\d+/)
})

t.test('without a credential there is no authorization, and a provider\'s own headers come along', async (t) => {
  const local: ResolvedProvider = { ...resolve('ollama'), headers: ['x-local', 'yes'] }
  const headers = pairs(headersOf(local, credential('ollama'), JSON_TYPE, NOBODY))
  t.equal('authorization' in headers, false)
  t.equal(headers['x-local'], 'yes')
})

t.test('each call gets a list of its own', async (t) => {
  const openai = resolve('openai')
  const first = headersOf(openai, credential('openai', 'sk-one'), JSON_TYPE, NOBODY)
  first.push('content-length', '1')
  const second = headersOf(openai, credential('openai', 'sk-two'), JSON_TYPE, NOBODY)
  t.notMatch(second.join(), /sk-one|content-length/)
})

const OPERATOR = { OPENROUTER_HTTP_REFERER: 'https://ours.example', OPENROUTER_X_TITLE: 'Ours' }
const LONG = 'x'.repeat(600)

type Said = string | undefined
type Client = { referer?: string, title?: string }
type AttributionRow = readonly [says: string, env: Environment, client: Client, referer: Said, title: Said]
const ATTRIBUTION: readonly AttributionRow[] = [
  ['the client\'s own', OPERATOR, { referer: 'https://app.example', title: 'App' }, 'https://app.example', 'App'],
  ['the operator\'s for a client without', OPERATOR, {}, 'https://ours.example', 'Ours'],
  ['the operator\'s for what the client left out', OPERATOR, { title: 'App' }, 'https://ours.example', 'App'],
  ['none at all', {}, {}, undefined, undefined],
  ['control characters cannot add a header', {}, { title: 'App\r\nAuthorization: Bearer x\u0000\t' }, undefined, 'App Authorization: Bearer x'],
  ['at most 512 characters', {}, { referer: LONG, title: LONG }, LONG.slice(0, 512), LONG.slice(0, 512)],
  ['nothing but blanks is nothing', OPERATOR, { referer: ' \r\n ', title: '' }, 'https://ours.example', 'Ours']
]

for (const [says, env, client, referer, title] of ATTRIBUTION) {
  t.test(`attribution: ${says}`, async (t) => {
    const headers = pairs(headersOf(resolve('openrouter', env), credential('openrouter', 'sk-or'), JSON_TYPE, { ...NOBODY, ...client }))
    t.equal(headers['http-referer'], referer)
    t.equal(headers['x-title'], title)
    t.equal(headers['x-openrouter-title'], title, 'under its present name, too')
  })
}

t.test('attribution goes to no other provider', async (t) => {
  for (const { id } of builtin.filter(({ id }) => id !== 'openrouter')) {
    const headers = headersOf(resolve(id, OPERATOR), credential(id, 'k'), JSON_TYPE, { referer: 'https://app.example', title: 'App' })
    t.notMatch(headers.join('\n'), /app\.example|ours\.example|x-title|x-openrouter/i, id)
  }
})

t.test('over the wire a provider receives exactly what is on the list', async (t) => {
  const { received, url } = await startProvider(t)
  const openrouter = resolve('openrouter', { OPENROUTER_BASE_URL: url, OPENROUTER_X_TITLE: 'Café 日本' })
  const headers = headersOf(openrouter, credential('openrouter', 'sk-or-one'), JSON_TYPE, { referer: 'https://app.example', title: undefined })
  const answer = await request(urlOf(openrouter, 'chat') as URL, { method: 'POST', headers, body: '{}' })
  await answer.body.dump()

  t.equal(received[0]?.path, '/v1/chat/completions')
  const { host, connection, 'user-agent': agent, 'x-title': title = '', 'x-openrouter-title': present, ...rest } = pairs(received[0]?.headers ?? [])
  t.same(rest, {
    accept: '*/*',
    'accept-encoding': 'identity',
    'content-type': JSON_TYPE,
    authorization: 'Bearer sk-or-one',
    'http-referer': 'https://app.example',
    'content-length': '2'
  })
  t.match(agent, /^aibroker\//)
  t.equal(Buffer.from(title, 'latin1').toString('utf8'), 'Café 日本')
  t.equal(present, title)
  t.equal(connection, 'keep-alive')
  t.match(url, host)
})
