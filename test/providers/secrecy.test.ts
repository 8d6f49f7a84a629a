// P8 for this layer: nothing that providers are made of shows a key, however it is turned into text.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, inspect } from 'node:util'
import t from 'tap'
import type { Credential } from '../../src/providers/credentials.ts'
import { createCredentials } from '../../src/providers/credentials.ts'
import { builtin } from '../../src/providers/builtin.ts'
import { createKeyFile } from '../../src/providers/key-file.ts'
import { createProviders } from '../../src/providers/registry.ts'
import { createSecrets } from '../../src/providers/secrets.ts'

const KEY = 'sk-hunter2-0123456789abcdef'
const ARGUMENT = 'token-hunter2-0123456789'

const WAYS: ReadonlyArray<readonly [way: string, textOf: (value: unknown) => string]> = [
  ['JSON.stringify', (value) => JSON.stringify(value) ?? ''],
  ['util.inspect with everything shown', (value) => inspect(value, { depth: Infinity, showHidden: true, getters: true })],
  ['console.log', (value) => format('%s %o %O %j %d', value, value, value, value, value)],
  ['String', (value) => String(value)],
  ['a template', (value) => `${value as string}`],
  ['concatenation', (value) => '' + (value as string)],
  ['its members', (value) => Object.entries(value as object).map(([name, member]) => `${name}=${String(member)}`).join()],
  ['a structured clone', (value) => {
    try {
      return inspect(structuredClone(value), { depth: Infinity, showHidden: true })
    } catch {
      return '' // functions cannot be cloned, and nothing came out
    }
  }],
  ['an error around it', (value) => inspect(new Error('wrong', { cause: value }), { depth: Infinity })]
]

function everything (home: string) {
  const keyFile = createKeyFile(home)
  keyFile.add('groq', `${KEY}-in-file`)
  const path = join(home, 'key')
  writeFileSync(path, `${KEY}-in-own-file`, { mode: 0o600 })
  const env = { OPENAI_API_KEYS: `${KEY},${KEY}-second`, OLLAMA_BASE_URL: 'http://127.0.0.1:1/v1' }
  const row = (id: string, credential: string) =>
    [id, { id, wire: undefined, baseUrl: undefined, credential, priority: undefined }] as const
  const argv = [process.execPath, '-e', `console.log("${KEY}-of-command")`, ARGUMENT]
  const catalogProviders = new Map([row('mistral', `file:${path}`), row('xai', `command:${JSON.stringify(argv)}`)])
  const providers = createProviders({ builtin, catalogProviders, env, keyFile })
  const secretsOf = createSecrets({ env, keyFile })
  const credentials = createCredentials({ providers, secretsOf, clock: { monotonicMs: () => 0 } })
  return { keyFile, providers, secretsOf, credentials }
}

t.test('the keys are really there', async (t) => {
  const { credentials } = everything(t.testdir())
  for (const id of ['openai', 'groq', 'mistral', 'xai']) {
    t.match(credentials.take(id)?.secret?.reveal(), KEY, id)
  }
})

for (const [way, textOf] of WAYS) {
  t.test(`no key and no argument of a command shows through ${way}`, async (t) => {
    const { keyFile, providers, secretsOf, credentials } = everything(t.testdir())
    const taken = ['openai', 'openai', 'groq', 'mistral', 'xai'].map((id) => credentials.take(id) as Credential)
    const values: Record<string, unknown> = {
      keyFile,
      'list of the key file': keyFile.list(),
      'secrets of the key file': keyFile.secretsOf('groq'),
      providers,
      'all providers': providers.all(),
      secretsOf,
      'secrets of a provider': secretsOf(providers.all()[0] as never),
      credentials,
      state: credentials.state('openai')
    }
    for (const [index, credential] of taken.entries()) values[`credential ${index}`] = credential
    for (const provider of providers.all()) values[provider.id] = provider
    for (const [name, value] of Object.entries(values)) t.notMatch(textOf(value), 'hunter2', name)
  })
}
