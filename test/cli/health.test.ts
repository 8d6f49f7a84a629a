// health and models against servers that are well, unwell, silent or something else.

import { createServer, type RequestListener } from 'node:http'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { aibroker } from './command.ts'

const WELL = { ok: true, mode: 'proxy', version: '1.2.3', models: 7, ready: true }

function answer (status: number, body: unknown): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

async function serve (t: Test, listener: RequestListener, socket?: string): Promise<string> {
  const server = createServer(listener)
  if (socket === undefined) server.listen(0, '127.0.0.1')
  else server.listen(socket)
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return socket === undefined ? `http://127.0.0.1:${(server.address() as AddressInfo).port}` : `unix:${socket}`
}

/** An address where nobody listens: it was free a moment ago. */
async function nobody (): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}`
}

t.test('a broker that is well is exit code 0', async (t) => {
  const paths: Array<string | undefined> = []
  const url = await serve(t, (request, response) => {
    paths.push(request.url)
    answer(200, WELL)(request, response)
  })
  const text = await aibroker(t, ['health', '--url', url])
  t.equal(text.code, 0, text.stderr)
  t.equal(text.stdout, `${url} is well: version 1.2.3, mode proxy, 7 models\n`)
  t.same(JSON.parse((await aibroker(t, ['health', '--url', url, '--json'])).stdout), { url, ...WELL })
  t.same(paths, ['/health', '/health'])
})

t.test('a socket is asked as well', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'aibroker-socket-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  const url = await serve(t, answer(200, WELL), join(folder, 'rest.sock'))
  t.equal((await aibroker(t, ['health', '--url', url])).code, 0)
})

t.test('without --url the broker is where the environment says', async (t) => {
  const url = await serve(t, answer(200, WELL))
  const env = { AIBROKER_HOST: '0.0.0.0', AIBROKER_PORT: new URL(url).port }
  const { code, stdout, stderr } = await aibroker(t, ['health'], { env })
  t.equal(code, 0, stderr)
  t.match(stdout, url, 'a broker on every address is asked through loopback')
})

const UNWELL: ReadonlyArray<readonly [sentence: string, status: number, body: unknown, says: RegExp]> = [
  ['says it is not', 500, { ok: false }, /answered 500/],
  ['is shutting down', 200, { ...WELL, ready: false }, /is shutting down/],
  ['is another program', 200, '<html>', /not as a broker does/],
  ['is hidden behind a page that wants a login', 403, {}, /answered 403/]
]

for (const [sentence, status, body, says] of UNWELL) {
  t.test(`a server that ${sentence} is exit code 1`, async (t) => {
    const { code, stdout, stderr } = await aibroker(t, ['health', '--url', await serve(t, answer(status, body))])
    t.equal(code, 1)
    t.equal(stdout, '')
    t.match(stderr, says)
  })
}

t.test('nobody there is exit code 1, because container health checks know 0 and 1 only', async (t) => {
  const url = await nobody()
  const { code, stderr } = await aibroker(t, ['health', '--url', url, '--json'])
  t.equal(code, 1)
  t.match(JSON.parse(stderr), { error: { message: `no broker answers at ${url} (ECONNREFUSED); start it with "aibroker" or give --url` } })
})

t.test('a URL that is none is wrong usage', async (t) => {
  for (const url of ['localhost:8791', 'ftp://127.0.0.1', 'http://user:secret@127.0.0.1']) {
    const { code, stderr } = await aibroker(t, ['health', '--url', url])
    t.equal(code, 2, url)
    t.notMatch(stderr, 'secret')
  }
})

const CONFIG = [
  'models:',
  '  tiny:',
  '    tier: economy',
  '    context_window: 8192',
  '    backends:',
  '      - { provider: groq, model_id: tiny-8b, priority: 1, input_cost: 0.05, output_cost: 0.08 }',
  '      - { provider: openai, model_id: tiny, priority: 5, input_cost: 0.04, output_cost: 0.1 }',
  ''
].join('\n')

t.test('models lists a file: the cheapest prices and every provider', async (t) => {
  const home = t.testdir({ 'own.yml': CONFIG })
  const args = ['models', '--config', 'own.yml']
  const text = await aibroker(t, args, { home })
  t.equal(text.code, 0, text.stderr)
  t.match(text.stdout, /^tiny +8192 +0\.040000000 +0\.080000000 +groq openai$/m)

  const json = JSON.parse((await aibroker(t, [...args, '--json'], { home })).stdout)
  t.equal(json.source, join(home, 'own.yml'))
  t.same(json.data.map(({ id }: { id: string }) => id), ['tiny', 'auto', 'autocheapest', 'autobest'], 'as a broker lists them')
  t.match(text.stderr, '4 models, from ')
  t.same(json.data.find(({ id }: { id: string }) => id === 'tiny'), {
    id: 'tiny',
    context_length: 8192,
    input_usd: '0.040000000',
    output_usd: '0.080000000',
    providers: ['groq', 'openai'],
    stream_mode: null,
    timeouts: null
  })
})

t.test('models shows stream modes and timeouts where some model has them', async (t) => {
  const slow = CONFIG.replace('tier: economy', 'stream_mode: resume\n    timeouts: { total: 10m, connect: 2.5 }')
  const home = t.testdir({ 'own.yml': `${slow}  plain: { backends: [{ provider: groq, model_id: plain }] }\n` })
  const args = ['models', '--config', 'own.yml']
  const text = await aibroker(t, args, { home })
  t.match(text.stdout, /^tiny .* +resume +connect=2\.5 total=600 +groq openai$/m)
  t.match(text.stdout, /^plain .* +- +- +groq$/m)
  const { data } = JSON.parse((await aibroker(t, [...args, '--json'], { home })).stdout)
  t.match(data, [{ stream_mode: 'resume', timeouts: { connect: 2.5, total: 600 } }, { stream_mode: null, timeouts: null }, {}, {}, {}])
})

t.test('a file that sets none of it has the usual columns, known or not', async (t) => {
  const home = t.testdir({ 'own.yml': 'models:\n  plain: { backends: [{ provider: groq, model_id: plain }] }\n' })
  const { stdout } = await aibroker(t, ['models', '--config', 'own.yml'], { home })
  t.match(stdout, /^model +context +USD\/M input +USD\/M output +providers$/m)
})

t.test('models of a running broker say the same, and nothing a stranger made up', async (t) => {
  const own = { providers: ['groq'], stream_mode: 'atomic', timeouts: { total: 600, first_byte: '<b>', later: 1 } }
  const url = await serve(t, answer(200, { data: [{ id: 'a', x_aibroker: own }, { id: 'b', x_aibroker: { stream_mode: '\u001b' } }] }))
  const { data } = JSON.parse((await aibroker(t, ['models', '--url', url, '--json'])).stdout)
  t.match(data, [
    { id: 'a', providers: ['groq'], stream_mode: 'atomic', timeouts: { total: 600 } },
    { id: 'b', providers: null, stream_mode: null, timeouts: null }
  ])
  t.same(Object.keys(data[0].timeouts), ['total'])
})

t.test('models asks the broker that runs, with the key of the environment, and the file when none runs', async (t) => {
  const home = t.testdir({ 'modelsconfig.yml': CONFIG })
  let key: string | undefined
  const url = await serve(t, (request, response) => {
    key = request.headers.authorization
    answer(200, { data: [{ id: 'gpt\u001b[2J', context_length: 4096, pricing: { prompt: '0.0000025', completion: '-1' } }] })(request, response)
  })
  const env = { AIBROKER_PORT: new URL(url).port, AIBROKER_KEY: 'ab_key_of_the_client' }
  const running = await aibroker(t, ['models', '--json'], { home, env })
  t.same(JSON.parse(running.stdout), {
    source: url,
    data: [{ id: 'gpt\u001b[2J', context_length: 4096, input_usd: '2.500000000', output_usd: null, providers: null, stream_mode: null, timeouts: null }]
  })
  t.equal(key, 'Bearer ab_key_of_the_client')
  t.notMatch((await aibroker(t, ['models'], { home, env })).stdout, '\u001b')

  const file = await aibroker(t, ['models', '--json'], { home, env: { AIBROKER_PORT: new URL(await nobody()).port } })
  t.equal(JSON.parse(file.stdout).source, join(home, 'modelsconfig.yml'))
})

t.test('models --url asks this broker only: nobody there is exit code 3, a missing key says so', async (t) => {
  const nowhere = await aibroker(t, ['models', '--url', await nobody()])
  t.equal(nowhere.code, 3)
  t.match(nowhere.stderr, 'no broker answers')

  const closed = await aibroker(t, ['models', '--url', await serve(t, answer(401, { error: {} }))])
  t.equal(closed.code, 1)
  t.match(closed.stderr, 'AIBROKER_KEY')
})

t.test('a wrong file is exit code 2 and named with line and path', async (t) => {
  const home = t.testdir({ 'own.yml': 'models:\n  tiny:\n    tier: luxury\n    backends: []\n' })
  const { code, stderr } = await aibroker(t, ['models', '--config', 'own.yml'], { home })
  t.equal(code, 2)
  t.match(stderr, /^aibroker: own\.yml:3: models\/tiny\/tier/)
  t.equal((await aibroker(t, ['models', '--config', 'missing.yml'], { home })).code, 2)
})
