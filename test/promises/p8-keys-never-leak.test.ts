// P8: no key of a provider, a client or the operator is in anything that the broker writes, says or keeps.
//
// One broker as the command starts it, at log level trace, with secrets from every source and providers that say back
// what they were sent; then every byte it produced is searched.

import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t, { type Test } from 'tap'
import { aibroker, collect, emptyHome, start, type Ended } from '../cli/command.ts'
import {
  chatJson, chatSse, provider, slowEventsUntil, speechBytes, transcriptionJson, type Answer, type Call,
  type TestProvider
} from '../upstreams.ts'
import { Canaries, ECHOES, echoing, filesOf, spellingsOf } from './canaries.ts'
import { ask, client, Evidence } from './evidence.ts'

t.test('P8 the search finds a secret in every spelling it claims to know', async (t) => {
  const canaries = new Canaries()
  const value = canaries.make('planted')
  for (const [spelling, text] of spellingsOf(value)) {
    t.ok(canaries.findIn(new Map([['here', Buffer.from(`a ${text} b`)]])).length > 0, spelling)
  }
  for (const prefix of ['', 'u:', 'user:', 'Bearer ']) {
    const bytes = Buffer.from(Buffer.from(`${prefix}${value}`).toString('base64'))
    t.ok(canaries.findIn(new Map([['here', bytes]])).length > 0, `base64 behind "${prefix}"`)
  }
  t.same(canaries.findIn(new Map([['here', Buffer.from('nothing')]])), [])
})

/** Where each secret that the broker may use comes from: provider, `credential:` line, environment. */
function sourcesOf (canaries: Canaries, folder: string) {
  const file = join(folder, 'own-key')
  const printed = join(folder, 'printed-key')
  writeFileSync(file, canaries.make('file'), { mode: 0o600 })
  writeFileSync(printed, canaries.make('command'), { mode: 0o600 })
  const argv = ['/bin/sh', '-c', `cat ${printed}`, canaries.make('command-argument')]
  const env: Record<string, string> = {
    OPENAI_API_KEY: canaries.make('env-single'),
    GROQ_API_KEYS: ['one', 'two', 'three'].map((number) => canaries.make(`env-plural-${number}`)).join(),
    XAI_API_KEY: canaries.make('env-unused'),
    AIBROKER_API_KEYS: [canaries.make('operator-one'), canaries.make('operator-two')].join(),
    ADMIN_TOKEN: canaries.make('admin-token'),
    AIBROKER_JWT_SECRET: canaries.make('jwt-secret')
  }
  const credentials: Record<string, string> = { filed: `file:${file}`, commanded: `command:${JSON.stringify(argv)}` }
  for (const name of Object.keys(ECHOES)) {
    env[`ECHO_${name.toUpperCase()}`] = canaries.make(`echo-${name}`)
    credentials[`echo-${name.toLowerCase()}`] = `env:ECHO_${name.toUpperCase()}`
  }
  return { env, credentials }
}

interface Upstreams {
  readonly good: TestProvider
  /** Never ends its answers. */
  readonly slow: TestProvider
  /** By the name in `ECHOES`. */
  readonly echoes: Readonly<Record<string, TestProvider>>
}

function configOf ({ good, echoes }: Upstreams, credentials: Readonly<Record<string, string>>): string {
  const urls = new Map(Object.entries(echoes).map(([name, { url }]) => [`echo-${name.toLowerCase()}`, url]))
  const rows = Object.entries(credentials).map(([id, credential]) =>
    `  ${id}:\n    wire: openai-chat\n    base_url: ${urls.get(id) ?? good.url}\n    credential: '${credential}'\n    api_kee: typo`)
  const models = [...Object.keys(credentials), 'openai', 'groq', 'mistral'].map((id) =>
    `  m-${id}:\n    capabilities: [chat, tts, stt]\n    backends: [{provider: ${id}, model_id: x}]`)
  const chain = ['unauthorised', 'throttled', 'broken', 'error200'].map((name) => `echo-${name}`)
  const backends = [...chain, 'openai'].map((id, at) => `{provider: ${id}, model_id: x, priority: ${at + 1}}`)
  return `providers:\n${rows.join('\n')}\nmodels:\n${models.join('\n')}\n  chain:\n    backends: [${backends.join(', ')}]\n`
}

