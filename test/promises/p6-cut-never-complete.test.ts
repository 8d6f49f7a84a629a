// P6: a cut answer never looks complete. Recorded streams are cut at every byte, and each is read twice at once: by the
// official client, which must raise or have everything, and raw, where a cut must show in-band and in the HTTP end.

import t from 'tap'
import type { Test } from 'tap'
import OpenAI from 'openai'
import { gateway } from '../helper.ts'
import {
  chatJson, cutAfterBytes, embeddingsJson, provider, rawBytes, rawHead, SHAPES, toolCalls,
  type Answer, type Call, type Shape, type ShapedStream
} from '../upstreams.ts'
import { DONE_FRAME, frameOf } from '../upstreams/frames.ts'
import { leapingClock } from './observe.ts'

t.setTimeout(300_000)

/** Two choices that take turns, the second one longer; usage at the end. */
const twoChoices: Shape = () => {
  const chunk = (index: number, delta: object, finish: string | null = null) => frameOf({
    id: 'chatcmpl-7', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index, delta: { ...delta }, finish_reason: finish }]
  })
  const usage = { prompt_tokens: 2, completion_tokens: 4, total_tokens: 6 }
  return {
    frames: [
      chunk(0, { role: 'assistant', content: 'He' }), chunk(1, { role: 'assistant', content: 'Good' }),
      chunk(0, { content: 'y' }, 'stop'), chunk(1, { content: ' day' }), chunk(1, {}, 'length'),
      frameOf({ id: 'chatcmpl-7', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage }), DONE_FRAME
    ],
    text: 'Hey',
    reasoning: '',
    tokens: { input: 2, output: 4 },
    usage
  }
}

interface Recording {
  readonly shape: Shape
  readonly choices?: number
  /** Cut with a clean HTTP end too. */
  readonly isClean?: boolean
}

const RECORDINGS: Readonly<Record<string, Recording>> = {
  'OpenAI with usage': { shape: SHAPES.openai },
  'DeepSeek with comments and reasoning': { shape: SHAPES.deepseek },
  'OpenRouter with its own members': { shape: SHAPES.openrouter },
  'CRLF line ends': { shape: SHAPES.crlf },
  'tool calls': { shape: toolCalls },
  'two choices': { shape: twoChoices, choices: 2, isClean: true }
}

/** How the end of a cut body looks on the provider's wire. */
const FRAMINGS = {
  /** The connection breaks before the last chunk. */
  chunked: (bytes: Buffer, cut: number): Answer => cutAfterBytes(cut, bytes),
  /** The body ends with the connection, as HTTP/1.0 servers do it: a cut is a clean end. */
  untilClose: (bytes: Buffer, cut: number): Answer =>
    rawBytes([rawHead(200, { 'content-type': 'text/event-stream', connection: 'close' }), bytes.subarray(0, cut)])
}

const AT_ONCE = 8

for (const [name, { shape, choices = 1, isClean = false }] of Object.entries(RECORDINGS)) {
  t.test(`P6 a stream (${name}) that is cut at any byte is whole or raises`, async (t) => {
    const stream = shape({ model: 'm', pieces: ['Good ', '🌞'], isUsageAsked: true })
    const bytes = Buffer.from(stream.frames.join(''))
    const cutter = await cuttingBroker(t, bytes)
    const whole = await cutter.read(bytes.length, 'chunked', choices)
    t.equal(whole.failure, undefined, 'the whole stream is read without a failure')
    t.equal(textOf(whole.answer), expectedText(stream, whole.answer))

    const counts = { refused: 0, raised: 0, complete: 0 }
    const bad: string[] = []
    const jobs = (isClean ? ['chunked', 'untilClose'] as const : ['chunked'] as const)
      .flatMap((framing) => Array.from(bytes, (_, cut) => ({ framing, cut })))
    const total = jobs.length
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) {
        const { cut, framing } = job
        const read = await cutter.read(cut, framing, choices)
        const kind = read.failure === undefined ? 'complete' : read.status === 200 ? 'raised' : 'refused'
        counts[kind]++
        bad.push(...faultsOf(read, whole).map((fault) => `${framing} cut at ${cut} of ${bytes.length}: ${fault}`))
      }
    }))
    t.same(bad.slice(0, 5), [])
    t.ok(counts.refused > 0 && counts.raised > 0, 'some ended before any content, some after')
    // With a clean end, a stream whose choices have all finished is whole without its sentinel.
    t.equal(counts.complete > 0, isClean)
    t.comment(`${name}: ${total} cuts, ${counts.refused} refused before any content, ${counts.raised} raised, ` +
      `${counts.complete} complete`)
  })
}

