// Streams whose events name themselves in `type` (transcripts, speech, images): whole events pass unchanged, and only
// the terminal one is read, because it carries the usage.

import { asObject, parseObject, type JsonObject } from '../core/json.ts'
import { EventBlocks } from './event-blocks.ts'
import { StreamBroken, type StreamEnd, type StreamOptions, type StreamReader } from './format.ts'
import { dataOf, eventsOf } from './sse.ts'

/** https://platform.openai.com/docs/api-reference/audio and …/images, streaming events. */
const TERMINAL = new Set([
  'transcript.text.done', 'speech.audio.done', 'image_generation.completed', 'image_edit.completed'
])

export class NamedEventStream implements StreamReader {
  readonly #options: StreamOptions
  readonly #blocks = new EventBlocks()
  #hasTerminal = false
  events = 0
  dropped = 0
  readonly isDone = false // the connection's clean end closes these streams
  error: JsonObject | undefined
  usage: JsonObject | undefined
  readonly upstreamId = undefined

  constructor (options: StreamOptions) {
    this.#options = options
  }

  push (chunk: Buffer): Buffer | undefined {
    const block = this.#blocks.push(chunk)
    if (!block) return undefined
    const passed = eventsOf(block.toString('latin1')).filter((event) => this.#passes(event)).join('')
    return passed === '' ? undefined : Buffer.from(passed, 'latin1')
  }

  get hasOutput (): boolean {
    return this.events > 0
  }

  finish (): StreamEnd {
    const rest = this.#blocks.rest()
    if (rest) this.#passes(rest.toString('latin1'))
    return { isComplete: this.#hasTerminal && !this.error, isEmpty: false, tail: rest }
  }

  #passes (event: string): boolean {
    const json = dataOf(event)
    if (json === undefined) return true
    if (json === '[DONE]') { // SambaNova frames transcripts like chat
      this.#hasTerminal = true
      return true
    }
    const parsed = parseObject(json)
    if (!parsed && this.events === 0) throw new StreamBroken('the first event is not JSON')
    this.events++
    if (!parsed) return true
    if (asObject(parsed['error'])) {
      this.error = parsed
      return false
    }
    if (TERMINAL.has(String(parsed['type']))) this.#hasTerminal = true
    this.usage = this.#options.usageOf(parsed) ?? this.usage
    return true
  }
}