const JSON_TYPE = { 'content-type': 'application/json' }
const KEPT_APART = ['provider-keys.json', 'modelsconfig.yml', 'own-key', 'printed-key', 'broken.yml']

t.test('P8 no secret of any source is in an answer, a log, a file, the books or a command line', async (t) => {
  const canaries = new Canaries()
  const evidence = new Evidence()
  const home = emptyHome(t)
  const { env, credentials } = sourcesOf(canaries, home)
  const upstreams = await startUpstreams(t, () => { evidence.noteFiles('spool', filesOf(join(home, 'spool'))) })
  const { good, slow } = upstreams
  Object.assign(env, { OPENAI_BASE_URL: good.url, GROQ_BASE_URL: good.url, MISTRAL_BASE_URL: slow.url })
  const config = join(home, 'modelsconfig.yml')
  writeFileSync(config, configOf(upstreams, credentials))
  const scene: Scene = { t, canaries, evidence, home, env }
  await giveKeys(scene)

  const broker = await serve(scene, config)
  evidence.note('argv', readFileSync(`/proc/${broker.child.pid}/cmdline`))
  const operator = { authorization: `Bearer ${env['AIBROKER_API_KEYS']?.split(',')[0]}` }
  const ids = await drive(broker.url, evidence, { canaries, operator, models: Object.keys(credentials) })
  evidence.noteFiles('running', filesOf(home, KEPT_APART))

  // A stream is running when the process dies, and is closed by the next one.
  const headers = { ...JSON_TYPE, ...operator }
  const dying = request(`${broker.url}/v1/chat/completions`, { method: 'POST', headers, agent: false })
  dying.on('error', () => {}).end('{"model":"m-mistral","messages":[{"role":"user","content":"hi"}],"stream":true}')
  await slow.received()
  const died = await end(broker, 'SIGKILL', evidence)
  evidence.noteFiles('after kill -9', filesOf(home, KEPT_APART))

  const second = await serve(scene, config)
  ids.push(await ask(second.url, evidence, { headers, body: '{"model":"chain","messages":[{"role":"user","content":"hi"}]}' }))
  const known = ids.filter((id) => id !== undefined)
  await lookAround(scene, { url: second.url, operator, ids: known })
  await breakConfig(scene, { config, reload: () => { second.child.kill('SIGHUP') } })
  await ask(second.url, evidence, { headers, body: '{"model":"m-openai","messages":[{"role":"user","content":"hi"}]}' })
  const ended = await end(second, 'SIGTERM', evidence)
  evidence.noteFiles('in the end', filesOf(home, KEPT_APART))

  t.ok(canaries.count >= 40, `${canaries.count} secrets`)
  t.ok(known.length > 20, `${known.length} exchanges`)
  t.match(died.stderr, '"level":', 'there is a log to search')
  t.match(ended.stderr, 'modelsconfig.yml', 'with what was wrong in the configuration')
  t.same(canaries.findIn(evidence), [])
  checkUse(t, upstreams, env)
})

interface Scene {
  readonly t: Test
  readonly canaries: Canaries
  readonly evidence: Evidence
  readonly home: string
  readonly env: Readonly<Record<string, string>>
}

/** Runs a command to its end; what it says is evidence. */
async function run ({ t, evidence, home, env }: Scene, args: readonly string[], input = '') {
  const ended = await aibroker(t, args, { home, env, input })
  if (args[1] !== 'create') evidence.note(args.slice(0, 2).join(' '), `${ended.stdout}\n${ended.stderr}`)
  return ended
}

/** Keys of a provider in the key file, one refused on the command line, and two of clients. */
async function giveKeys (scene: Scene): Promise<void> {
  const { canaries } = scene
  for (const name of ['stored-one', 'stored-two']) await run(scene, ['keys', 'add', 'mistral'], canaries.make(name))
  await run(scene, ['keys', 'add', 'mistral', canaries.make('on-argv')])
  for (const name of ['client-one', 'client-revoked']) {
    const { stdout } = await run(scene, ['token', 'create', '--name', name, '--json'])
    const { token, id } = JSON.parse(stdout) as { token: string, id: string }
    canaries.add(name, token)
    if (name === 'client-revoked') await run(scene, ['token', 'revoke', id])
  }
}

