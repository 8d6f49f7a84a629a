// Keys, base URLs and attribution out of the environment.

import t from 'tap'
import {
  prefixOf, readEnvironmentAttribution, readEnvironmentKeys, readEnvironmentUrl
} from '../../src/providers/environment.ts'
import { refusalOf } from './refusal.ts'

const KEYS: ReadonlyArray<readonly [says: string, env: Record<string, string>, keys: string[], variables: string[]]> = [
  ['nothing set', {}, [], []],
  ['one key', { X_API_KEY: 'a' }, ['a'], ['X_API_KEY']],
  ['several keys', { X_API_KEYS: 'a,b,c' }, ['a', 'b', 'c'], ['X_API_KEYS']],
  ['singular and plural are one list, singular first', { X_API_KEYS: 'b,c', X_API_KEY: 'a' }, ['a', 'b', 'c'], ['X_API_KEY', 'X_API_KEYS']],
  ['the singular may hold several too', { X_API_KEY: 'a,b' }, ['a', 'b'], ['X_API_KEY']],
  ['blanks are ignored', { X_API_KEYS: ' a , ,, b\n' }, ['a', 'b'], ['X_API_KEYS']],
  ['repetitions are dropped, order stays', { X_API_KEY: 'b', X_API_KEYS: 'c,b,a,c' }, ['b', 'c', 'a'], ['X_API_KEY', 'X_API_KEYS']],
  ['an empty variable is not set', { X_API_KEY: '', X_API_KEYS: ' , ' }, [], []],
  ['a second spelling of the provider', { X_TOO_API_KEY: 'z', X_API_KEY: 'a' }, ['a', 'z'], ['X_API_KEY', 'X_TOO_API_KEY']]
]

for (const [says, env, keys, variables] of KEYS) {
  t.test(`keys: ${says}`, async (t) => {
    t.same(readEnvironmentKeys(['X', 'X_TOO'], env), { keys, variables })
  })
}

for (const text of ['sk-with space', 'sk-line\nbreak', 'sk-ümlaut', 'sk-\u0000']) {
  t.test(`a key that cannot stand in a header is refused by the name of its variable: ${JSON.stringify(text)}`, async (t) => {
    const refusal = refusalOf(() => readEnvironmentKeys(['X'], { X_API_KEYS: `fine,${text}` }))
    t.match(refusal, 'X_API_KEYS')
    t.notMatch(refusal, 'sk-')
  })
}

const URLS: ReadonlyArray<readonly [text: string, url: string | undefined]> = [
  ['https://gateway.example/openai/v1', 'https://gateway.example/openai/v1'],
  ['https://gateway.example/v1/', 'https://gateway.example/v1'],
  ['https://gateway.example///', 'https://gateway.example'],
  ['http://127.0.0.1:8000/v1', 'http://127.0.0.1:8000/v1'],
  ['http://[::1]:8000/v1', 'http://[::1]:8000/v1'],
  [' https://a.example ', 'https://a.example'],
  ['', undefined],
  ['   ', undefined]
]

for (const [text, url] of URLS) {
  t.test(`base URL ${JSON.stringify(text)}`, async (t) => {
    t.equal(readEnvironmentUrl(['X'], { X_BASE_URL: text }), url)
  })
}

for (const text of [
  'gateway.example', 'ftp://a.example/v1', 'file:///etc/passwd', 'javascript:alert(1)', '/v1', 'http://', 'https://u:hunter2@a.example',
  'https://hunter2@a.example', 'https://a.example/v1?key=hunter2', 'https://a.example/v1#hunter2', 'https://a.example/?'
]) {
  t.test(`a base URL that cannot be used is refused by the name of its variable: ${text}`, async (t) => {
    const refusal = refusalOf(() => readEnvironmentUrl(['X'], { X_BASE_URL: text }))
    t.match(refusal, 'X_BASE_URL')
    t.notMatch(refusal, 'hunter2')
  })
}

t.test('the first spelling of a provider that has a base URL wins', async (t) => {
  t.equal(readEnvironmentUrl(['X', 'Y'], { Y_BASE_URL: 'https://y.example' }), 'https://y.example')
  t.equal(readEnvironmentUrl(['X', 'Y'], { X_BASE_URL: 'https://x.example', Y_BASE_URL: 'https://y.example' }), 'https://x.example')
})

t.test('a provider of modelsconfig.yml has variables of its own name', async (t) => {
  t.equal(prefixOf('my-vllm'), 'MY_VLLM')
  t.equal(prefixOf('gpu_1'), 'GPU_1')
})

t.test('attribution is cleaned, and goes out as bytes when it is not Latin', async (t) => {
  const names = { referer: 'R', title: 'T' }
  t.same(readEnvironmentAttribution(names, { R: 'https://app.example', T: '日本\r\nX-Evil: 1' }), {
    referer: 'https://app.example',
    title: `${Buffer.from('日本').toString('latin1')} X-Evil: 1`
  })
  t.same(readEnvironmentAttribution(names, { R: ' \t ' }), { referer: undefined, title: undefined })
})
