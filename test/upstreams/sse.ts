// Reads server-sent events for assertions: written apart from the gateway's own reader, so that the two can disagree.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

import { asObject, parseObject, type JsonObject } from '../../src/core/json.ts'

export interface SseEvent {
  /** `message` when the event names no type. */
  readonly event: string
  readonly data: string
  readonly id: string | undefined
}

export interface SseAnswer {
  readonly events: readonly SseEvent[]
  /** Data of the events that are JSON objects. */
  readonly values: readonly JsonObject[]
  readonly comments: readonly string[]
  /** `[DONE]` was the last event. */
  readonly isDone: boolean
  /** Content of the first choice, put together. */
  readonly text: string
  /** The last usage told. */
  readonly usage: JsonObject | undefined
  /** The last `error` member told. */
  readonly error: JsonObject | undefined
  /** Why reading ended early; undefined: the HTTP end was clean. */
  readonly failure: Error | undefined
  /** Every byte, decoded. */
  readonly raw: string
}

/** A fetch response, an incoming message, or any stream of bytes. */
export type SseSource = AsyncIterable<Uint8Array> | { readonly body: AsyncIterable<Uint8Array> | null }

/** The events as they come, for tests that act between two of them. Throws when the connection breaks. */
export async function * sseEvents (source: SseSource): AsyncGenerator<SseEvent> {
  const parser = new SseParser()
  const decoder = new TextDecoder()
  for await (const bytes of bytesOf(source)) yield * parser.push(decoder.decode(bytes, { stream: true }))
}

/** Reads to the end, whatever the end is. An event without its blank line does not count. */
export async function readSse (source: SseSource): Promise<SseAnswer> {
  const parser = new SseParser()
  const decoder = new TextDecoder()
  const events: SseEvent[] = []
  let raw = ''
  let failure: Error | undefined
  try {
    for await (const bytes of bytesOf(source)) {
      const text = decoder.decode(bytes, { stream: true })
      raw += text
      events.push(...parser.push(text))
    }
  } catch (error) {
    failure = error as Error
  }
  const values = events.map(({ data }) => parseObject(data)).filter((value) => value !== undefined)
  return {
    events,
    values,
    comments: parser.comments,
    isDone: events.at(-1)?.data === '[DONE]',
    text: values.map(contentOf).join(''),
    usage: lastOf(values, 'usage'),
    error: lastOf(values, 'error'),
    failure,
    raw
  }
}

function bytesOf (source: SseSource): AsyncIterable<Uint8Array> {
  if (Symbol.asyncIterator in source) return source
  if (!source.body) throw new Error('the response has no body')
  return source.body
}

function contentOf (value: JsonObject): string {
  const choices = value['choices']
  const first = Array.isArray(choices) ? choices.map(asObject).find((choice) => choice?.['index'] === 0) : undefined
  const content = asObject(first?.['delta'])?.['content']
  return typeof content === 'string' ? content : ''
}

function lastOf (values: readonly JsonObject[], name: string): JsonObject | undefined {
  return asObject(values.findLast((value) => asObject(value[name]))?.[name])
}

class SseParser {
  readonly comments: string[] = []
  #line = ''
  #afterReturn = false
  #data: string[] = []
  #event = ''
  #id: string | undefined

  /** The events that this text completes. */
  * push (text: string): Generator<SseEvent> {
    for (const character of text) {
      const isSecondHalf = character === '\n' && this.#afterReturn
      this.#afterReturn = character === '\r'
      if (isSecondHalf) continue
      if (character !== '\n' && character !== '\r') {
        this.#line += character
        continue
      }
      const event = this.#takeLine(this.#line)
      this.#line = ''
      if (event) yield event
    }
  }

  #takeLine (line: string): SseEvent | undefined {
    if (line === '') return this.#dispatch()
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? []
    if (name === '') this.comments.push(value)
    if (name === 'data') this.#data.push(value)
    if (name === 'event') this.#event = value
    if (name === 'id') this.#id = value
    return undefined
  }

  #dispatch (): SseEvent | undefined {
    const data = this.#data
    const event = this.#event || 'message'
    this.#data = []
    this.#event = ''
    return data.length === 0 ? undefined : { event, data: data.join('\n'), id: this.#id }
  }
}
