// A stream that broke and was carried on is one answer to its client: every text comes out whole, or it is refused.

import t from 'tap'
import fc from 'fast-check'
import type { JsonObject } from '../../../src/core/json.ts'
import { StreamBroken } from '../../../src/wire/format.ts'
import { Client, freshReader, Provider } from './attempts.ts'

/** Real text, escapes, controls and emoji; short pieces, as tokens are. */
const token = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }),
  fc.constantFrom(' ', '\n', '"', '\\', '\\u00e9', '🌍', '👩‍👩‍👧', '\u2028', '{"choices":', 'data: ', '\n\ndata: [DONE]\n\n')
)
const answer = fc.array(token, { minLength: 1, maxLength: 20 }).map((tokens) => tokens.join(''))
const cuts = fc.array(fc.nat(), { maxLength: 12 })

const spaced = (value: JsonObject) => JSON.stringify(value, undefined, 1).replaceAll('\n', '')
// eslint-disable-next-line no-control-regex -- what is beyond ASCII is escaped, as Python's json does
const escaped = (value: JsonObject) => JSON.stringify(value).replace(/[^\x00-\x7f]/g,
  (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
const print = fc.constantFrom(JSON.stringify, spaced, escaped)

interface Attempt {
  readonly cuts: readonly number[]
  /** Where the stream breaks, as a share of its bytes. */
  readonly end: number
  readonly tcp: readonly number[]
  readonly print: (value: JsonObject) => string
}
const share = fc.double({ min: 0, max: 1, noNaN: true })
const attempt: fc.Arbitrary<Attempt> = fc.record({ cuts, end: share, tcp: cuts, print })

function split<T extends string | Buffer> (whole: T, at: readonly number[]): T[] {
  const points = [...new Set(at.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b)
  return [0, ...points].map((from, index) => whole.slice(from, points[index] ?? whole.length) as T)
}

/** Between UTF-16 units for models that stream JavaScript strings, else between characters. */
function tokens (text: string, at: readonly number[], isByUnit: boolean): string[] {
  if (isByUnit) return split(text, at)
  const characters = [...text]
  const points = [...new Set(at.map((cut) => cut % (characters.length + 1)))].sort((a, b) => a - b)
  return [0, ...points].map((from, index) => characters.slice(from, points[index] ?? characters.length).join(''))
}

const THREE = { minLength: 1, maxLength: 4 }

t.test('a text asked for again comes out once and whole, wherever and however often the streams broke', async () => {
  fc.assert(fc.property(answer, fc.array(attempt, THREE), fc.boolean(), (text, attempts, isByUnit) => {
    const client = new Client()
    attempts.forEach(({ cuts, end, tcp, print }, index) => {
      const bytes = Buffer.from(new Provider(`provider${index}`, print).whole(tokens(text, cuts, isByUnit)))
      const isLast = index === attempts.length - 1
      if (!client.transcript.canCarryOn) return // the cut came behind the end of the text
      const reader = index === 0 ? freshReader() : client.transcript.carryOn(freshReader(), 'regenerated')
      const sent = isLast ? bytes : bytes.subarray(0, Math.floor(end * bytes.length))
      client.read(reader, split(sent, tcp))
    })
    checkOneAnswer(client, text)
  }), { numRuns: 1000 })
})

t.test('a text that is written on comes out whole, whether or not the servers repeat its beginning', async () => {
  fc.assert(fc.property(answer, fc.array(attempt, THREE), fc.boolean(), (text, attempts, repeats) => {
    const client = new Client()
    attempts.forEach(({ cuts, end, tcp, print }, index) => {
      const shown = client.text
      const rest = text.slice(shown.length)
      fc.pre(!rest.startsWith(shown) || shown.length < 16) // cannot be told from a repetition
      const isRepeated = repeats && shown.length >= 16
      const bytes = Buffer.from(new Provider(`provider${index}`, print).whole(tokens(isRepeated ? text : rest, cuts, false)))
      const isLast = index === attempts.length - 1
      if (!client.transcript.canCarryOn) return
      const reader = index === 0 ? freshReader() : client.transcript.carryOn(freshReader(), 'continued')
      client.read(reader, split(isLast ? bytes : bytes.subarray(0, Math.floor(end * bytes.length)), tcp))
    })
    checkOneAnswer(client, text)
  }), { numRuns: 1000 })
})

/** Throws (and fast-check shows the case) instead of a tap assertion each: there are thousands. */
function checkOneAnswer (client: Client, text: string): void {
  const { chunks, deltas } = client
  if (client.text !== text) throw new Error(`the client reads ${JSON.stringify(client.text)}`)
  for (const name of ['id', 'created', 'model']) {
    if (new Set(chunks.map((chunk) => chunk[name])).size !== 1) throw new Error(`several values of ${name}`)
  }
  if (deltas.filter(({ role }) => role !== undefined).length > 1) throw new Error('a second role')
  const finishes = chunks.filter((chunk) => JSON.stringify(chunk['choices']).includes('"finish_reason":"stop"'))
  if (finishes.length !== 1) throw new Error(`${finishes.length} reasons to stop`)
}

t.test('cut behind every event in turn, the answer is the same', async (t) => {
  const pieces = ['Grü', 'ße ', '🌍, "', 'quoted', '"\n', 'and on']
  const text = pieces.join('')
  const first = new Provider('first')
  for (let sent = 0; sent <= pieces.length; sent++) {
    const shown = pieces.slice(0, sent).join('')
    for (const [how, sequel] of [['regenerated', [...text]], ['continued', pieces.slice(sent)]] as const) {
      const client = new Client()
      const begun = first.role + pieces.slice(0, sent).map((content) => first.delta({ content })).join('')
      t.notOk(client.read(freshReader(), [Buffer.from(begun)]))
      t.equal(client.text, shown)
      const reader = client.transcript.carryOn(freshReader(), how)
      t.ok(client.read(reader, [Buffer.from(new Provider('second').whole(sequel))]))
      checkOneAnswer(client, text)
      t.equal(reader.upstreamId, 'chatcmpl-second')
      t.equal(reader.usage?.['total_tokens'], 5)
      t.hasStrict(client.chunks[0], { id: 'chatcmpl-first', created: 5, model: 'model-first' })
    }
  }
})

t.test('a text that differs anywhere in what was shown is refused, and nothing of it goes out', async () => {
  fc.assert(fc.property(answer, fc.nat(), cuts, cuts, (text, at, cut, tcp) => {
    const place = at % text.length
    const other = text.slice(0, place) + (text[place] === 'x' ? 'y' : 'x') + text.slice(place + 1)
    const client = new Client()
    client.read(freshReader(), [Buffer.from(new Provider('first').delta({ content: text }))])
    const before = client.bytes.length
    const reader = client.transcript.carryOn(freshReader(), 'regenerated')
    const sequel = Buffer.from(new Provider('second').whole(tokens(other, cut, true)))
    try {
      client.read(reader, split(sequel, tcp))
    } catch (error) {
      if (!(error instanceof StreamBroken)) throw error
      return client.bytes.length === before && !reader.hasOutput && !reader.finish().isComplete
    }
    return false
  }), { numRuns: 500 })
})

t.test('a text that ends before all of what was shown was repeated is refused', async (t) => {
  const first = new Provider('first')
  const second = new Provider('second')
  const endings = [
    second.finish() + 'data: [DONE]\n\n',
    second.finish('length'),
    'data: [DONE]\n\n',
    second.delta({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '' } }] }),
    second.delta({ refusal: 'No' })
  ]
  for (const ending of endings) {
    const client = new Client()
    client.read(freshReader(), [Buffer.from(first.delta({ content: 'Hello world' }))])
    const reader = client.transcript.carryOn(freshReader(), 'regenerated')
    t.throws(() => reader.push(Buffer.from(second.role + second.delta({ content: 'Hello' }) + ending)), /ends before/)
    t.strictSame(reader.finish(), { isComplete: false, isEmpty: false, tail: undefined })
    t.notOk(reader.hasOutput)
  }
})
