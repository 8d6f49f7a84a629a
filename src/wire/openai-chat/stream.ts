// Streams of the OpenAI family (chat, legacy completions): whole events pass, a few are spliced.
//
// DESIGN. Work is per block (the whole events of one TCP chunk), not per event: in a burst hundreds share a block. It
// becomes one latin1 string (a copy without decoding, so positions are byte offsets) and is searched for the few
// marks of events that need care; only a block with a mark, or with an event of another shape (event-shape.ts, which
// says what it cannot notice), is taken apart. Marks are hints: the parsed event decides. Until the model has produced
// something every event is parsed, because that moment is the end of the peek.
// Measured on a 235-byte event: string 80 ns, each mark 30-70 ns when it starts with a rare letter (230 ns when it
// starts with a quote), the shape 25 ns, the nulls 90 ns.
//
// - `null` members that strict clients reject are cut with their comma (null-members.ts).
// - What OpenRouter's clients read is put in (chunk-dialect.ts): who serves into the first chunk, the provider's own
//   word beside `finish_reason`, and their names for reasoning. Reasoning that begins behind the first output, of a
//   provider whose chunks did not name it until then, passes as it is: to look for it would cost every stream.
// - Usage goes out once, last and without choices (usage-event.ts); it stays here when only we asked for it.
// - An event with a top-level error is kept back and ends the stream: the relay tells the client in-band.
// - Noise between events is left out and counted; a damaged event breaks the stream (noise.ts).
// - `finish_reason` with a value, and `[DONE]`, are the terminal events. Without one the stream was cut (P6).
//   The reason `error` is an error event.

import type { Finish } from '../../core/finish.ts'
import { parseObject, type JsonObject } from '../../core/json.ts'
import { EventBlocks } from '../event-blocks.ts'
import type { StreamEnd, StreamOptions, StreamReader } from '../format.ts'
import { Noise } from '../noise.ts'
import { withoutNotNumbers } from '../not-number.ts'
import { cutNulls } from '../null-members.ts'
import { dataOf, eventsOf, straysOf, withJson } from '../sse.ts'
import { inDialect, type ChunkWishes } from './chunk-dialect.ts'
import { EventShape } from './event-shape.ts'
import { laterFinish } from './finish-reason.ts'
import { choicesOf, explainsSilence, holdsOutput, tellsOutput } from './output.ts'
import { namesForeignReasoning } from './reasoning.ts'
import { ChunkRepair } from './repair.ts'
import { UsageEvent } from './usage-event.ts'

const DONE = '[DONE]'
const DONE_EVENT = Buffer.from('data: [DONE]\n\n')
const BLANK_LINE = Buffer.from('\n\n')
const USAGE_MARK = 'prompt_tokens"'
const ERROR_MARK = 'rror"'
const TOOL_MARK = 'tool_calls"'
const FINISH_MARK = 'finish_reason":"'
const SPACED_FINISH_MARK = 'finish_reason": "'
const REASONING_MARK = 'reasoning_content":"'
const SPACED_REASONING_MARK = 'reasoning_content": "'

export class ChatStream implements StreamReader {
  readonly #options: StreamOptions
  readonly #blocks = new EventBlocks()
  readonly #shape = new EventShape()
  readonly #noise: Noise
  readonly #finishedChoices = new Set<unknown>()
  readonly #repair: ChunkRepair
  /** The provider's chunks lack what strict clients need; its first chunk and its first tool call tell. */
  #isLacking = false
  #hasSeenTools = false
  #namesReasoning = false
  #hasNamedProvider = false
  #isSilenceExplained = false
  readonly #usageEvent: UsageEvent
  /** The sentinel as the provider spelled it. */
  #done = DONE_EVENT
  events = 0
  hasOutput = false
  isDone = false
  error: JsonObject | undefined
  usage: JsonObject | undefined
  isUsageSoFar = false
  upstreamId: string | undefined
  finished: Finish | undefined

  constructor (options: StreamOptions) {
    this.#options = options
    const identity = { task: options.task, part: 'chunk', identity: options.identity } as const
    this.#repair = new ChunkRepair(identity)
    this.#usageEvent = new UsageEvent(identity)
    this.#noise = new Noise(options)
  }

  push (chunk: Buffer): Buffer | undefined {
    if (this.isDone) return undefined
    const block = this.#blocks.push(chunk)
    return block && this.#read(block)
  }

  get dropped (): number {
    return this.#noise.dropped
  }

