// P7 for answers that flow: streams in every dialect under any cut of the network, OpenRouter's own, media and forms.

import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import fc from 'fast-check'
import { systemClock } from '../../src/core/clock.ts'
import { asObject, parseObject, type JsonObject } from '../../src/core/json.ts'
import { gateway } from '../helper.ts'
import {
  inPieces, provider, rawBytes, rawHead, sequence, SHAPES, speechBytes, status, toolCalls, transcriptionJson,
  type Answer
} from '../upstreams.ts'

const ALL_SHAPES = { ...SHAPES, toolCalls }
/** No time passes, so `duration_ms` of two runs is the same. */
const STOPPED = { ...systemClock, monotonicMs: () => 0 }

async function bytesOf (url: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  const response = await fetch(url, { method: 'POST', headers, body })
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
}

function chat (url: string, more: JsonObject, headers: Record<string, string> = {}) {
  const body = { model: 'm', messages: [{ role: 'user', content: 'hi' }], stream: true, ...more }
  return bytesOf(`${url}/chat/completions`, JSON.stringify(body), { 'content-type': 'application/json', ...headers })
}

const ASKED = { stream_options: { include_usage: true } }
const EXACT = { 'x-aibroker-relay': 'exact' }

/** The stream as bytes, cut anywhere, inside characters and line ends too. */
function cut (bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...[...places].sort((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

function cutsOf (bytes: Buffer): fc.Arbitrary<Buffer[]> {
  return fc.uniqueArray(fc.nat(bytes.length), { minLength: 1, maxLength: 40 }).map((places) => cut(bytes, places))
}

for (const [name, shape] of Object.entries(ALL_SHAPES)) {
  t.test(`P7 a stream of ${name} is the same for the client however the network cuts it, asked for usage, not asked, and exact`, async (t) => {
    let answer: Answer = status(500)
    const upstream = await provider(t, (call) => answer(call))
    const { url } = await gateway(t, { models: { m: [{ url: upstream.url }] }, clock: STOPPED })
    const frames = shape({ model: 'm-upstream', isUsageAsked: true }).frames
    const whole = Buffer.from(frames.join(''))
    for (const [more, headers] of [[ASKED, {}], [{}, {}], [{}, EXACT]] as const) {
      answer = inPieces([whole])
      const unsplit = await chat(url, more, { ...headers })
      t.equal(unsplit.status, 200)
      if (headers === EXACT) t.equal(unsplit.bytes.toString(), whole.toString(), 'exact means exact')
      else checkEvents(t, { frames, client: unsplit.bytes.toString(), isAsked: more === ASKED })
      await fc.assert(fc.asyncProperty(cutsOf(whole), async (pieces) => {
        answer = inPieces(pieces)
        const { bytes } = await chat(url, more, { ...headers })
        if (!bytes.equals(unsplit.bytes)) throw new Error(`got ${bytes.toString()}`)
      }), { numRuns: 15 })
      answer = inPieces(Array.from(whole, (byte) => Buffer.of(byte)))
      t.ok((await chat(url, more, { ...headers })).bytes.equals(unsplit.bytes), 'byte by byte')
    }
  })
}

/** Members whose null makes a strict client throw. */
const REJECTED = ['usage', 'system_fingerprint', 'tool_calls', 'reasoning_details', 'role', 'images', 'audio']

interface Streams {
  readonly frames: readonly string[]
  readonly client: string
  readonly isAsked: boolean
}

/**
 * Event by event: the provider's own text, without rejected nulls, with what the broker puts into first and last
 * one and beside foreign reasoning; and the usage once, behind all of them.
 */
function checkEvents (t: Test, { frames, client, isAsked }: Streams): void {
  const got = client.split(/(?<=\r\n\r\n|(?<!\r)\n\n)/)
  const pieces = got.filter((event) => !isUsageOnly(event))
  const expected = frames.filter((frame) => !isUsageOnly(frame))
  t.equal(pieces.length, expected.length, 'as many events')
  for (const [index, frame] of expected.entries()) {
    t.equal(withoutAdditions(pieces[index] ?? '', frame), withoutNulls(frame, isAsked))
  }
  const told = asObject(frames.map(valueOf).findLast((value) => asObject(value?.['usage']))?.['usage'])
  const usages = got.filter(isUsageOnly)
  t.equal(usages.length, isAsked && told ? 1 : 0)
  if (usages.length === 0) return
  t.equal(got.at(-2), usages[0], 'the last one')
  const { usage, x_aibroker: own } = valueOf(usages[0] ?? '') as JsonObject & { usage: JsonObject }
  t.ok(asObject(own))
  removeAdded(usage, told ?? {})
  t.equal(JSON.stringify(usage), JSON.stringify(told))
}

function withoutNulls (frame: string, movesUsage: boolean): string {
  const value = valueOf(frame)
  if (!value) return frame
  if (movesUsage) delete value['usage']
  const text = JSON.stringify(value, (name, member: unknown) =>
    member === null && REJECTED.includes(name) ? undefined : member)
  return frame.replace(/\{.*\}/, () => text)
}

/** What may have joined an event, as text: it stands in front of what it belongs to. */
function withoutAdditions (event: string, frame: string): string {
  const native = frame.includes('native_finish_reason') ? '' : /"native_finish_reason":"\w+",/
  return event.replace('"provider":"test0",', '').replace(native, '')
    .replace(/"reasoning":("[^"]*"),"reasoning_details":\[[^\]]*\],"reasoning_content":\1/, '"reasoning_content":$1')
}

const DETAIL_COUNTS = [
  ['prompt_tokens_details', 'cached_tokens'],
  ['completion_tokens_details', 'reasoning_tokens']
] as const

/** The cost and the integers of details are the only members that may have joined. */
function removeAdded (usage: JsonObject, theirs: JsonObject): void {
  if (typeof usage['cost'] !== 'number') throw new Error('no cost')
  if (theirs['cost'] === undefined) delete usage['cost']
  for (const [name, count] of DETAIL_COUNTS) {
    const details = asObject(usage[name])
    if (details && asObject(theirs[name])?.[count] === undefined) delete details[count]
    if (theirs[name] === undefined) delete usage[name]
  }
}

function valueOf (frame: string): JsonObject | undefined {
  return parseObject(/\{.*\}/.exec(frame)?.[0] ?? '')
}

function isUsageOnly (frame: string): boolean {
  const value = valueOf(frame)
  return asObject(value?.['usage']) !== undefined && !(value?.['choices'] as unknown[] | null)?.length
}

function openrouterConfig (): string {
  return 'models:\n  m:\n    context_window: 128000\n    backends:\n      - provider: openrouter\n        model_id: m\n'
}

const REFUSAL = '{ "error" : {"message":"caf\\u00e9 is 1e400", "code":400, "metadata":{"raw":"{\\"a\\":1.50}"}},"user_id":null }\n'
const PLAIN = ' {"id":"gen-1","choices":[{"message":{"role":null,"tool_calls":null,"content":"caf\\u00e9"}}], "usage":{"cost":1e-6,"x":12345678901234567890123}}\n'

t.test('P7 plain answers, streams and refusals of OpenRouter pass as they are', async (t) => {
  let answer: Answer = inPieces([PLAIN], 'application/json')
  const upstream = await provider(t, (call) => answer(call))
  const env = { OPENROUTER_API_KEY: 'sk-or-test', OPENROUTER_BASE_URL: upstream.url }
  const { url } = await gateway(t, { config: openrouterConfig(), env })
  t.equal((await chat(url, { stream: false })).bytes.toString(), PLAIN)

  for (const shape of [SHAPES.openrouter, SHAPES.openai, SHAPES.crlf, toolCalls]) {
    const stream = shape({ model: 'm' }).frames.join('')
    answer = inPieces([stream])
    for (const more of [{}, ASKED]) t.equal((await chat(url, more)).bytes.toString(), stream)
  }

  answer = status(400, REFUSAL, { 'content-type': 'application/json' })
  const refused = await chat(url, { stream: false })
  t.equal(refused.status, 400)
  t.equal(refused.bytes.toString(), REFUSAL)
})

t.test('P7 a stream whose provider leaves out the last blank line or the space behind data: stays as it is when exact', async (t) => {
  const chunk = '{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}'
  const streams = [`data:${chunk}\n\ndata:[DONE]\n\n`, `data: ${chunk}\n\ndata: [DONE]`, `data: ${chunk}\n\n`, `data: ${chunk}\r\n\r\ndata: [DONE]\r\n\r\n`]
  const answers = streams.map((stream) => inPieces([stream])) as [Answer]
  const upstream = await provider(t, sequence(...answers))
  const { url } = await gateway(t, { models: { m: [{ url: upstream.url }] } })
  for (const stream of streams) t.equal((await chat(url, {}, EXACT)).bytes.toString(), stream)
})

const MEDIA = 'capabilities: [tts, stt]'

t.test('P7 audio comes back byte for byte, whole and in pieces', async (t) => {
  const audio = randomBytes(300_000)
  const pieces = cut(audio, [1, 2, 100_000, 299_999])
  const head = rawHead(200, { 'content-type': 'audio/ogg', 'content-length': String(audio.length), connection: 'close' })
  const upstream = await provider(t, sequence(speechBytes(audio), inPieces(pieces, 'audio/wav'), rawBytes([head, ...pieces])))
  const { url } = await gateway(t, { models: { m: [{ url: upstream.url }] }, modelYaml: MEDIA })
  for (const type of ['audio/mpeg', 'audio/wav', 'audio/ogg']) {
    const { bytes, headers } = await bytesOf(`${url}/audio/speech`, JSON.stringify({ model: 'm', input: 'x' }), { 'content-type': 'application/json' })
    t.equal(headers.get('content-type'), type)
    t.ok(bytes.equals(audio), type)
  }
})

/** A form as bytes: the file may hold what looks like a boundary, a line end or a model. */
function formOf (file: Buffer, { modelFirst, model }: { modelFirst: boolean, model: string }): Buffer {
  const field = (name: string, value: string) => Buffer.from(`--BoUnd\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
  const parts = [
    field('model', model),
    Buffer.concat([Buffer.from('--BoUnd\r\ncontent-disposition: form-data; X-NAME=x; name="file"; filename="ä.wav"\r\nContent-Type: audio/wav\r\n\r\n'), file, Buffer.from('\r\n')]),
    field('prompt', 'name="model" é\r\n--BoUn')
  ]
  return Buffer.concat([Buffer.from('preamble\r\n'), ...(modelFirst ? parts : parts.reverse()), Buffer.from('--BoUnd--\r\nepilogue')])
}

for (const [what, size] of [['small', 2_000], ['3 MiB', 3 * 1024 * 1024]] as const) {
  t.test(`P7 a form with a ${what} file reaches the provider with another model value and nothing else changed`, async (t) => {
    const file = Buffer.concat([Buffer.from('\r\n--BoUn\r\nname="model"\r\n\r\nm\r\n--BoUnX'.slice(0, -7)), randomBytes(size), Buffer.from('\r\n--BoUn')])
    let spooled = 0
    const home: { path?: string } = {}
    const upstream = await provider(t, (call) => {
      spooled = filesIn(join(home.path ?? '', 'spool'))
      return transcriptionJson()(call)
    })
    const broker = await gateway(t, { models: { m: [{ url: upstream.url }] }, modelYaml: MEDIA })
    home.path = broker.home
    for (const modelFirst of [true, false]) {
      const form = new Uint8Array(formOf(file, { modelFirst, model: 'm' }))
      const type = { 'content-type': 'multipart/form-data; boundary=BoUnd' }
      const { status, headers, bytes } = await bytesOf(`${broker.url}/audio/transcriptions`, form, type)
      t.equal(status, 200, bytes.toString())
      t.equal(headers.get('x-aibroker-edits'), 'model')
      const received = upstream.requests.at(-1)
      t.ok(received?.bytes.equals(formOf(file, { modelFirst, model: 'm-upstream' })), `model ${modelFirst ? 'before' : 'after'} the file`)
      t.equal(received?.headers['content-length'], String(received?.bytes.length))
      t.equal(received?.headers['content-type'], 'multipart/form-data; boundary=BoUnd')
      t.equal(spooled, size > 1024 * 1024 ? 1 : 0, 'only a large one waits on disk')
    }
    t.equal(filesIn(join(broker.home, 'spool')), 0, 'and not for longer than its request')
  })
}

function filesIn (folder: string): number {
  return existsSync(folder) ? readdirSync(folder).length : 0
}
