// Check 154: priorities of providers that are set live, by JSON-RPC and by the command.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { systemClock, type Clock } from '../../src/core/clock.ts'
import { aibroker, emptyHome } from '../cli/command.ts'
import { gateway, post, type GatewayOptions } from '../helper.ts'
import { chatJson, provider } from '../upstreams.ts'

const OPERATOR = 'sk-the-operator-0123456789'
const BEARER = { authorization: `Bearer ${OPERATOR}` }
const CHAT = { model: 'm', messages: [{ role: 'user', content: 'hi' }] }

/** Looks that are due in a second happen when the test says so. */
function heldClock (): Clock & { tick (): void } {
  let due = new Set<() => void>()
  return {
    ...systemClock,
    after (delayMs, fn) {
      if (delayMs !== 1_000) return systemClock.after(delayMs, fn)
      due.add(fn)
      return () => { due.delete(fn) }
    },
    tick () {
      const now = due
      due = new Set()
      for (const fn of now) fn()
    }
  }
}

async function open (t: Test, options: GatewayOptions) {
  const opened = await gateway(t, options)
  const call = async (method: string, params?: unknown, headers: Record<string, string> = {}) =>
    (await post(`${opened.origin}/rpc`, { jsonrpc: '2.0', id: 1, method, params }, headers)).json()
  return {
    ...opened,
    call,
    set: async (provider: unknown, priority: unknown) => await call('priority.set', { provider, priority }),
    /** Who answers. */
    ask: async (headers: Record<string, string> = {}) => {
      const { headers: told } = await post(`${opened.url}/chat/completions`, CHAT, headers)
      return { by: told.get('x-aibroker-provider'), id: told.get('x-generation-id') }
    }
  }
}

/** Model `m` at `test0` with priority 1 and at `test1` with 2. */
async function two (t: Test, options: GatewayOptions = {}) {
  const [one, other] = [await provider(t, chatJson()), await provider(t, chatJson())]
  return open(t, { models: { m: [{ url: one.url }, { url: other.url }] }, ...options })
}

t.test('154: priority.set overrides the file from the next request on, null restores it, and priority.list reflects both', async (t) => {
  const { set, call, ask } = await two(t)
  t.same([(await ask()).by, (await call('priority.list')).result], ['test0', {}])

  t.same((await set('test1', 0)).result, { success: true, provider: 'test1', priority: 0 })
  t.same([(await ask()).by, (await call('priority.list')).result], ['test1', { test1: 0 }])

  t.same((await call('priority.set', ['test0', 0])).result, { success: true, provider: 'test0', priority: 0 })
  t.same((await set('test1', 5)).result, { success: true, provider: 'test1', priority: 5 })
  t.same([(await ask()).by, (await call('priority.list')).result], ['test0', { test0: 0, test1: 5 }])

  t.same((await set('test0', null)).result, { success: true, provider: 'test0', priority: null })
  t.same((await set('test1', null)).result, { success: true, provider: 'test1', priority: null })
  t.same((await set('test1', null)).result, { success: true, provider: 'test1', priority: null }, 'twice is once')
  t.same([(await ask()).by, (await call('priority.list')).result], ['test0', {}])
})

t.test('154: it stands over the priority of the provider in the file, before and after a reload', async (t) => {
  const { set, ask, home, gateway: { reload } } = await two(t)
  const file = join(home, 'modelsconfig.yml')
  const text = readFileSync(file, 'utf8')
  const withPriority = (priority: number) => text.replace('  test1:\n', `  test1:\n    priority: ${priority}\n`)
  writeFileSync(file, withPriority(0))
  reload()
  t.equal((await ask()).by, 'test1')
  await set('test1', 50)
  t.equal((await ask()).by, 'test0')

  writeFileSync(file, `${withPriority(0)}# changed\n`)
  reload()
  t.equal((await ask()).by, 'test0', 'another file changes nothing of it')
  await set('test1', null)
  t.equal((await ask()).by, 'test1')
})

t.test('154: within a batch the next message reads it, and a notification sets it, too', async (t) => {
  const { origin, ask, call } = await two(t)
  const set = { jsonrpc: '2.0', method: 'priority.set', params: { provider: 'test1', priority: 0 } }
  const { text } = await post(`${origin}/rpc`, [set, { jsonrpc: '2.0', id: 2, method: 'priority.list' }])
  t.same(JSON.parse(text), [{ jsonrpc: '2.0', result: { test1: 0 }, id: 2 }])
  t.equal((await ask()).by, 'test1')
  t.equal((await post(`${origin}/rpc`, { ...set, params: ['test1', null] })).status, 204)
  t.same((await call('priority.list')).result, {})
})

t.test('154: it survives a restart', async (t) => {
  const before = await two(t)
  await before.set('test1', 0)
  const config = readFileSync(join(before.home, 'modelsconfig.yml'), 'utf8')
  await before.close()
  const env = { TEST0_KEY: 'sk-canary-0', TEST1_KEY: 'sk-canary-1' }
  const after = await open(t, { config, env, flags: { home: before.home } })
  t.same([(await after.ask()).by, (await after.call('priority.list')).result], ['test1', { test1: 0 }])
})

