// What the command says about itself, and what it says when it is called in a wrong way.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { compiled } from '../compiled.ts'
import { aibroker } from './command.ts'

const COMMANDS = [
  'serve', 'health', 'models', 'price', 'usage', 'explain', 'verify', 'reprice', 'reconcile', 'prune', 'chaos',
  'keys add', 'keys list', 'keys remove', 'token create', 'token list', 'token revoke',
  'budget set', 'budget list', 'budget show', 'budget remove',
  'priority list', 'priority set', 'priority clear'
]

t.test('the top help names every command, the exit codes and --json', async (t) => {
  const { code, stdout, stderr } = await aibroker(t, ['--help'])
  t.equal(code, 0)
  t.equal(stderr, '')
  for (const name of new Set(COMMANDS.map((command) => command.split(' ')[0]))) t.match(stdout, `  ${name} `)
  for (const line of [/^ {2}0 +done/m, /^ {2}1 +failed/m, /^ {2}2 +wrong usage/m, /^ {2}3 +not found/m, /^ {2}70 +internal/m]) {
    t.match(stdout, line)
  }
  t.match(stdout, '--json')
})

for (const command of COMMANDS) {
  t.test(`"${command} --help" describes it, takes --json and shows examples`, async (t) => {
    const { code, stdout, stderr } = await aibroker(t, [...command.split(' '), '--help'])
    t.equal(code, 0)
    t.equal(stderr, '')
    t.match(stdout, `Usage: aibroker ${command}`)
    t.match(stdout, '--json')
    t.match(stdout, /\nExamples:\n {2}\S/)
  })
}

t.test('"help <command>" is the same as "<command> --help"', async (t) => {
  const [spelled, flagged] = await Promise.all([aibroker(t, ['help', 'usage']), aibroker(t, ['usage', '--help'])])
  t.equal(spelled.stdout, flagged.stdout)
  t.equal(spelled.code, 0)
})

t.test('every flag of serve has its variable or its meaning in the help', async (t) => {
  const { stdout } = await aibroker(t, ['serve', '--help'])
  for (const flag of [
    '--host', '--address', '--port', '--socket-dir', '--no-tcp', '--config', '--home', '--database', '--dry-run',
    '--open', '--log-level'
  ]) t.match(stdout, `${flag} `)
})

t.test('--version is that of the package', async (t) => {
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))
  const { code, stdout } = await aibroker(t, ['--version'])
  t.equal(stdout, `${version}\n`)
  t.equal(code, 0)
})

t.test('--help loads the argument parser and nothing of the broker', async (t) => {
  const main = await compiled('src/cli/main.ts')
  const folder = t.testdir({
    'hooks.mjs': "import { writeSync } from 'node:fs'\nexport async function resolve (name, context, next) {\n" +
      "  const found = await next(name, context)\n  writeSync(2, 'LOADED ' + found.url + '\\n')\n  return found\n}\n",
    'register.mjs': "import { register } from 'node:module'\nregister('./hooks.mjs', import.meta.url)\n"
  })
  const { stderr } = spawnSync(process.execPath, ['--import', join(folder, 'register.mjs'), main, '--help'],
    { env: { PATH: process.env['PATH'] }, encoding: 'utf8' })
  const loaded = stderr.split('\n').filter((line) => line.startsWith('LOADED '))
  t.ok(loaded.some((line) => line.includes('commander')), 'the hooks see what is loaded')
  t.same(loaded.filter((line) => /better-sqlite3|fastify|pino|yaml|undici/.test(line)), [])
})

const WRONG: ReadonlyArray<readonly [sentence: string, args: readonly string[], says: RegExp]> = [
  ['an unknown command, with what was meant', ['usgae'], /unknown command 'usgae' \(Did you mean usage\?\)/],
  ['an unknown flag, with what was meant', ['usage', '--sinc', '7d'], /unknown option '--sinc' \(Did you mean --since\?\)/],
  ['a group without a command', ['token'], /a command is missing/],
  ['a missing argument', ['explain'], /missing required argument 'id'/],
  ['one argument too many', ['usage', 'all'], /too many arguments/],
  ['a setting of serve that cannot be', ['serve', '--port', 'high'], /--port \(AIBROKER_PORT\) must be a whole number/],
  ['half an address, also without the word serve', ['--address', '127.0.0.1'], /--address needs --port/],
  ['nothing to listen on', ['serve', '--no-tcp'], /--no-tcp needs --socket-dir/],
  ['a database that is no SQLite', ['usage', '--database', 'mysql:x'], /must start with "sqlite:"/]
]

for (const [sentence, args, says] of WRONG) {
  t.test(`wrong usage is one line on stderr and exit code 2: ${sentence}`, async (t) => {
    const { code, stdout, stderr } = await aibroker(t, args)
    t.equal(code, 2)
    t.equal(stdout, '')
    t.match(stderr, says)
    t.match(stderr.trimEnd().split('\n').at(-1), /^aibroker: /)
  })

  t.test(`with --json it is JSON on stderr: ${sentence}`, async (t) => {
    const { code, stdout, stderr } = await aibroker(t, [...args, '--json'])
    t.equal(code, 2)
    t.equal(stdout, '')
    const { error } = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '')
    t.match(error, { message: String, code: 'wrong_usage', exit_code: 2 })
  })
}

t.test('the value of an unknown flag is not repeated: it could be a key', async (t) => {
  const { code, stderr } = await aibroker(t, ['keys', 'add', 'openai', '--key=sk-not-to-be-seen'])
  t.equal(code, 2)
  t.match(stderr, "unknown option '--key'")
  t.notMatch(stderr, 'not-to-be-seen')
})