async function serve ({ t, home, env }: Scene, config: string) {
  const child = await start(t, ['serve', '--port', '0', '--log-level', 'trace', '--config', config], { home, env })
  const ended = collect(child)
  if (!child.stdout) throw new Error('stdout is not piped')
  const first = await Promise.race([once(createInterface(child.stdout), 'line'), ended]) as [string] | Ended
  if ('stderr' in first) throw new Error(first.stderr)
  return { child, ended, url: (JSON.parse(first[0]) as { listen: string }).listen }
}

type Running = Awaited<ReturnType<typeof serve>>

async function end (broker: Running, signal: NodeJS.Signals, evidence: Evidence): Promise<Ended> {
  broker.child.kill(signal)
  const ended = await broker.ended
  evidence.note(`stderr until ${signal}`, ended.stderr)
  evidence.note(`stdout until ${signal}`, ended.stdout)
  return ended
}

interface View {
  readonly url: string
  readonly operator: { readonly authorization: string }
  readonly ids: readonly string[]
}

/** Every report, by HTTP and by command. */
async function lookAround (scene: Scene, { url, operator: headers, ids }: View): Promise<void> {
  const reports = ['/v1/models', '/v1/billing/usage?by=key', '/v1/billing/usage.csv', '/metrics']
  const states = ['/health', '/health/readiness', '/health/backends']
  for (const path of [...ids.map((id) => `/v1/exchanges/${id}/explain`), ...reports, ...states]) {
    await ask(url, scene.evidence, { path, headers })
  }
  const commands = ['keys list', 'token list', 'usage --by key', 'usage --by provider', 'verify', `explain ${ids.at(-1)}`,
    `models --url ${url}`, `models --health --url ${url}`, `health --url ${url}`]
  for (const words of commands) {
    for (const json of [[], ['--json']]) await run(scene, [...words.split(' '), ...json])
  }
}

/** Configurations that are wrong near secrets: for a broker that runs, which goes on, and for one that starts. */
async function breakConfig (scene: Scene, { config, reload }: { config: string, reload: () => void }): Promise<void> {
  const { t, canaries, home } = scene
  const broken = join(home, 'broken.yml')
  for (const wrong of wrongConfigs(canaries)) {
    writeFileSync(config, wrong)
    reload()
    writeFileSync(broken, wrong)
    const refused = await run(scene, ['serve', '--port', '0', '--home', join(home, 'elsewhere'), '--config', broken])
    t.equal(refused.code, 2, refused.stderr)
  }
}

/** The secrets were really used, each where it belongs, and no client's key went on to a provider. */
function checkUse (t: Test, { good, slow, echoes }: Upstreams, env: Readonly<Record<string, string>>): void {
  const used = [good, slow].flatMap(({ requests }) => requests.map(({ headers }) => headers.authorization))
  for (const name of ['OPENAI_API_KEY', 'GROQ_API_KEYS']) {
    for (const key of env[name]?.split(',') ?? []) t.ok(used.includes(`Bearer ${key}`), name)
  }
  t.equal(new Set(used).size, 7, 'one of openai, three of groq, a file, a command, one of the key file')
  for (const [name, { requests }] of Object.entries(echoes)) {
    t.equal(requests[0]?.headers.authorization, `Bearer ${env[`ECHO_${name.toUpperCase()}`]}`, name)
  }
  const clients = new Canaries()
  clients.add('operator', env['AIBROKER_API_KEYS']?.split(',')[0] ?? '')
  const sent = [good, slow, ...Object.values(echoes)].flatMap(({ requests }) => requests)
  const received = sent.map(({ headers }, at) => [String(at), Buffer.from(JSON.stringify(headers))] as const)
  t.same(clients.findIn(new Map(received)), [])
}

async function startUpstreams (t: Test, whenAsked: () => void): Promise<Upstreams> {
  const good = await provider(t, (call) => {
    whenAsked()
    return answerTo(call)(call)
  })
  const slow = await provider(t, slowEventsUntil(new Promise(() => {})))
  const entries = await Promise.all(Object.entries(ECHOES).map(async ([name, echo]) =>
    [name, await provider(t, echoing(echo, () => once(client, 'bytes')))] as const))
  return { good, slow, echoes: Object.fromEntries(entries) }
}

