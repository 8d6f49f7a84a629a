// Provider keys from the command line: they come in through stdin or a silent prompt, and never come out again.

import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { createKeyFile } from '../../src/providers/key-file.ts'
import { aibroker, collect, emptyHome, start } from './command.ts'

const KEY = 'sk-proj-abcdefghijklmnopqrstuvwx-1234'
const OTHER = 'sk-proj-zyxwvutsrqponmlkjihgfedc-9876'

t.test('a key piped through stdin is stored for its provider, readable by its owner only', async (t) => {
  const home = emptyHome(t)
  const { code, stdout, stderr } = await aibroker(t, ['keys', 'add', 'openai'], { home, input: `${KEY}\n` })
  t.equal(code, 0)
  t.notMatch(stdout + stderr, KEY.slice(8, 30))
  t.same(createKeyFile(home).secretsOf('openai').map((secret) => secret.reveal()), [KEY])
  t.equal(statSync(join(home, 'provider-keys.json')).mode & 0o777, 0o600)
})

t.test('several keys may come one per line; what is stored already is not stored again', async (t) => {
  const home = emptyHome(t)
  const first = await aibroker(t, ['keys', 'add', 'groq', '--json'], { home, input: `${KEY}\r\n\n${OTHER}` })
  t.same(JSON.parse(first.stdout), { provider: 'groq', added: 2, known: 0 })
  const again = await aibroker(t, ['keys', 'add', 'groq', '--json'], { home, input: OTHER })
  t.same(JSON.parse(again.stdout), { provider: 'groq', added: 0, known: 1 })
  t.same(createKeyFile(home).secretsOf('groq').map((secret) => secret.reveal()), [KEY, OTHER])
})

t.test('while the command waits for the key, the process list shows no key', async (t) => {
  const home = emptyHome(t)
  const child = await start(t, ['keys', 'add', 'openai'], { home })
  const ended = collect(child)
  child.stdin?.write(KEY.slice(0, 20))
  const shown = execFileSync('ps', ['-o', 'args=', '-p', String(child.pid)], { encoding: 'utf8' })
  t.match(shown, 'keys add openai', 'it is the right process')
  t.notMatch(shown, KEY.slice(0, 20))
  child.stdin?.end(KEY.slice(20))
  t.equal((await ended).code, 0)
  t.same(createKeyFile(home).secretsOf('openai').map((secret) => secret.reveal()), [KEY])
})

t.test('a key on the command line is refused, not stored and not repeated', async (t) => {
  const home = emptyHome(t)
  for (const args of [['openai', KEY], [KEY], ['--key', KEY, 'openai'], [`--key=${KEY}`, 'openai']]) {
    const { code, stdout, stderr } = await aibroker(t, ['keys', 'add', ...args], { home, input: '' })
    t.equal(code, 2, args[0] ?? '')
    t.notMatch(stdout + stderr, KEY.slice(8, 30))
  }
  t.same(createKeyFile(home).list(), [])
})

t.test('list shows where keys are from, and of a key its last characters', async (t) => {
  const home = emptyHome(t)
  await aibroker(t, ['keys', 'add', 'openai'], { home, input: `${KEY}\n${OTHER}\n` })
  const env = { GROQ_API_KEYS: 'gsk-from-the-environment-0001,gsk-from-the-environment-0002' }

  const text = await aibroker(t, ['keys', 'list'], { home, env })
  t.match(text.stdout, /^openai +1 +…1234 +stored$/m)
  t.match(text.stdout, /^openai +2 +…9876 +stored$/m)
  t.match(text.stdout, /^groq +- +…0001 +GROQ_API_KEYS$/m)

  const json = await aibroker(t, ['keys', 'list', '--json'], { home, env })
  t.same(JSON.parse(json.stdout).data, [
    { provider: 'openai', number: 1, hint: '…1234', source: 'stored' },
    { provider: 'openai', number: 2, hint: '…9876', source: 'stored' },
    { provider: 'groq', source: 'GROQ_API_KEYS', number: null, hint: '…0001' },
    { provider: 'groq', source: 'GROQ_API_KEYS', number: null, hint: '…0002' }
  ])
  for (const secret of [KEY, OTHER, env.GROQ_API_KEYS]) {
    t.notMatch(text.stdout + text.stderr + json.stdout + json.stderr, secret.slice(4, 24))
  }
})