t.test('154: explanations say that it was set live, and what the file says', async (t) => {
  const { set, ask, url } = await two(t)
  const explained = async (id: string | null) =>
    await (await fetch(`${url}/exchanges/${id}/explain`)).json() as { considered: Array<{ priority?: string }> }
  const before = (await ask()).id
  await set('test1', 0)
  const after = (await ask()).id
  const live = { backend: 'test1:m-upstream', priority: 'priority 0 (set live; file says 2)' }
  t.match((await explained(after)).considered, [{ ...live, verdict: 'chosen' }, { backend: 'test0:m-upstream' }])
  t.equal((await explained(after)).considered[1]?.priority, undefined)
  t.same((await explained(before)).considered.map(({ priority }) => priority), [undefined, undefined], 'what was, stays')
  const quote = (await post(`${url}/explain`, CHAT)).json()
  t.match(quote.candidates, [live, { provider: 'test0' }])
  t.equal(quote.candidates[1].priority, undefined)
})

const WRONG: ReadonlyArray<readonly [params: unknown, member: string, says: RegExp]> = [
  [{ priority: 1 }, 'provider', /missing/],
  [{ provider: 'test0' }, 'priority', /missing/],
  [undefined, 'provider', /missing/],
  [{ provider: 7, priority: 1 }, 'provider', /must be a text/],
  [{ provider: 'tes0', priority: 1 }, 'provider', /did you mean "test0"/],
  [{ provider: '__proto__', priority: 1 }, 'provider', /no provider/],
  [{ provider: 'nobody-at-all', priority: null }, 'provider', /no provider/],
  [{ provider: 'x'.repeat(9_000), priority: 1 }, 'provider', /no provider/],
  [{ provider: 'test0', priority: '1' }, 'priority', /whole number/],
  [{ provider: 'test0', priority: 1.5 }, 'priority', /whole number/],
  [{ provider: 'test0', priority: -1 }, 'priority', /whole number/],
  [{ provider: 'test0', priority: 1_000_001 }, 'priority', /whole number/],
  [{ provider: 'test0', priority: 1e300 }, 'priority', /whole number/],
  [{ provider: 'test0', priority: true }, 'priority', /whole number/],
  [{ provider: 'test0', priority: 1, prioritty: 2 }, 'prioritty', /did you mean "priority"/],
  [['test0', 1, 2], '2', /too many/]
]

t.test('154: wrong parameters are named, and change nothing', async (t) => {
  const { call } = await two(t)
  for (const [params, member, says] of WRONG) {
    const { error } = await call('priority.set', params)
    t.match(error, { code: -32602, message: says, data: { member } }, JSON.stringify(params)?.slice(0, 60))
    t.ok(JSON.stringify(error).length < 600)
  }
  t.same((await call('priority.list')).result, {})
})

t.test('154: only who administers may set, and who reads everybody\'s books may list', async (t) => {
  const { call, gateway: { keys }, ask } = await two(t, { env: { AIBROKER_API_KEYS: OPERATOR } })
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const client = bearer(keys.create({ name: 'client', origins: ['https://app.example'] }).token)
  const management = bearer(keys.create({ name: 'boss', isManagement: true }).token)
  const params = { provider: 'test1', priority: 0 }
  for (const headers of [client, { ...client, origin: 'https://app.example' }]) {
    t.match(await call('priority.set', params, headers), { error: { code: -32001, message: /aibroker token create --management/ } })
    t.match(await call('priority.list', undefined, headers), { error: { code: -32001 } })
  }
  t.equal((await ask(client)).by, 'test0')
  t.match(await call('priority.set', params, management), { result: { success: true } })
  t.same((await call('priority.list', undefined, BEARER)).result, { test1: 0 })
  t.equal((await ask(client)).by, 'test1')
})

t.test('154: the command sets, lists and clears it beside a running broker, which follows within a second', async (t) => {
  const clock = heldClock()
  const { home, ask, call, set } = await two(t, { clock })
  const command = async (...args: string[]) =>
    await aibroker(t, ['priority', ...args], { home, env: { MODELS_CONFIG_PATH: join(home, 'modelsconfig.yml') } })
  t.equal((await ask()).by, 'test0')

  const made = await command('set', 'test1', '0', '--json')
  t.same([made.code, made.stderr, JSON.parse(made.stdout)], [0, '', { provider: 'test1', priority: 0 }])
  clock.tick()
  t.same([(await ask()).by, (await call('priority.list')).result], ['test1', { test1: 0 }])
  t.match(JSON.parse((await command('list', '--json')).stdout), { data: [{ provider: 'test1', priority: 0, set_at: /Z$/ }] })
  t.match((await command('list')).stdout, /test1 +0 /)

  t.match(await command('clear', 'test1'), { code: 0, stdout: /as modelsconfig\.yml says/ })
  clock.tick()
  t.equal((await ask()).by, 'test0')
  t.match(await command('clear', 'test1'), { code: 3, stderr: /no priority of test1/ })

  await set('test1', 0)
  t.match(JSON.parse((await command('list', '--json')).stdout), { data: [{ provider: 'test1' }] }, 'and the other way round')
})

t.test('154: the command needs no broker, and refuses what cannot be', async (t) => {
  const home = emptyHome(t)
  const command = async (...args: string[]) => await aibroker(t, ['priority', ...args], { home })
  t.match(await command('set', 'groq', '3'), { code: 0, stdout: /groq has priority 3/ })
  t.match(await command('list'), { code: 0, stdout: /groq +3 / })
  t.match(await command('set', 'grok', '3'), { code: 2, stderr: /did you mean groq/ })
  for (const wrong of ['-1', '1.5', 'first', '1000001']) t.equal((await command('set', 'groq', '--', wrong)).code, 2, wrong)
})
