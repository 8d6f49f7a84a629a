// A recorded stream cut at many bytes, each cut read twice at once: by the official client, which must raise or have
// everything, and raw, where a cut must show in-band and in the HTTP end.
//
// What a reader makes of a cut is tested at every byte in p6-cut-readers.test.ts. Over HTTP a cut takes 5 ms, so here
// it is every eleventh, at other places in each run, and all around the ends of events. CUT_STEP=1 cuts at every byte.

import type { Test } from 'tap'
import OpenAI from 'openai'
import { gateway } from '../helper.ts'
import { leapingClock } from './observe.ts'
import {
  cutAfterBytes, provider, rawBytes, rawHead, type Answer, type Call, type Shape, type ShapedStream
} from '../upstreams.ts'

export interface Recording {
  readonly shape: Shape
  readonly choices?: number
  /** Cut with a clean HTTP end too. */
  readonly isClean?: boolean
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
const STEP = Number(process.env['CUT_STEP'] ?? 11)
const FIRST_CUT = Date.now() % STEP

/** Prints how many cuts there were and how they ended. */
export async function cutManyTimes (
  t: Test, name: string, { shape, choices = 1, isClean = false }: Recording
): Promise<void> {
  const stream = shape({ model: 'm', pieces: ['Good ', '🌞'], isUsageAsked: true })
  const bytes = Buffer.from(stream.frames.join(''))
  const cutter = await cuttingBroker(t, bytes)
  const whole = await cutter.read(bytes.length, 'chunked', choices)
  t.equal(whole.failure, undefined, 'the whole stream is read without a failure')
  t.equal(textOf(whole.answer), expectedText(stream, whole.answer))

  const counts = { refused: 0, raised: 0, complete: 0 }
  const bad: string[] = []
  const jobs = (isClean ? ['chunked', 'untilClose'] as const : ['chunked'] as const)
    .flatMap((framing) => cutsOf(bytes).map((cut) => ({ framing, cut })))
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
}

/** Bytes left of the cut; the end of an event is where a line ends. */
function cutsOf (bytes: Buffer): number[] {
  const isEnd = (at: number) => bytes[at] === 10 || bytes[at] === 13
  return [...bytes.keys()].filter((cut) => cut % STEP === FIRST_CUT || isEnd(cut - 1) || isEnd(cut))
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
  const clock = leapingClock('hasty') // a cut before any content is tried twice, with a gap between
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
