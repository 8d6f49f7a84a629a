// A fresh stream read as the rest of one that broke: the client gets what it does not have yet, as the same answer.
//
// DESIGN. What must hold: the texts of all events handed out, behind the text shown, are one text (P6); nothing goes
// out before it is sure that it belongs there; and an end goes out only behind the whole text. So every event is
// parsed, and one that cannot be read breaks the sequel. That costs only requests whose stream broke.

import type { Finish } from '../../core/finish.ts'
import { JsonError, parseObject, type JsonObject } from '../../core/json.ts'
import type { MemberChanges } from '../../core/json-edit.ts'
import { StreamBroken, type StreamEnd, type StreamReader } from '../format.ts'
import { dataOf, eventsOf } from '../sse.ts'
import { ContinuedText, RepeatedText, type Border } from './sequel-border.ts'
import { rewrite } from './sequel-event.ts'
import { isFilled, shownIn, type Shown } from './shown.ts'

/** What the client has. */
export interface FirstPart {
  readonly text: string
  readonly head: MemberChanges
  readonly hasRole: boolean
}

export type SequelKind = 'continued' | 'regenerated'

const DONE = '[DONE]'
const BROKEN: StreamEnd = { isComplete: false, isEmpty: false, tail: undefined }

export class Sequel implements StreamReader {
  readonly #reader: StreamReader
  readonly #first: FirstPart
  readonly #border: Border
  #hasRole: boolean
  #hasOutput = false
  #isBroken = false

  constructor (reader: StreamReader, first: FirstPart, kind: SequelKind) {
    this.#reader = reader
    this.#first = first
    this.#hasRole = first.hasRole || first.text !== '' // a role is named ahead of the text or not at all
    this.#border = kind === 'continued' && first.text !== '' ? new ContinuedText(first.text) : new RepeatedText(first.text)
  }

  get events (): number { return this.#reader.events }
  get dropped (): number { return this.#reader.dropped }
  get isDone (): boolean { return this.#reader.isDone }
  get error (): JsonObject | undefined { return this.#reader.error }
  get usage (): JsonObject | undefined { return this.#reader.usage }
  get isUsageSoFar (): boolean { return this.#reader.isUsageSoFar === true }
  get upstreamId (): string | undefined { return this.#reader.upstreamId }
  get finished (): Finish | undefined { return this.#reader.finished }

  /** Something the client did not have went out: the sequel is under way. */
  get hasOutput (): boolean { return this.#hasOutput }

  /** @throws StreamBroken when the stream is not the sequel; nothing of the chunk goes out then. */
  push (chunk: Buffer): Buffer | undefined {
    try {
      const block = this.#reader.push(chunk)
      const fresh = block && this.#readBlock(block)
      if (this.#reader.isDone && !this.#reader.error) this.#end()
      return fresh
    } catch (error) {
      this.#isBroken = true
      throw error instanceof JsonError ? new StreamBroken('an event is nested too deeply') : error
    }
  }

  /** The text shown may have been the whole answer: then the rest of it is empty, and the answer is not. */
  finish (): StreamEnd {
    const { isComplete, isEmpty, tail } = this.#reader.finish()
    if (this.#isBroken) return BROKEN
    try {
      const fresh = tail && this.#readBlock(tail)
      if (isComplete) this.#end()
      return { isComplete, isEmpty: isEmpty && this.#first.text === '', tail: fresh }
    } catch (error) {
      // The stream has ended: there is nobody left to hear why.
      if (error instanceof StreamBroken || error instanceof JsonError) return BROKEN
      throw error
    }
  }

  /** The sentinel without a reason to stop: text that is still held back has no event to go out with. */
  #end (): void {
    if (this.#border.close() !== '') throw new StreamBroken('the new answer ends without saying why')
  }

  #readBlock (block: Buffer): Buffer | undefined {
    let fresh = ''
    for (const event of eventsOf(block.toString('latin1'))) fresh += this.#readEvent(event)
    return fresh === '' ? undefined : Buffer.from(fresh, 'latin1')
  }

  /** The event for the client (latin1); empty: nothing new in it. */
  #readEvent (event: string): string {
    const json = dataOf(event)
    if (json === undefined || json.trim() === DONE) return event
    const chunk = parseObject(json)
    if (!chunk && json.trimStart().startsWith('{')) throw new StreamBroken('an event is damaged')
    if (!chunk) return '' // noise between events
    const shown = shownIn(chunk)
    return shown ? this.#readChoice(event, json, { shown, chunk }) : this.#rewrite(event, json)
  }

  #readChoice (event: string, json: string, { shown, chunk }: { shown: Shown, chunk: JsonObject }): string {
    const text = this.#freshText(shown)
    if (!this.#isForClient(shown, text !== '', chunk)) return ''
    const whole = this.#rewrite(event, json, text === shown.text ? undefined : text)
    this.#hasRole ||= shown.hasRole
    return whole
  }

  #rewrite (event: string, json: string, text?: string): string {
    return rewrite(event, json, { head: this.#first.head, dropsRole: this.#hasRole, text })
  }

  #freshText ({ text, hasOther, isLast }: Shown): string {
    const fresh = this.#border.take(text)
    return hasOther || isLast ? fresh + this.#border.close() : fresh
  }

  #isForClient ({ thinks, hasOther, isLast, hasRole }: Shown, hasText: boolean, { usage }: JsonObject): boolean {
    const isNew = hasText || hasOther || (thinks && this.#border.showsThought())
    this.#hasOutput ||= isNew
    if (isNew || isLast) return true
    // OpenRouter's usage stands in a chunk whose choice says nothing.
    return !thinks && ((hasRole && !this.#hasRole) || isFilled(usage))
  }
}
