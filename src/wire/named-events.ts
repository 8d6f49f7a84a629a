// Streams whose events name themselves in `type` (transcripts, speech, images): whole events pass unchanged. They are
// few and large, so each is read: what it holds, the error it may be, and the usage of the terminal one.

import { asObject, parseObject, type JsonObject } from '../core/json.ts'
import { EventBlocks } from './event-blocks.ts'
import type { StreamEnd, StreamOptions, StreamReader } from './format.ts'
import { Noise } from './noise.ts'
import { holdsOutput } from './openai-chat/output.ts'
import { dataOf, eventsOf, straysOf } from './sse.ts'

/** https://platform.openai.com/docs/api-reference/audio and …/images, streaming events. */
const TERMINAL = new Set([
  'transcript.text.done', 'speech.audio.done', 'image_generation.completed', 'image_edit.completed'
])
/** Members that hold a piece of the transcript, the sound or the picture. */
const PRODUCED = ['delta', 'text', 'audio', 'b64_json', 'url']

export class NamedEventStream implements StreamReader {
  readonly #options: StreamOptions
  readonly #blocks = new EventBlocks()
  readonly #noise: Noise
  #hasTerminal = false
  events = 0
  hasOutput = false
  readonly isDone = false // the connection's clean end closes these streams
  error: JsonObject | undefined
  usage: JsonObject | undefined
  readonly upstreamId = undefined

  constructor (options: StreamOptions) {
    this.#options = options
    this.#noise = new Noise(options)
  }

  push (chunk: Buffer): Buffer | undefined {
    const block = this.#blocks.push(chunk)
    if (!block) return undefined
    const passed = eventsOf(block.toString('latin1')).filter((event) => this.#passes(event)).join('')
    return passed === '' ? undefined : Buffer.from(passed, 'latin1')
  }

  get dropped (): number {
    return this.#noise.dropped
  }

  /** Nothing said in a recording is a transcript too; speech and pictures of nothing are not. */
  finish (): StreamEnd {
    const tail = this.#readRest()
    const isComplete = this.#hasTerminal && !this.error
    return { isComplete, isEmpty: isComplete && !this.hasOutput && this.#options.task !== 'transcription', tail }
  }

  #readRest (): Buffer | undefined {
    const rest = this.#blocks.rest()
    if (!rest) return undefined
    const text = dataOf(rest.toString('latin1'))
    const isWhole = text !== undefined && (text.trim() === '[DONE]' || parseObject(text) !== undefined)
    return isWhole && this.#passes(rest.toString('latin1')) ? rest : undefined
  }

  #passes (event: string): boolean {
    if (this.error) return false
    const json = dataOf(event)
    if (json === undefined) return this.#passesWithoutJson(event)
    if (json.trim() === '[DONE]') { // SambaNova frames transcripts like chat
      this.#hasTerminal = true
      return true
    }
    const parsed = this.#noise.read(json)
    if (!parsed) return this.#options.isExact
    this.events++
    if (asObject(parsed['error']) ?? parsed['error']) {
      this.error = parsed
      return false
    }
    this.#note(parsed)
    return true
  }

  #passesWithoutJson (event: string): boolean {
    const strays = straysOf(event)
    if (strays === undefined) return true
    this.#noise.add(strays)
    return this.#options.isExact
  }

  #note (parsed: JsonObject): void {
    const isTerminal = TERMINAL.has(String(parsed['type']))
    this.#hasTerminal ||= isTerminal
    this.hasOutput ||= (isTerminal && this.#options.task === 'transcription') ||
      PRODUCED.some((name) => typeof parsed[name] === 'string' && parsed[name] !== '') || holdsOutput(parsed)
    this.usage = this.#options.usageOf(parsed) ?? this.usage
  }
}
