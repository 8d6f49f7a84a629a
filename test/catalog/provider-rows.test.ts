// Providers of the file: where they are, what they speak and where their key is, without ever showing a key.

import t from 'tap'
import { readCatalog } from '../../src/catalog/modelsconfig.ts'
import { refusalsOf } from './refusals.ts'

function providerWith (rows: string) {
  return readCatalog(`providers:\n  acme: { ${rows} }\n`, 'm', 0).catalog.providers.get('acme')
}

function refusal (rows: string): string {
  return refusalsOf(`providers:\n  acme: { ${rows} }\n`)[0] ?? ''
}

t.test('an entry may change one thing and leave the rest to the built-in provider', async (t) => {
  t.same(providerWith('priority: 3'), { id: 'acme', wire: undefined, baseUrl: undefined, credential: undefined, priority: 3, deadlines: undefined })
})

t.test('the base URL loses its trailing slash', async (t) => {
  t.equal(providerWith('base_url: "https://api.acme.example/v1/"')?.baseUrl, 'https://api.acme.example/v1')
  t.equal(providerWith('base_url: "https://api.acme.example"')?.baseUrl, 'https://api.acme.example')
})

const LOCAL = [
  'http://127.0.0.1:8000/v1', 'http://localhost:1234', 'http://[::1]:8000', 'http://10.1.2.3', 'http://172.31.0.1',
  'http://192.168.1.5:11434/v1', 'http://100.100.1.1', 'http://[fd00::1]', 'http://[fe80::1]', 'http://vllm:8000/v1',
  'http://gpu.local', 'http://box.lan', 'http://host.docker.internal:8000', 'http://api.localhost'
]
const PUBLIC = [
  'http://api.acme.example/v1', 'http://8.8.8.8/v1', 'http://172.32.0.1', 'http://[2001:db8::1]', 'http://100.128.0.1',
  'http://notlocal.localhost.example', 'http://127.0.0.1.example'
]

t.test('clear text is for the own network, or for a provider without a key', async (t) => {
  for (const url of LOCAL) t.ok(providerWith(`base_url: "${url}"`)?.baseUrl, url)
  for (const url of PUBLIC) {
    t.match(refusal(`base_url: "${url}"`), /clear text: use https, or "credential: none"/, url)
    t.match(refusal(`base_url: "${url}", credential: env:KEY`), /clear text/, url)
    t.ok(providerWith(`base_url: "${url}", credential: none`)?.baseUrl, url)
  }
})

t.test('a URL that cannot be a base is refused without showing what may be secret in it', async (t) => {
  t.match(refusal('base_url: ftp://acme.example'), 'modelsconfig.yml:2: providers/acme/base_url: must be an http or https URL')
  t.match(refusal('base_url: api.acme.example'), /must be an http or https URL/)
  for (const url of ['https://user:s3cret@acme.example', 'https://acme.example/?key=s3cret', 'https://acme.example/#s3cret']) {
    t.match(refusal(`base_url: "${url}"`), /must not hold a/)
    t.notMatch(refusal(`base_url: "${url}"`), /s3cret/)
  }
})

t.test('credentials say where a key is', async (t) => {
  const credentialOf = (text: string) =>
    readCatalog(`providers:\n  acme:\n    credential: ${text}\n`, 'm', 0).catalog.providers.get('acme')?.credential
  t.equal(credentialOf('none'), 'none')
  t.equal(credentialOf('env:ACME_KEY'), 'env:ACME_KEY')
  t.equal(credentialOf('file:/run/secrets/acme key'), 'file:/run/secrets/acme key')
  t.equal(credentialOf('command:[pass, show, acme/key]'), 'command:["pass","show","acme/key"]')
  t.equal(credentialOf('\'command:["op", "read", "a, b"]\''), 'command:["op","read","a, b"]')
})

t.test('a key where its source belongs is refused and not shown', async (t) => {
  for (const text of ['sk-live-s3cret', 'env:sk-s3cret', 's3cret']) {
    t.match(refusal(`credential: ${text}`), 'modelsconfig.yml:2: providers/acme/credential: ')
    t.notMatch(refusal(`credential: ${text}`), /s3cret/)
  }
  t.match(refusal('credential: "file:"'), /must be followed by a path/)
  t.match(refusal('credential: "command:[]"'), /must be followed by a list/)
  t.match(refusal('credential: "command:pass show"'), /must be followed by a list/)
})

t.test('what comes later says so', async (t) => {
  for (const text of ['keychain:acme', 'op://vault/acme/key', 'azure-keyvault:v/acme']) {
    t.match(refusal(`credential: "${text}"`), /is not built yet: use env:NAME, file:PATH or command/)
  }
  for (const wire of ['openai-responses', 'anthropic', 'gemini', 'ollama']) {
    t.match(refusal(`wire: ${wire}`), `providers/acme/wire: ${wire} is not built yet: only openai-chat can be served today`)
  }
  t.match(refusal('wire: openai-chatt'), /did you mean "openai-chat"\?/)
})
