// Streams for the tests of readers: events as text, a reader fed in pieces, and what a client would get of it.

import fc from 'fast-check'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import type { StreamOptions, StreamReader } from '../../src/wire/format.ts'
import { ChatStream } from '../../src/wire/openai-chat/stream.ts'

export const PLAIN: StreamOptions = {
  task: 'chat',
  contentType: 'text/event-stream',
  choices: 1,
  provider: undefined,
  hidesUsage: false,
  hidesReasoning: false,
  isExact: false,
  usageOf: (event) => asObject(event['usage']),
  additionsFor: () => undefined
}

export const DONE = 'data: [DONE]\n\n'

/** As a client gets it: the provider's own word for its end stands beside it. */
export function ended (text: string): string {
  return text.replace(/"finish_reason":("\w+")/g, '"native_finish_reason":$1,$&')
}

export function chunk (fields: object): string {
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', ...fields })}\n\n`
}

/** One choice; `reason` ends it. */
export function delta (delta: object, reason: string | null = null): string {
  return chunk({ choices: [{ index: 0, delta, finish_reason: reason }] })
}

export const text = (content: string) => delta({ content })
export const usage = (fields: object) => chunk({ choices: [], usage: fields })
export const ROLE = delta({ role: 'assistant', content: '' })
export const STOP = delta({}, 'stop')

export interface Read {
  readonly reader: StreamReader
  readonly isComplete: boolean
  readonly isEmpty: boolean
  /** Everything the client would get. */
  readonly out: string
}

/** What became of a stream whose bytes came in these pieces. @throws StreamBroken */
export function read (pieces: ReadonlyArray<Buffer | string>, options: Partial<StreamOptions> = {}): Read {
  return readWith(new ChatStream({ ...PLAIN, ...options }), pieces)
}

export function readWith (reader: StreamReader, pieces: ReadonlyArray<Buffer | string>): Read {
  const out: Buffer[] = []
  for (const piece of pieces) out.push(reader.push(Buffer.from(piece)) ?? Buffer.alloc(0))
  const { isComplete, isEmpty, tail } = reader.finish()
  return { reader, isComplete, isEmpty, out: Buffer.concat([...out, tail ?? Buffer.alloc(0)]).toString('utf8') }
}

/** The JSON events of a text. */
export function eventsIn (out: string): JsonObject[] {
  const lines = out.split(/\r\n|\n|\r/).filter((line) => line.startsWith('data:') && !line.includes('[DONE]'))
  return lines.map((line) => JSON.parse(line.slice(5)) as JsonObject)
}

/** What the first choice says, put together. */
export function contentIn (out: string): string {
  return eventsIn(out).map(({ choices }) => {
    const first = Array.isArray(choices) ? asObject(choices[0]) : undefined
    return String(asObject(first?.['delta'])?.['content'] ?? '')
  }).join('')
}

/** Checks the bytes cut at random places, many times, and once byte by byte. */
export function however (bytes: Buffer, check: (pieces: Buffer[]) => void): void {
  check([bytes])
  check([...bytes].map((byte) => Buffer.of(byte)))
  fc.assert(fc.property(fc.array(fc.nat(bytes.length), { maxLength: 40 }), (cuts) => {
    const points = [...new Set(cuts)].sort((a, b) => a - b)
    check([0, ...points].map((from, index) => bytes.subarray(from, points[index] ?? bytes.length)))
  }), { numRuns: 200 })
}
