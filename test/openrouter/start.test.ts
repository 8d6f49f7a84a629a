// OpenRouter's dialect, checks 151, 158 and 160: what a start reads, what it refuses, and the image's own.

import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import OpenAI from 'openai'
import t, { type Test } from 'tap'
import { parse } from 'yaml'
import { packageRoot } from '../../src/paths.ts'
import { aibroker, emptyHome, start } from '../cli/command.ts'
import { gateway } from '../helper.ts'
import { provider } from '../upstreams.ts'
import { answered, WELL } from './scene.ts'

const YAML = `models:
  of-the-operator: # a remark
    colour: blue
    backends: [{ provider: openai, model_id: m, input_cost: 1, output_cost: 2 }]
`
const KEYED = { OPENAI_API_KEY: 'sk-provider' }

async function idsOf (url: string, key = 'any'): Promise<string[]> {
  const { data } = await new OpenAI({ apiKey: key, baseURL: url, maxRetries: 0 }).models.list()
  return data.map(({ id }) => id)
}

t.test('151: MODELS_CONFIG_PATH is read, an unknown key is a warning, and the file stays as it is', async (t) => {
  const folder = t.testdir({ 'mine.yml': YAML })
  const path = join(folder, 'mine.yml')
  const { url, log } = await gateway(t, { env: { MODELS_CONFIG_PATH: path, ...KEYED } })
  t.match(await idsOf(url), ['of-the-operator'])
  t.match(log(), /mine\.yml:3: models\/of-the-operator\/colour/)
  t.equal(readFileSync(path, 'utf8'), YAML)
})

t.test('151: without a file the packaged one is read where it lies, and nothing is written', async (t) => {
  const { url, home } = await gateway(t, { env: KEYED })
  t.ok((await idsOf(url)).length > 10)
  t.same(readdirSync(home).filter((name) => name.endsWith('.yml')), [])
})

const WRONG: ReadonlyArray<readonly [what: string, text: string | undefined, says: RegExp]> = [
  ['is not there', undefined, /wrong\.yml:1: there is no such file/],
  ['is no YAML', 'models:\n  m: [1, 2\n', /wrong\.yml:[23]: /],
  ['has a wrong value', YAML.replace('input_cost: 1', 'input_cost: free'), /wrong\.yml:4: models\/of-the-operator\/backends\/0\/input_cost/]
]

for (const [what, text, says] of WRONG) {
  t.test(`151: a file that ${what} is refused at the start, by name and line`, async (t) => {
    const home = emptyHome(t)
    if (text !== undefined) writeFileSync(join(home, 'wrong.yml'), text)
    const env = { MODELS_CONFIG_PATH: 'wrong.yml', ...KEYED }
    const { code, stdout, stderr } = await aibroker(t, ['serve', '--port', '0'], { home, env })
    t.equal(code, 2)
    t.equal(stdout, '')
    t.match(stderr, says)
    t.same(readdirSync(home), text === undefined ? [] : ['wrong.yml'], 'nothing was made')
  })
}

t.test('158: an address without its port is refused with a clear message', async (t) => {
  const { code, stdout, stderr } = await aibroker(t, ['serve', '--dry-run', '--address', '127.0.0.1'])
  t.equal(code, 2)
  t.equal(stdout, '')
  t.match(stderr, /^aibroker: --address needs --port/m)
})

t.test('158: a port alone is one of this machine', async (t) => {
  const { url } = await started(t, ['serve', '--dry-run', '--port', '0'], { home: emptyHome(t), env: {} })
  t.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
})

async function started (
  t: Test, args: readonly string[], options: { readonly home: string, readonly env: Readonly<Record<string, string>> }
) {
  const child = await start(t, args, options)
  const [line] = await once(createInterface(child.stdout as NodeJS.ReadableStream), 'line') as [string]
  const { listen, mode } = JSON.parse(line) as { readonly listen: string, readonly mode: string }
  return { url: listen, mode, told: createInterface(child.stderr as NodeJS.ReadableStream) }
}

/** The key of the line to paste; '' when the broker ended without telling one. */
async function pasted (lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const key = /OPENAI_API_KEY=(\S+)/.exec(line)?.[1]
    if (key !== undefined) return key
  }
  return ''
}

/** What the Dockerfile sets, and the words it starts the command with. */
function imageOf () {
  const text = readFileSync(join(packageRoot, 'Dockerfile'), 'utf8')
  const env = [...text.matchAll(/^ENV (.*)$/gm)].flatMap(([, list = '']) => list.split(' ').map((pair) => pair.split('=')))
  const words = /^CMD (\[.*\])$/m.exec(text)?.[1] ?? '[]'
  return { env: Object.fromEntries(env) as Record<string, string>, args: JSON.parse(words) as string[] }
}

t.test('160: docker compose hands the keys through and publishes to this machine only', async (t) => {
  const { services } = parse(readFileSync(join(packageRoot, 'docker-compose.yml'), 'utf8'))
  t.match(services.aibroker, { build: '.', ports: ['127.0.0.1:8791:8791'], volumes: ['books:/data'] })
  for (const name of ['OPENAI_API_KEY', 'OPENROUTER_API_KEY', 'GROQ_API_KEY']) t.ok(name in services.aibroker.environment, name)
})

t.test('160: the image\'s command with one provider key and no YAML serves the list and a chat to OpenAI\'s SDK', async (t) => {
  const upstream = await provider(t, (call) => (call.request.json()['stream'] === true ? WELL : answered())(call))
  const { env, args } = imageOf()
  t.match({ env, args }, { env: { AIBROKER_HOST: '0.0.0.0', AIBROKER_HOME: '/data' }, args: ['serve'] })
  const home = emptyHome(t)
  const { url, mode, told } = await started(t, [...args, '--port', '0'], {
    home, env: { ...env, AIBROKER_HOME: home, ...KEYED, OPENAI_BASE_URL: upstream.url, AIBROKER_OPENROUTER_CATALOG: 'off' }
  })
  t.equal(mode, 'proxy')
  const key = await pasted(told)
  const baseURL = `http://127.0.0.1:${new URL(url).port}/v1`
  const client = new OpenAI({ apiKey: key, baseURL, maxRetries: 0 })
  const ids = await idsOf(baseURL, key)
  t.ok(ids.includes('gpt-4o'), 'models of the packaged file')
  const chat = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Hello' }] }
  t.equal((await client.chat.completions.create(chat)).choices[0]?.message.content, 'Hello')
  t.equal((await client.chat.completions.stream(chat).finalChatCompletion()).choices[0]?.message.content, 'Hello')
  t.equal(upstream.requests[0]?.headers.authorization, 'Bearer sk-provider')
  t.match(await idsOf(baseURL, 'another').catch((error: unknown) => error), { status: 401 }, 'and to nobody without its key')
})
