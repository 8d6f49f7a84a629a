// Where a credential is found: sources as modelsconfig.yml spells them, and what reading each gives or refuses.

import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createKeyFile } from '../../src/providers/key-file.ts'
import type { ResolvedProvider } from '../../src/providers/registry.ts'
import { createProviders } from '../../src/providers/registry.ts'
import { readSecretSource } from '../../src/providers/secret-source.ts'
import { createSecrets, type CommandLimits } from '../../src/providers/secrets.ts'
import type { Environment } from '../../src/providers/environment.ts'
import { openai } from '../../src/providers/openai.ts'
import { refusalOf } from './refusal.ts'

const WHERE = 'providers/openai/credential'
const node = (script: string, ...words: string[]) => `command:${JSON.stringify([process.execPath, '-e', script, ...words])}`

function resolved (credential: string | undefined, env: Environment = {}): ResolvedProvider {
  const row = { id: 'openai', wire: undefined, baseUrl: undefined, credential, priority: undefined }
  const providers = createProviders({ builtin: [openai], catalogProviders: new Map([['openai', row]]), env })
  return providers.get('openai') as ResolvedProvider
}

interface Reading {
  env?: Environment
  home?: string
  command?: CommandLimits
}

function read (credential: string | undefined, { env = {}, home = '/nowhere', command }: Reading = {}): string[] {
  const secretsOf = createSecrets({ env, keyFile: createKeyFile(home), ...(command && { command }) })
  return secretsOf(resolved(credential, env)).map((secret) => secret.reveal())
}

t.test('labels say where a credential is found, and of a command two words at most', async (t) => {
  const label = (text: string) => readSecretSource(text, WHERE).label
  t.equal(label('none'), 'none')
  t.equal(label('env:MY_KEY'), 'env:MY_KEY')
  t.equal(label('file:/run/secrets/openai'), 'file:/run/secrets/openai')
  t.equal(label('command:["op"]'), 'command:op')
  t.equal(label('command:["op","read"]'), 'command:op read')
  t.equal(label('command:["op","read","--token","hunter2"]'), 'command:op read …')
  t.ok(label(`command:["op","${'x'.repeat(1000)}"]`).length < 100)
})

const WRONG = [
  'hunter2', 'sk-hunter2', '', 'none hunter2', 'env:', 'env:hunter 2', 'env:1hunter2', 'file:', 'command:', 'command:op read hunter2',
  'command:[]', 'command:[""]', 'command:["op",2]', 'command:{"op":"hunter2"}', 'command:["op","hunter2\\u0000"]', 'keychain:hunter2',
  'op://vault/hunter2', 'azure-keyvault:hunter2'
]

for (const text of WRONG) {
  t.test(`what is no source is refused by its place and not repeated: ${JSON.stringify(text)}`, async (t) => {
    const refusal = refusalOf(() => readSecretSource(text, WHERE))
    t.match(refusal, WHERE)
    t.notMatch(refusal, 'hunter2')
  })
}

t.test('without a source, environment and key file are one list', async (t) => {
  const home = t.testdir()
  const file = createKeyFile(home)
  file.add('openai', 'sk-b')
  file.add('openai', 'sk-c')
  t.same(read(undefined, { env: { OPENAI_API_KEYS: 'sk-a,sk-b' }, home }), ['sk-a', 'sk-b', 'sk-c'])
  t.same(read(undefined, { env: {} }), [])
})

t.test('a source in modelsconfig.yml is the only one that is read', async (t) => {
  const env = { OPENAI_API_KEY: 'sk-a', MINE: 'sk-m, sk-n' }
  t.same(read('env:MINE', { env }), ['sk-m', 'sk-n'])
  t.same(read('env:NOT_SET', { env }), [])
  t.same(read('none', { env }), [])
})

t.test('a file gives a key per line, and must be ours alone', async (t) => {
  const folder = t.testdir()
  const path = join(folder, 'key')
  writeFileSync(path, '\n sk-one \r\n\nsk-two\nsk-one\n', { mode: 0o600 })
  t.same(read(`file:${path}`), ['sk-one', 'sk-two'])
  chmodSync(path, 0o400)
  t.same(read(`file:${path}`), ['sk-one', 'sk-two'])
  chmodSync(path, 0o644)
  const refusal = refusalOf(() => read(`file:${path}`))
  t.match(refusal, `chmod 600 ${path}`)
  t.notMatch(refusal, 'sk-one')
})

t.test('a file that is missing, too large or not text of keys is refused', async (t) => {
  const path = join(t.testdir(), 'key')
  t.match(refusalOf(() => read(`file:${path}`)), `there is no file ${path}`)
  writeFileSync(path, 'x'.repeat(64 * 1024 + 1), { mode: 0o600 })
  t.match(refusalOf(() => read(`file:${path}`)), 'larger than')
  writeFileSync(path, '-----BEGIN hunter2-----\n', { mode: 0o600 })
  t.notMatch(refusalOf(() => read(`file:${path}`)), 'hunter2')
})

t.test('a command gives a key per line, and no shell reads its words', async (t) => {
  t.same(read(node('console.log("sk-one\\n\\n sk-two")')), ['sk-one', 'sk-two'])
  t.same(read(node('console.log(process.argv[1])', '$HOME;`id`')), ['$HOME;`id`'])
})

t.test('a command runs once, however often its provider is asked', async (t) => {
  const path = join(t.testdir({ count: '' }), 'count')
  const secretsOf = createSecrets({ env: {}, keyFile: createKeyFile('/nowhere') })
  const provider = resolved(node(`require("fs").appendFileSync(${JSON.stringify(path)}, "x"); console.log("sk-one")`))
  secretsOf(provider)
  t.equal(secretsOf(provider)[0]?.reveal(), 'sk-one')
  t.equal(readFileSync(path, 'utf8'), 'x')
})

t.test('a command sees the environment without the keys of providers', async (t) => {
  const env = { PATH: process.env['PATH'], OP_SESSION: 'on', OPENAI_API_KEY: 'sk-a', GROQ_API_KEYS: 'sk-b' }
  const found = read(node('console.log(Object.keys(process.env).sort().join())'), { env })
  t.match(found[0], 'OP_SESSION')
  t.notMatch(found[0], 'API_KEY')
})

t.test('a command that fails is told in our words, without output, arguments or stderr', async (t) => {
  const script = 'console.log("hunter2"); console.error("hunter2"); process.exit(3)'
  const refusal = refusalOf(() => read(node(script, 'hunter2')))
  t.match(refusal, 'it ended with 3')
  t.notMatch(refusal, 'hunter2')
  t.match(refusalOf(() => read('command:["/no/such/program","hunter2","hunter3"]')), 'there is no such program')
  t.match(refusalOf(() => read(node(''))), 'gave no key')
})

t.test('a command that does not end, or does not stop writing, is ended', async (t) => {
  const command = { timeoutMs: 300, outputBytes: 1024 }
  t.match(refusalOf(() => read(node('setInterval(() => {}, 1000)'), { command })), 'within 300 ms')
  const large = refusalOf(() => read(node('console.log("hunter2".repeat(10000))'), { command: { ...command, timeoutMs: 10_000 } }))
  t.match(large, 'more than 1024 bytes')
  t.notMatch(large, 'hunter2')
})
