// A key outlives the process: after a restart and after `kill -9` a request is given again or its end is unknown, and
// it is never sent a second time.

import t, { type Test } from 'tap'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { emptyHome, start } from '../cli/command.ts'
import { gateway, post } from '../helper.ts'
import { createRandom } from '../ledger/random.ts'
import { Counter } from '../promises/observe.ts'
import { chatJson, chatSse, never, provider, type TestProvider } from '../upstreams.ts'
import { CHAT, REPLAYED, STREAM } from './asking.ts'

const KILLS = Number(process.env['RESTART_KILLS'] ?? 5)
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000)
const CLIENTS = 16

t.setTimeout(120_000)

t.test('a broker that was stopped and started again gives the same bytes', async (t) => {
  for (const [body, answer] of [[CHAT, chatJson()], [STREAM, chatSse()]] as const) {
    const home = emptyHome(t)
    const upstream = await provider(t, answer)
    const options = { models: { m: [{ url: upstream.url }] }, flags: { home } }
    const key = { 'idempotency-key': 'k' }
    const before = await gateway(t, options)
    const first = await post(`${before.url}/chat/completions`, body, key)
    await before.close()
    const after = await gateway(t, options)
    const second = await post(`${after.url}/chat/completions`, body, key)
    t.equal(second.text, first.text)
    t.equal(second.headers.get(REPLAYED), 'true')
    t.equal((await post(`${after.url}/chat/completions`, { ...body, n: 1 }, key)).status, 422)
    t.equal(upstream.requests.length, 1)
  }
})

t.test('a request that a kill -9 cut off is not sent again: its outcome is unknown, and its exchange is named', async (t) => {
  const upstream = await provider(t, never())
  const processes = new Processes(t, upstream)
  const url = await processes.start()
  post(url, CHAT, { 'idempotency-key': 'k' }).catch(() => {})
  await upstream.received()
  await processes.kill()

  const again = await post(await processes.start(), CHAT, { 'idempotency-key': 'k' })
  t.equal(again.status, 409)
  const { metadata, message } = again.json().error
  t.equal(metadata.reason, 'idempotency_unknown')
  t.match(metadata.exchange, /^gen-/)
  t.ok(message.includes(metadata.exchange))
  t.equal(again.headers.get('x-should-retry'), 'false')
  t.notOk(again.headers.has('retry-after'))
  const explained = await fetch(`${processes.base}/v1/exchanges/${metadata.exchange}/explain`)
  t.equal(explained.status, 200)
  t.equal(upstream.requests.length, 1)
})

t.test(`${KILLS} kills in the middle of work send no request twice, and lose no answer that was given`, async (t) => {
  t.comment(`seed ${SEED}`)
  const random = createRandom(SEED)
  const seen = new Map<string, number>()
  const upstream = await provider(t, async (call) => {
    const { user, stream } = call.request.json() as { user: string, stream?: boolean }
    seen.set(user, (seen.get(user) ?? 0) + 1)
    await (stream ? chatSse({ pieces: [user] }) : chatJson({ content: user }))(call)
  })
  const processes = new Processes(t, upstream)
  const url = await processes.start()
  const run: Run = { url, answers: new Counter(), isOver: false, replays: 0, unknown: 0, lost: 0 }
  const clients = Array.from({ length: CLIENTS }, async (_, number) => {
    for (let count = 0; !run.isOver; count++) await insist(run, `c${number}-${count}`, random.upTo(1) === 0 ? CHAT : STREAM)
  })
  for (let kills = 0; kills < KILLS; kills++) {
    await run.answers.reached(run.answers.count + 20 + random.upTo(100))
    await processes.kill()
    run.url = await processes.start()
  }
  run.isOver = true
  await Promise.all(clients)

  t.same([...seen].filter(([, count]) => count > 1), [], 'the provider saw no request twice')
  t.equal(run.lost, 0, 'an answer that was given whole is given again, and never another one')
  t.ok(run.replays > KILLS)
  t.comment(`${seen.size} requests, ${run.replays} replays, ${run.unknown} told that their outcome is unknown`)
})

/** What the clients of all processes have in common. */
interface Run {
  /** Of the process that lives now, or of the one that was just killed. */
  url: string
  readonly answers: Counter
  isOver: boolean
  replays: number
  unknown: number
  /** Answers that came once and then not again, or not the same. */
  lost: number
}

/** Sends one request until it was answered three times, whoever lives and dies meanwhile. */
async function insist (run: Run, key: string, body: object): Promise<void> {
  let given: string | undefined
  for (let tries = 0; tries < 3 && !run.isOver;) {
    const answer = await post(run.url, { ...body, user: key }, { 'idempotency-key': key }).catch(() => undefined)
    if (!answer) {
      await new Promise((resolve) => { setImmediate(resolve) })
      continue
    }
    tries++
    run.answers.reach()
    given ??= answer.status === 200 ? answer.text : undefined
    count(run, answer, given)
    if (given !== undefined && (answer.text !== given || !given.includes(key))) run.lost++
  }
}

type Answer = Awaited<ReturnType<typeof post>>

function count (run: Run, { status, headers, json }: Answer, given: string | undefined): void {
  if (headers.has(REPLAYED)) run.replays++
  if (status === 200 || given !== undefined) return
  if (status !== 409) run.lost++
  else if (json().error.metadata.reason === 'idempotency_unknown') run.unknown++
}

/** The broker as one process after the other, on one home. */
class Processes {
  readonly #t: Test
  readonly #home: string
  readonly #config: string
  #child: Awaited<ReturnType<typeof start>> | undefined
  base = ''

  constructor (t: Test, { url }: TestProvider) {
    this.#t = t
    this.#home = emptyHome(t)
    this.#config = join(this.#home, 'modelsconfig.yml')
    writeFileSync(this.#config,
      `providers:\n  test0: {wire: openai-chat, base_url: "${url}", credential: none}\n` +
      'models:\n  m:\n    backends:\n      - {provider: test0, model_id: m, priority: 1, input_cost: 1, output_cost: 2}\n')
  }

  /** URL of chat completions. */
  async start (): Promise<string> {
    this.#child = await start(this.#t, ['serve', '--port', '0', '--config', this.#config], {
      home: this.#home, env: { AIBROKER_LOG_LEVEL: 'silent' }
    })
    this.#child.stderr?.resume()
    const [line] = await once(createInterface(this.#child.stdout as NodeJS.ReadableStream), 'line') as [string]
    this.base = (JSON.parse(line) as { listen: string }).listen
    return `${this.base}/v1/chat/completions`
  }

  async kill (): Promise<void> {
    const child = this.#child
    if (!child) return
    const dead = once(child, 'exit')
    child.kill('SIGKILL')
    await dead
  }
}