t.test('an empty list says how to store a key', async (t) => {
  const { code, stdout, stderr } = await aibroker(t, ['keys', 'list'])
  t.equal(code, 0)
  t.equal(stdout, '')
  t.match(stderr, 'aibroker keys add')
  t.same(JSON.parse((await aibroker(t, ['keys', 'list', '--json'])).stdout), { data: [] })
})

t.test('remove forgets the only key; with several it asks which one', async (t) => {
  const home = emptyHome(t)
  await aibroker(t, ['keys', 'add', 'openai'], { home, input: `${KEY}\n${OTHER}\n` })

  const which = await aibroker(t, ['keys', 'remove', 'openai'], { home })
  t.equal(which.code, 2)
  t.match(which.stderr, '1 (…1234), 2 (…9876)')

  const first = await aibroker(t, ['keys', 'remove', 'openai', '1', '--json'], { home })
  t.same(JSON.parse(first.stdout), { provider: 'openai', number: 1, hint: '…1234', removed: true })
  t.equal((await aibroker(t, ['keys', 'remove', 'openai'], { home })).code, 0)
  t.notMatch(readFileSync(join(home, 'provider-keys.json'), 'utf8'), 'sk-proj')

  const none = await aibroker(t, ['keys', 'remove', 'openai'], { home })
  t.equal(none.code, 3)
  t.match(none.stderr, 'no such key is stored')
})

t.test('a misspelt provider is refused with what was meant, before any key is read', async (t) => {
  const home = emptyHome(t)
  const { code, stderr } = await aibroker(t, ['keys', 'add', 'opneai'], { home, input: KEY })
  t.equal(code, 2)
  t.match(stderr, 'no provider "opneai"; did you mean openai?')
  const strange = await aibroker(t, ['keys', 'add', 'zzzz'], { home, input: KEY })
  t.match(strange.stderr, /known are openai, .*lmstudio\. Others need an entry in modelsconfig\.yml/)
  t.same(createKeyFile(home).list(), [])
})

t.test('a provider of modelsconfig.yml may have keys as well', async (t) => {
  const home = t.testdir({
    'modelsconfig.yml': [
      'providers:', '  my-vllm:', '    wire: openai-chat', '    base_url: http://127.0.0.1:8000/v1', '    credential: none',
      'models:', '  tiny:', '    tier: economy', '    backends:',
      '      - { provider: my-vllm, model_id: tiny, priority: 1, input_cost: 1, output_cost: 2 }', ''
    ].join('\n')
  })
  const { code, stderr } = await aibroker(t, ['keys', 'add', 'my-vllm'], { home, input: KEY })
  t.equal(code, 0, stderr)
  t.equal(createKeyFile(home).secretsOf('my-vllm').length, 1)
})

const BAD_INPUT: ReadonlyArray<readonly [sentence: string, input: string, says: RegExp]> = [
  ['nothing', '', /no key was given/],
  ['blanks only', ' \n\n', /no key was given/],
  ['a key with a space in it', 'sk-proj abcdefghijkl', /a space, a line break or a character outside ASCII/],
  ['more than a key could be', 'k'.repeat(70_000), /more than 65536 bytes/]
]

for (const [sentence, input, says] of BAD_INPUT) {
  t.test(`stdin holding ${sentence} is refused without repeating it`, async (t) => {
    const home = emptyHome(t)
    const { code, stdout, stderr } = await aibroker(t, ['keys', 'add', 'openai'], { home, input })
    t.equal(code, 2)
    t.match(stderr, says)
    t.notMatch(stdout + stderr, /abcdefghijkl|kkkk/)
    t.same(createKeyFile(home).list(), [])
  })
}

t.test('a key file that others can read is refused, with the command that mends it', async (t) => {
  const home = t.testdir({ 'provider-keys.json': JSON.stringify({ openai: [KEY] }) })
  execFileSync('chmod', ['644', join(home, 'provider-keys.json')])
  const { code, stderr } = await aibroker(t, ['keys', 'list'], { home })
  t.equal(code, 2)
  t.match(stderr, /chmod 600/)
})

t.test('ending the input without a key leaves nothing behind', async (t) => {
  const home = emptyHome(t)
  const child = await start(t, ['keys', 'add', 'openai'], { home })
  child.stdin?.end()
  const [code] = await once(child, 'close')
  t.equal(code, 2)
  t.same(createKeyFile(home).list(), [])
})