interface Read {
  readonly status: number
  /** Every byte the client got. */
  readonly raw: string
  /** The HTTP end was not clean. */
  readonly isAborted: boolean
  /** What the official client threw; undefined: it believes the answer to be complete. */
  readonly failure: unknown
  readonly answer: readonly Choice[]
}

interface Choice {
  text: string
  tools: string
  finish: string
}

function faultsOf (read: Read, whole: Read): string[] {
  if (read.failure === undefined) {
    return JSON.stringify(read.answer) === JSON.stringify(whole.answer) ? [] : [`looks complete: ${JSON.stringify(read.answer)}`]
  }
  if (read.status !== 200) return read.status === 502 && read.raw.includes('"error"') ? [] : [`${read.status}: ${read.raw}`]
  const faults: string[] = []
  if (read.raw.includes('[DONE]')) faults.push('has the sentinel')
  if (!read.isAborted) faults.push('has a clean HTTP end')
  if (!/\ndata: \{[^\n]*"error":\{[^\n]*\}\n\n$/.test(read.raw)) faults.push(`has no error at its end: ${read.raw.slice(-200)}`)
  return faults
}

async function cuttingBroker (t: Test, bytes: Buffer) {
  const answers = new Map<string, Answer>()
  const cutting = await provider(t, (call) => (answers.get(markerOf(call)) as Answer)(call))
  const clock = leapingClock('hasty')
  const { url } = await gateway(t, { models: { m: [cutting] }, env: { AIBROKER_LOG_LEVEL: 'silent' }, clock })
  let markers = 0
  return {
    async read (cut: number, framing: keyof typeof FRAMINGS, choices: number): Promise<Read> {
      const user = `u${++markers}`
      answers.set(user, FRAMINGS[framing](bytes, cut))
      const heard: Heard = { status: 0, raw: '', isAborted: false }
      const client = new OpenAI({ baseURL: url, apiKey: 'none', maxRetries: 0, fetch: (input, init) => listen(input, init, heard) })
      const answer: Choice[] = []
      const failure = await collect(client, { user, choices }, answer).then(() => undefined, (error: unknown) => error ?? 'raised')
      answers.delete(user)
      return { ...heard, failure, answer }
    }
  }
}

function markerOf ({ request }: Call): string {
  return String(request.json()['user'])
}

/** Reads as programs do: to the end of the loop. */
async function collect (client: OpenAI, { user, choices }: { user: string, choices: number }, answer: Choice[]) {
  const stream = await client.chat.completions.create({
    model: `test0/${user}`, // a backend of its own: one that fails again and again would rest
    messages: [{ role: 'user', content: 'hi' }],
    stream: true,
    stream_options: { include_usage: true },
    n: choices,
    user
  })
  for await (const chunk of stream) {
    for (const part of chunk.choices ?? []) {
      add(part, answer[part.index] ??= { text: '', tools: '', finish: '' })
    }
  }
}

function add ({ delta, finish_reason: finish }: OpenAI.ChatCompletionChunk.Choice, choice: Choice): void {
  choice.text += delta.content ?? ''
  for (const { index, id, function: called } of delta.tool_calls ?? []) {
    choice.tools += JSON.stringify([index, id, called?.name, called?.arguments])
  }
  choice.finish = finish ?? choice.finish
}

interface Heard {
  status: number
  raw: string
  isAborted: boolean
}

/** The client's own fetch, with every byte and the kind of end noted on the way. */
async function listen (
  input: string | URL | Request, init: RequestInit | undefined, heard: Heard
): Promise<Response> {
  const response = await fetch(input, init)
  heard.status = response.status
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const chunks: Uint8Array[] = []
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) chunks.push(part.value)
  } catch {
    heard.isAborted = true
  }
  heard.raw = Buffer.concat(chunks).toString('utf8')
  const body = new ReadableStream<Uint8Array>({
    start (controller) {
      for (const chunk of chunks) controller.enqueue(chunk)
      // A failure throws away what is queued: the client would see no event at all. It comes after the last read.
      if (!heard.isAborted) controller.close()
    },
    pull (controller) {
      if (heard.isAborted) controller.error(new TypeError('terminated'))
    }
  }, { highWaterMark: 0 })
  return new Response(body, { status: response.status, headers: response.headers })
}

