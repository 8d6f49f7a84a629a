// The broker as the command starts it, with the other commands working beside it.

import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { aibroker, collect, emptyHome, start, type Ended } from './command.ts'

interface Broker {
  readonly url: string
  readonly home: string
  /** Sends the signal and waits for the end. */
  stop (signal: NodeJS.Signals): Promise<Ended>
}

async function broker (t: Test, args: readonly string[] = ['serve', '--dry-run', '--port', '0']): Promise<Broker> {
  const home = emptyHome(t)
  const child = await start(t, args, { home })
  const ended = collect(child)
  if (!child.stdout) throw new Error('stdout is not piped')
  const [line] = await once(createInterface(child.stdout), 'line') as [string]
  return {
    url: JSON.parse(line).listen,
    home,
    stop (signal) {
      child.kill(signal)
      return ended
    }
  }
}

async function ask (url: string, key = 'any'): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'autocheapest', messages: [{ role: 'user', content: 'Hello' }] })
  })
}

t.test('without a command the broker starts; health, models, usage and explain work beside it', async (t) => {
  const { url, home, stop } = await broker(t, ['--dry-run', '--port', '0'])
  const health = await aibroker(t, ['health', '--url', url], { home })
  t.equal(health.code, 0, health.stderr)
  t.match(health.stdout, 'mode dry_run')

  const answer = await ask(url)
  t.equal(answer.status, 200, await answer.text())
  const id = answer.headers.get('x-generation-id') ?? ''

  const usage = await aibroker(t, ['usage', '--json'], { home })
  t.match(JSON.parse(usage.stdout).totals, { requests: 1, errors: 0 })
  const explained = await aibroker(t, ['explain', id, '--json'], { home })
  t.match(JSON.parse(explained.stdout), { id, status: 200, attempts: [{ outcome: 'answered' }] })
  const models = await aibroker(t, ['models', '--url', url, '--json'], { home })
  t.ok(JSON.parse(models.stdout).data.length > 0)
  t.match(JSON.parse((await aibroker(t, ['verify', '--json'], { home })).stdout), { ok: true, exchanges: 1 })

  const { code } = await stop('SIGTERM')
  t.equal(code, 0)
  t.notOk(readdirSync(home).includes('aibroker.db.lock'), 'the next one may start')
})

t.test('a key made beside a running broker is required there, works there, and ends there when it is revoked', async (t) => {
  const { url, home } = await broker(t)
  t.equal((await ask(url)).status, 200, 'nobody needs a key yet')

  const made = JSON.parse((await aibroker(t, ['token', 'create', '--json'], { home })).stdout)
  await until(t, async () => (await ask(url)).status === 401)
  t.equal((await ask(url, made.token)).status, 200)

  t.equal((await aibroker(t, ['token', 'revoke', made.id], { home })).code, 0)
  await until(t, async () => (await ask(url, made.token)).status === 401)
})

/** Asks until it is so; the broker promises a second, and the test runner has the last word. */
async function until (t: Test, isSo: () => Promise<boolean>): Promise<void> {
  while (!await isSo());
  t.pass('it is so')
}

t.test('a second broker on the same books is refused, naming the first', async (t) => {
  const { home } = await broker(t)
  const { code, stdout, stderr } = await aibroker(t, ['--dry-run', '--port', '0'], { home })
  t.equal(code, 1)
  t.equal(stdout, '')
  t.match(stderr, /^aibroker: .*is in use by another broker, pid \d+/m)
})

t.test('a port that is taken is refused with what to do, and the books stay free', async (t) => {
  const { url } = await broker(t)
  const home = emptyHome(t)
  const args = ['--dry-run', '--port', new URL(url).port]
  const { code, stdout, stderr } = await aibroker(t, args, { home })
  t.equal(code, 1)
  t.equal(stdout, '')
  t.match(stderr, /^aibroker: cannot listen on 127\.0\.0\.1:\d+: something listens there already/m)
  t.notOk(readdirSync(home).includes('aibroker.db.lock'))

  const json = await aibroker(t, [...args, '--json'], { home })
  t.match(JSON.parse(json.stderr), { error: { code: 'failed', exit_code: 1 } })
})

t.test('a wrong modelsconfig.yml is refused with line and path, exit code 2', async (t) => {
  const home = t.testdir({ 'modelsconfig.yml': 'models:\n  tiny:\n    tier: luxury\n    backends: []\n' })
  const { code, stdout, stderr } = await aibroker(t, ['serve', '--dry-run', '--port', '0'], { home })
  t.equal(code, 2)
  t.equal(stdout, '')
  t.match(stderr, /^aibroker: modelsconfig\.yml:3: models\/tiny\/tier/m)
})

t.test('a list of proxies that makes no sense is refused by its name, exit code 2', async (t) => {
  const env = { AIBROKER_TRUST_PROXY: '10.0.0.0/99' }
  const { code, stderr } = await aibroker(t, ['serve', '--dry-run', '--port', '0'], { env })
  t.equal(code, 2)
  t.match(stderr, /^aibroker: AIBROKER_TRUST_PROXY: "10\.0\.0\.0\/99"/m)
})

t.test('a home that cannot be made is refused in the words of the system', async (t) => {
  const home = t.testdir({ file: '' })
  const { code, stderr } = await aibroker(t, ['serve', '--port', '0', '--home', join(home, 'file', 'below')])
  t.equal(code, 1)
  t.match(stderr, /^aibroker: .*(ENOTDIR|EEXIST)/m)
})
