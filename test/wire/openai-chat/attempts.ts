// Streams as providers send them, and what a client gets when each carries on the one before.

import { asObject, parseObject, readJsonObject, type JsonObject } from '../../../src/core/json.ts'
import type { StreamOptions, StreamReader, Transcript } from '../../../src/wire/format.ts'
import { readEnvelope } from '../../../src/wire/openai-chat/envelope.ts'
import { ChatStream } from '../../../src/wire/openai-chat/stream.ts'
import { openTranscript } from '../../../src/wire/openai-chat/transcript.ts'
import { dataOf, eventsOf } from '../../../src/wire/sse.ts'
import { DONE, PLAIN } from '../streams.ts'

export function freshReader (options: Partial<StreamOptions> = {}): StreamReader {
  return new ChatStream({ ...PLAIN, ...options })
}

export function freshTranscript (): Transcript {
  const body = readJsonObject(Buffer.from('{"model":"m","stream":true,"messages":[{"role":"user","content":"x"}]}'))
  const transcript = openTranscript(body, readEnvelope(body, 'chat'))
  if (!transcript) throw new Error('not opened')
  return transcript
}

/** Events of one provider, which has an id, a time and a model of its own. */
export class Provider {
  readonly #head: JsonObject
  readonly #print: (value: JsonObject) => string

  constructor (name: string, print: (value: JsonObject) => string = JSON.stringify) {
    this.#head = { id: `chatcmpl-${name}`, object: 'chat.completion.chunk', created: name.length, model: `model-${name}` }
    this.#print = print
  }

  event (members: JsonObject): string {
    return `data: ${this.#print({ ...this.#head, ...members })}\n\n`
  }

  choice (members: JsonObject): string {
    return this.event({ choices: [{ index: 0, finish_reason: null, ...members }] })
  }

  delta (delta: JsonObject): string {
    return this.choice({ delta })
  }

  get role (): string { return this.delta({ role: 'assistant', content: '' }) }

  finish (reason = 'stop'): string {
    return this.choice({ delta: {}, finish_reason: reason })
  }

  usage (): string {
    return this.event({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } })
  }

  /** A whole answer, sentinel included. */
  whole (pieces: readonly string[]): string {
    const texts = pieces.map((content) => this.delta({ content }))
    return [this.role, ...texts, this.finish(), this.usage(), DONE].join('')
  }
}

/** Everything a client got, whole events only. */
export class Client {
  readonly transcript = freshTranscript()
  #out = ''

  /** Reads one stream to where it ends; says whether it was complete. @throws StreamBroken */
  read (reader: StreamReader, pieces: readonly Buffer[]): boolean {
    for (const piece of pieces) this.#write(reader.push(piece))
    const { isComplete, tail } = reader.finish()
    this.#write(tail)
    return isComplete
  }

  #write (block: Buffer | undefined): void {
    if (!block) return
    this.transcript.add(block)
    this.#out += block.toString('latin1')
  }

  get bytes (): Buffer { return Buffer.from(this.#out, 'latin1') }

  /** Parsed events without the sentinel. @throws when one is not an object. */
  get chunks (): JsonObject[] {
    const texts = eventsOf(this.#out).map(dataOf).filter((json) => json !== undefined && json.trim() !== '[DONE]')
    return texts.map((json) => {
      const chunk = parseObject(json ?? '')
      if (!chunk) throw new Error(`not JSON: ${json}`)
      return chunk
    })
  }

  get deltas (): JsonObject[] {
    return this.chunks.flatMap(({ choices }) => Array.isArray(choices) ? choices : [])
      .map((choice) => asObject(asObject(choice)?.['delta']) ?? {})
  }

  get text (): string {
    return this.deltas.map(({ content }) => content ?? '').join('')
  }
}