function textOf (answer: readonly Choice[]): string {
  return answer[0]?.text ?? ''
}

/** Tool calls have no text; then there must be their arguments. */
function expectedText (stream: ShapedStream, answer: readonly Choice[]): string {
  if (stream.text === '' && !answer[0]?.tools.includes('Zürich')) return 'the arguments of the tools'
  return stream.text
}

const PLAIN: Readonly<Record<string, { path: string, body: object, answer: object }>> = {
  chat: {
    path: '/chat/completions',
    body: { model: 'm', messages: [{ role: 'user', content: 'hi' }] },
    answer: {
      id: 'c',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Good 🌞 morning' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 }
    }
  },
  embeddings: {
    path: '/embeddings',
    body: { model: 'm', input: 'hi' },
    answer: { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.25] }], model: 'm', usage: { prompt_tokens: 1, total_tokens: 1 } }
  }
}

const PLAIN_FRAMINGS: Readonly<Record<string, (text: Buffer, cut: number) => Answer>> = {
  'content-length': (text, cut) => rawBytes([
    rawHead(200, { 'content-type': 'application/json', 'content-length': String(text.length) }), text.subarray(0, cut)]),
  chunked: (text, cut) => cutAfterBytes(cut, text, 'application/json'),
  'until close': (text, cut) => rawBytes([
    rawHead(200, { 'content-type': 'application/json', connection: 'close' }), text.subarray(0, cut)])
}

for (const [task, { path, body, answer }] of Object.entries(PLAIN)) {
  for (const [framing, cutAt] of Object.entries(PLAIN_FRAMINGS)) {
    t.test(`P6 a plain answer (${task}, ${framing}) that is cut at any byte is never half of one`, async (t) => {
      const text = Buffer.from(JSON.stringify(answer))
      let cut = 0
      const cutting = await provider(t, (call) => cutAt(text, cut)(call))
      const second = await provider(t, task === 'chat' ? chatJson({ content: 'of the second' }) : embeddingsJson({ vectors: [[9]] }))
      const clock = leapingClock('hasty')
      const { url } = await gateway(t, {
        models: { m: [cutting], rescued: [cutting, second] },
        modelYaml: 'capabilities: [chat, embeddings]',
        clock,
        env: { AIBROKER_LOG_LEVEL: 'silent' }
      })
      const ask = async (model: string) => {
        clock.leap()
        const response = await fetch(`${url}${path}`, {
          method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...body, model })
        })
        return { status: response.status, text: await response.text() }
      }
      const bad: string[] = []
      for (cut = 0; cut < text.length; cut++) {
        const alone = await ask('m')
        if (alone.status !== 502 || !('error' in JSON.parse(alone.text))) bad.push(`cut at ${cut}: ${alone.status} ${alone.text}`)
        const rescued = await ask('rescued')
        const isSecond = task === 'chat' ? rescued.text.includes('of the second') : rescued.text.includes('[9]')
        if (rescued.status !== 200 || !isSecond) bad.push(`cut at ${cut} with a second backend: ${rescued.status} ${rescued.text}`)
      }
      t.same(bad.slice(0, 5), [])
      t.comment(`${task}, ${framing}: ${text.length * 2} cuts`)
    })
  }
}
