// The key file: what the command line adds, and what the broker refuses to read.

import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { createKeyFile } from '../../src/providers/key-file.ts'
import { refusalOf } from './refusal.ts'

const FIRST = 'sk-first-0123456789abcd'
const SECOND = 'sk-second-0123456789wxyz'

const revealed = (file: ReturnType<typeof createKeyFile>, provider: string) =>
  file.secretsOf(provider).map((secret) => secret.reveal())
const modeOf = (path: string) => statSync(path).mode & 0o777

t.test('without a file there are no keys, and reading makes none', async (t) => {
  const home = t.testdir()
  const file = createKeyFile(home)
  t.same(file.secretsOf('openai'), [])
  t.same(file.list(), [])
  t.equal(file.remove('openai', 1), false)
  t.same(readdirSync(home), [])
})

t.test('a key that was added is found, in order, and once', async (t) => {
  const file = createKeyFile(t.testdir())
  t.equal(file.add('openai', ` ${FIRST}\n`), true)
  t.equal(file.add('openai', SECOND), true)
  t.equal(file.add('openai', FIRST), false)
  t.equal(file.add('groq', FIRST), true)
  t.same(revealed(file, 'openai'), [FIRST, SECOND])
  t.same(JSON.parse(readFileSync(file.path, 'utf8')), { openai: [FIRST, SECOND], groq: [FIRST] })
})

t.test('the file is 0600 in a folder that is made 0700, whatever the umask, and no draft is left', async (t) => {
  const home = join(t.testdir(), 'deep', 'home')
  const umask = process.umask(0)
  t.teardown(() => process.umask(umask))
  const file = createKeyFile(home)
  file.add('openai', FIRST)
  file.add('openai', SECOND)
  t.equal(modeOf(file.path), 0o600)
  t.equal(modeOf(home), 0o700)
  t.same(readdirSync(home), ['provider-keys.json'])
})

t.test('the list shows hints, never keys', async (t) => {
  const file = createKeyFile(t.testdir())
  file.add('openai', FIRST)
  file.add('openai', SECOND)
  t.same(file.list(), [
    { provider: 'openai', number: 1, hint: '…abcd' },
    { provider: 'openai', number: 2, hint: '…wxyz' }
  ])
})

t.test('a key is removed by its number; the last one takes the provider with it', async (t) => {
  const file = createKeyFile(t.testdir())
  file.add('openai', FIRST)
  file.add('openai', SECOND)
  t.equal(file.remove('openai', 3), false)
  t.equal(file.remove('openai', 1), true)
  t.same(revealed(file, 'openai'), [SECOND])
  t.equal(file.remove('openai', 1), true)
  t.same(JSON.parse(readFileSync(file.path, 'utf8')), {})
})

for (const mode of [0o640, 0o604, 0o644, 0o660, 0o620]) {
  t.test(`a file others can reach is refused, with what to do: ${mode.toString(8)}`, async (t) => {
    const file = createKeyFile(t.testdir())
    file.add('openai', FIRST)
    chmodSync(file.path, mode)
    for (const use of [() => file.secretsOf('openai'), () => file.list(), () => file.add('groq', SECOND)]) {
      t.match(refusalOf(use), `chmod 600 ${file.path}`)
    }
    t.notMatch(readFileSync(file.path, 'utf8'), SECOND)
  })
}

const NO_KEY_FILES = [
  'not json sk-secret', '[]', '{"openai":"sk-secret"}', '{"openai":[1]}', '{"openai":["sk-secret"]',
  '{"openai":["sk-secret with space"]}', '"sk-secret"', 'null'
]

NO_KEY_FILES.forEach((text, index) => {
  t.test(`what is no key file is refused without a word of it (${index})`, async (t) => {
    const file = createKeyFile(t.testdir())
    writeFileSync(file.path, text, { mode: 0o600 })
    const refusal = refusalOf(() => file.secretsOf('openai'))
    t.match(refusal, file.path)
    t.notMatch(refusal, 'sk-secret')
  })
})

t.test('an empty file has no keys', async (t) => {
  const file = createKeyFile(t.testdir())
  writeFileSync(file.path, '', { mode: 0o600 })
  t.same(file.list(), [])
})

t.test('a folder or a pipe in its place is refused instead of waited for', async (t) => {
  const folder = createKeyFile(t.testdir())
  mkdirSync(folder.path, { mode: 0o700 })
  t.match(refusalOf(() => folder.list()), 'is not a file')

  const pipe = createKeyFile(t.testdir())
  execFileSync('mkfifo', ['-m', '600', pipe.path])
  t.match(refusalOf(() => pipe.list()), 'is not a file')
})

t.test('a provider may have the name of a method', async (t) => {
  const file = createKeyFile(t.testdir())
  t.same(file.secretsOf('constructor'), [])
  file.add('__proto__', FIRST)
  t.same(revealed(file, '__proto__'), [FIRST])
  file.add('constructor', SECOND)
  t.same(revealed(file, 'constructor'), [SECOND])
  t.same(revealed(file, '__proto__'), [FIRST])
})

t.test('what is no key is not added', async (t) => {
  const file = createKeyFile(t.testdir())
  t.match(refusalOf(() => file.add('openai', '  ')), 'empty')
  t.notMatch(refusalOf(() => file.add('openai', 'two words')), 'two words')
  t.same(file.list(), [])
})