function answerTo ({ request }: Call): Answer {
  if (request.path.endsWith('speech')) return speechBytes()
  if (request.path.endsWith('transcriptions')) return transcriptionJson()
  return request.json()['stream'] === true ? chatSse() : chatJson()
}

interface Drive {
  readonly canaries: Canaries
  readonly operator: { readonly authorization: string }
  /** Providers with a model of their own. */
  readonly models: readonly string[]
}

/** Success, refusal, failover, and secrets in all the places where clients put them by mistake. */
async function drive (url: string, evidence: Evidence, { canaries, operator, models }: Drive) {
  const ids: Array<string | undefined> = []
  const chat = (model: string, more: object = {}) => JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }], ...more })
  const known = { ...JSON_TYPE, ...operator }
  for (const model of ['chain', 'm-openai', 'm-groq', 'm-groq', 'm-groq', 'missing', ...models.map((id) => `m-${id}`)]) {
    for (const stream of [true, false]) {
      ids.push(await ask(url, evidence, { headers: known, body: chat(model, { stream }) }))
    }
  }
  ids.push(await ask(url, evidence, { headers: known, path: '/v1/audio/speech', body: '{"model":"m-openai","input":"x"}' }))
  const form = `--b\r\ncontent-disposition: form-data; name="model"\r\n\r\nm-openai\r\n--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n${'x'.repeat(2e6)}\r\n--b--\r\n`
  const formType = { ...operator, 'content-type': 'multipart/form-data; boundary=b' }
  ids.push(await ask(url, evidence, { headers: formType, path: '/v1/audio/transcriptions', body: form }))

  const misplaced: ReadonlyArray<readonly [string, (secret: string) => Parameters<typeof ask>[2]]> = [
    ['wrong-bearer', (secret) => ({ headers: { ...JSON_TYPE, authorization: `Bearer ${secret}` }, body: chat('m-openai') })],
    ['basic', (secret) => ({ headers: { ...JSON_TYPE, authorization: `Basic ${btoa(`user:${secret}`)}` }, body: chat('m-openai') })],
    ['no-scheme', (secret) => ({ headers: { ...JSON_TYPE, authorization: secret }, body: chat('m-openai') })],
    ['x-api-key', (secret) => ({ headers: { ...JSON_TYPE, 'x-api-key': secret }, body: chat('m-openai') })],
    ['api-key', (secret) => ({ headers: { ...known, 'api-key': secret, 'x-goog-api-key': secret }, body: chat('m-openai') })],
    ['cookie', (secret) => ({ headers: { ...known, cookie: `key=${secret}`, 'proxy-authorization': secret }, body: chat('m-openai') })],
    ['query', (secret) => ({ headers: known, path: `/v1/chat/completions?api_key=${encodeURIComponent(secret)}`, body: chat('m-openai') })],
    ['query-of-nothing', (secret) => ({ headers: operator, path: `/nothing?key=${encodeURIComponent(secret)}` })],
    ['field', (secret) => ({ headers: known, body: chat('m-openai', { api_key: secret, metadata: { secret } }) })],
    ['broken-json', (secret) => ({ headers: known, body: `{"model":"m-openai","api_key":"${secret}" oops}` })],
    ['wrong-type', (secret) => ({ headers: { ...operator, 'content-type': 'text/plain' }, body: secret })],
    ['referer', (secret) => ({ headers: { ...known, 'user-agent': secret, 'http-referer': secret, 'x-request-id': secret }, body: chat('m-openai') })]
  ]
  for (const [name, made] of misplaced) ids.push(await ask(url, evidence, made(canaries.make(name))))
  return ids
}

/** Secrets in a modelsconfig.yml that cannot be used. */
function wrongConfigs (canaries: Canaries): string[] {
  const row = (text: string) => `providers:\n  own:\n    wire: openai-chat\n${text}\nmodels: {}\n`
  return [
    row(`    base_url: http://127.0.0.1:1/v1\n    credential: ${canaries.make('as-credential')}`),
    row(`    base_url: http://user:${encodeURIComponent(canaries.make('userinfo'))}@127.0.0.1:1/v1`),
    row(`    base_url: http://127.0.0.1:1/v1?key=${canaries.make('url-query')}`),
    row(`    api_key: "${canaries.make('yaml-syntax')}" x: [\n`),
    row(`    base_url: [${canaries.make('yaml-kind')}]`)
  ]
}