  finish (): StreamEnd {
    const rest = this.isDone ? undefined : this.#readRest()
    if (this.error || (!this.isDone && !this.#hasFinished)) return { isComplete: false, isEmpty: false, tail: rest }
    this.isUsageSoFar = false // whatever was told last is the usage of a whole answer
    const isEmpty = !this.hasOutput && !this.#isSilenceExplained && !tellsOutput(this.usage)
    return { isComplete: true, isEmpty, tail: Buffer.concat([...rest ? [rest] : [], ...this.#lastEvents()]) }
  }

  /** The usage, when it is known and the client asked, and the sentinel: some providers forget it, and clients wait. */
  #lastEvents (): Buffer[] {
    const { isExact, hidesUsage, additionsFor } = this.#options
    if (isExact) return this.isDone ? [this.#done] : []
    const usage = hidesUsage ? undefined : this.#usageEvent.write(additionsFor(this.usage))
    return usage ? [usage, this.#done] : [this.#done]
  }

  get #hasFinished (): boolean {
    return this.#finishedChoices.size >= this.#options.choices
  }

  /** Some servers leave out the last blank line: what parses is a whole event all the same, and gets one. */
  #readRest (): Buffer | undefined {
    const rest = this.#blocks.rest()
    if (!rest) return undefined
    const event = rest.toString('latin1')
    const json = dataOf(event)
    const isWhole = json === undefined ? hasError(parseObject(event)) : json.trim() === DONE || parseObject(json)
    if (!isWhole) return undefined
    return this.#read(this.#options.isExact ? rest : Buffer.concat([rest, BLANK_LINE]))
  }

  #read (block: Buffer): Buffer | undefined {
    const text = block.toString('latin1')
    const alike = !this.hasOutput || this.#readsAll || this.#hasMark(text) ? 0 : this.#shape.count(block, text)
    if (alike === 0) return this.#readEvents(text)
    this.events += alike
    if (this.#options.isExact) return block
    const kept = cutNulls(text)
    return kept === text ? block : Buffer.from(kept, 'latin1')
  }

  get #readsAll (): boolean {
    return this.#isLacking || this.#options.hidesReasoning
  }

  #hasMark (text: string): boolean {
    const { isSpaced } = this.#shape
    return text.includes(isSpaced ? SPACED_FINISH_MARK : FINISH_MARK) || text.includes(USAGE_MARK) ||
      text.includes(ERROR_MARK) || (!this.#hasSeenTools && text.includes(TOOL_MARK)) ||
      (this.#namesReasoning && text.includes(isSpaced ? SPACED_REASONING_MARK : REASONING_MARK))
  }

  #readEvents (text: string): Buffer | undefined {
    let out = ''
    for (const event of eventsOf(text)) {
      if (this.isDone || this.error) break
      out += this.#readEvent(event) ?? ''
    }
    return out === '' ? undefined : Buffer.from(out, 'latin1')
  }

  /** The event for the client (latin1), or undefined when it is kept back. @throws StreamBroken */
  #readEvent (event: string): string | undefined {
    const json = dataOf(event)
    if (json === undefined) return this.#readWithoutJson(event)
    if (json.trim() === DONE) {
      this.isDone = true
      this.#done = Buffer.from(event, 'latin1')
      return undefined
    }
    const parsed = parseObject(json)
    return parsed ? this.#readChunk(event, parsed) : this.#readUnparsed(event, json)
  }

  /** NaN is no JSON, and no reason to lose an answer: what the client gets is what was read. */
  #readUnparsed (event: string, json: string): string | undefined {
    const parsed = parseObject(withoutNotNumbers(json))
    if (parsed) return this.#readChunk(this.#options.isExact ? event : withJson(event, mend), parsed)
    this.#noise.add(json)
    return this.#options.isExact ? event : undefined
  }

  /** Comments and unknown fields pass. A line without any field is noise, or the error of a careless server. */
  #readWithoutJson (event: string): string | undefined {
    const strays = straysOf(event)
    if (strays === undefined) return event
    const parsed = parseObject(strays)
    if (hasError(parsed)) {
      this.error = parsed
      return undefined
    }
    this.#noise.add(strays)
    return this.#options.isExact ? event : undefined
  }

  #readChunk (event: string, parsed: JsonObject): string | undefined {
    this.events++
    if (hasError(parsed)) {
      this.error = parsed
      return undefined
    }
    this.#note(event, parsed)
    const usage = this.#options.usageOf(parsed)
    if (usage) this.isUsageSoFar = !this.#hasFinished
    if (this.#options.isExact) {
      this.usage = usage ?? this.usage
      return event
    }
    if (usage) {
      this.usage = usage
      this.#usageEvent.keep(event, parsed, usage)
    }
    if (usage && choicesOf(parsed).length === 0) return undefined
    return cutNulls(inDialect(this.#repaired(event, parsed), parsed, this.#wishesFor(parsed, usage)))
  }

  #wishesFor (parsed: JsonObject, usage: JsonObject | undefined): ChunkWishes {
    const choices = choicesOf(parsed)
    this.#namesReasoning ||= namesForeignReasoning(choices)
    const isFirst = !this.#hasNamedProvider && choices.length > 0
    this.#hasNamedProvider ||= isFirst
    const { provider, hidesUsage, hidesReasoning } = this.#options
    return {
      provider: isFirst && parsed['provider'] === undefined ? provider : undefined,
      movesUsage: usage !== undefined && !hidesUsage && parsed['usage'] !== undefined,
      mayReason: hidesReasoning || this.#namesReasoning,
      hidesReasoning
    }
  }

  #note (event: string, parsed: JsonObject): void {
    this.#shape.learn(event)
    this.hasOutput ||= holdsOutput(parsed)
    const { id } = parsed
    if (typeof id === 'string') this.upstreamId ??= id
    for (const choice of choicesOf(parsed)) {
      const { finish_reason: reason, index } = choice
      if (typeof reason !== 'string' || reason === '') continue // some servers say '' until there is one
      this.#finishedChoices.add(index)
      this.finished = laterFinish(this.finished, choice)
      this.#usageEvent.keepEnd(event)
      this.#isSilenceExplained ||= explainsSilence(reason)
    }
  }

  #repaired (event: string, parsed: JsonObject): string {
    this.#hasSeenTools ||= event.includes(TOOL_MARK)
    if (!this.#repair.isNeeded(parsed)) return event
    this.#isLacking = true
    return withJson(event, (json) => this.#repair.apply(json, parsed))
  }
}

function mend (json: Buffer): Buffer {
  return Buffer.from(withoutNotNumbers(json.toString('latin1')), 'latin1')
}

/** An error of its own, or OpenRouter's reason to stop that says so: neither ends a whole answer. */
function hasError (parsed: JsonObject | undefined): parsed is JsonObject {
  if (parsed === undefined) return false
  const { error } = parsed
  return (error !== undefined && error !== null) || choicesOf(parsed).some((choice) => choice['finish_reason'] === 'error')
}
