// One call to one backend, up to the peek: everything here may still fail over, nothing has reached the client.

import type { JsonObject } from '../core/json.ts'
import type { Outcome } from '../core/outcome.ts'
import { StreamBroken, type PlainAnswer, type StreamEnd, type StreamReader } from '../wire/format.ts'
import type { Attempted, AttemptJob } from './attempted.ts'
import type { Stoppable } from './stoppable.ts'
import { encode } from './encode.ts'
import { hideIn } from './hide.ts'
import { hideInHeaders, isStreamAnswer, openReader, textHeader, usageOf } from './lanes.ts'
import { LiveStream } from './live-stream.ts'
import { outcomeOfFailure, outcomeOfStatus, wordsOf } from './outcome-of.ts'
import type { UpstreamFailure, UpstreamHandle, UpstreamHeaders, UpstreamListener } from './upstream.ts'
import { Watch, type Passed } from './watch.ts'
import { wholeUsageOf } from './settle.ts'
import { failureOfSilence } from './silence.ts'

const LONGEST_REFUSAL_BYTES = 64 * 1024
/** What a provider may send before its first output: it waits in memory until that comes. */
const LONGEST_WAIT_BYTES = 64 * 1024

interface Found {
  readonly plain?: PlainAnswer
  readonly refusal?: string
  readonly told?: JsonObject | undefined
  readonly isEmpty?: boolean
}

/** Sends the call and listens until it is clear what it came to. `result` resolves exactly once. */
export class Attempt implements UpstreamListener, Stoppable {
  readonly result: Promise<Attempted>
  readonly #job: AttemptJob
  readonly #startedMs: number
  readonly #watch: Watch
  #resolve!: (attempted: Attempted) => void
  #handle: UpstreamHandle | undefined
  #edits: readonly string[] = []
  #status: number | undefined
  #headers: UpstreamHeaders = {}
  #reader: StreamReader | undefined
  #held: Buffer[] = []
  #heldBytes = 0
  #live: LiveStream | undefined
  #isSent = false
  #isOver = false

  constructor (job: AttemptJob) {
    this.#job = job
    const { clock } = job.parts
    this.#startedMs = clock.monotonicMs()
    this.#watch = new Watch(clock, job, (passed) => { this.#onPast(passed) })
    this.result = new Promise((resolve) => { this.#resolve = resolve })
  }

  send (): this {
    const { call, edits } = encode(this.#job)
    this.#edits = edits
    this.#handle = this.#job.parts.upstream.send(call, this)
    return this
  }

  abandon (): void {
    if (this.#live) return // the relay owns it now
    this.#end({ kind: 'abandoned' })
  }

  detach (): boolean {
    return this.#isSent
  }

  onSent (): void {
    this.#isSent = true
    if (!this.#isOver) this.#watch.enter('firstByte')
  }

  onHead (status: number, headers: UpstreamHeaders): void {
    if (this.#isOver) return
    this.#watch.enter('between')
    this.#status = status
    this.#headers = hideInHeaders(headers, this.#job.turn.credential.secret)
    if (status !== 200) return
    const encoding = textHeader(headers, 'content-encoding')
    if (encoding !== '' && encoding !== 'identity') return this.#fail(`answered in ${encoding} although identity was asked`)
    if (isStreamAnswer(this.#job.ask, headers)) this.#awaitOutput(headers)
    else if (this.#job.ask.envelope.isStream) this.#fail('answered without a stream although one was asked')
  }

  onData (chunk: Buffer): void {
    if (this.#live) return this.#live.onData(chunk)
    if (this.#isOver) return
    if (this.#reader) return this.#peek(this.#reader, chunk)
    this.#watch.touch()
    this.#hold(chunk)
    if (this.#status !== 200 && this.#heldBytes > LONGEST_REFUSAL_BYTES) return this.#endRefused()
    if (this.#heldBytes > this.#job.parts.answerLimit) this.#fail('answered with more bytes than AIBROKER_ANSWER_LIMIT')
  }

  onEnd (): void {
    if (this.#live) return this.#live.onEnd()
    if (this.#isOver) return
    if (this.#reader) return this.#endEarly(this.#reader)
    if (this.#status !== 200) return this.#endRefused()
    this.#endPlain()
  }

  onFailure (failure: UpstreamFailure): void {
    if (this.#live) return this.#live.onFailure(failure)
    this.#end(outcomeOfFailure(failure))
  }

  #onPast (passed: Passed): void {
    this.#handle?.cancel()
    this.onFailure(failureOfSilence(passed))
  }

  /** Headers, comments and a role are not an answer: the first output has its own deadline. */
  #awaitOutput (headers: UpstreamHeaders): void {
    const reader = openReader(this.#job, headers)
    const { sequel } = this.#job
    this.#reader = sequel ? sequel.transcript.carryOn(reader, sequel.how) : reader
    this.#watch.enter('firstEvent')
  }

  /** Streams: the first output decides. What comes before it waits; an error in it is a failure like any other. */
  #peek (reader: StreamReader, chunk: Buffer): void {
    if (this.#job.sequel) this.#watch.touch() // what was shown is being repeated: that is no silence
    try {
      const block = reader.push(chunk)
      if (block) this.#hold(block)
    } catch (error) {
      if (!(error instanceof StreamBroken)) throw error
      return this.#fail(`sent a broken stream: ${error.message}`)
    }
    if (reader.error) return this.#fail(wordsOf(this.#hide(JSON.stringify(reader.error))) || 'sent an error event')
    if (reader.isDone) return this.#endEarly(reader)
    if (reader.hasOutput) return this.#commit(reader, undefined)
    if (this.#heldBytes > LONGEST_WAIT_BYTES) this.#fail('sent 64 KiB without any output')
  }

  #commit (reader: StreamReader, ended: StreamEnd | undefined): void {
    this.#live = new LiveStream({
      reader,
      ended,
      handle: this.#handle as UpstreamHandle,
      watch: this.#watch,
      first: Buffer.concat(this.#held),
      hide: (text) => this.#hide(text)
    })
    this.#held = [] // a stream may last for hours
    this.#end({ kind: 'answered', status: 200 })
  }

  /** The stream is over inside the peek. Only a whole one is an answer; a model may be silent for a reason it tells. */
  #endEarly (reader: StreamReader): void {
    const ended = reader.finish()
    if (ended.isComplete && !ended.isEmpty) return this.#commit(reader, ended)
    if (ended.isComplete) return this.#fail('ended the stream without any output', { told: reader.usage, isEmpty: true })
    this.#fail('ended the stream without a terminal event', { told: wholeUsageOf(reader) })
  }

  #endPlain (): void {
    const { lane: { wire, task }, turn } = this.#job
    const bytes = this.#held.length === 1 ? this.#held[0] as Buffer : Buffer.concat(this.#held)
    const plain = wire.readAnswer(bytes, textHeader(this.#headers, 'content-type'), task)
    if (!plain) return this.#fail('answered with something that is not JSON')
    const error = wire.errorIn(plain)
    if (error) return this.#fail(wordsOf(this.#hide(JSON.stringify({ error }).slice(0, LONGEST_REFUSAL_BYTES))))
    if (wire.isEmptyAnswer(plain)) {
      const told = plain.value && usageOf(turn.provider, plain.value)
      return this.#fail('answered without any output', { told, isEmpty: true })
    }
    this.#end({ kind: 'answered', status: 200 }, { plain })
  }

  #endRefused (): void {
    const text = this.#hide(Buffer.concat(this.#held).toString('utf8', 0, LONGEST_REFUSAL_BYTES))
    const nowMs = this.#job.parts.clock.nowMs()
    this.#end(outcomeOfStatus(this.#status ?? 0, this.#headers, { text, nowMs }), { refusal: text })
  }

  /** A provider's words go to the client, into the books and into the log: our credential must not (P8). */
  #hide (text: string): string {
    return hideIn(text, this.#job.turn.credential.secret)
  }

  #fail (reason: string, found: Found = {}): void {
    this.#end({ kind: 'failed', status: this.#status ?? 0, reason }, found)
  }

  #hold (chunk: Buffer): void {
    this.#held.push(chunk)
    this.#heldBytes += chunk.length
  }

  #end (outcome: Outcome, found: Found = {}): void {
    if (this.#isOver) return
    this.#isOver = true
    const hasEvent = outcome.kind === 'answered'
    const durationMs = this.#job.parts.clock.monotonicMs() - this.#startedMs
    if (!this.#live) {
      this.#watch.stop()
      this.#handle?.cancel()
    }
    this.#resolve({
      outcome,
      turn: this.#job.turn,
      isSent: this.#isSent,
      status: this.#status,
      headers: this.#headers,
      edits: this.#edits,
      durationMs,
      firstEventMs: hasEvent ? durationMs : undefined,
      plain: found.plain,
      live: this.#live,
      refusal: found.refusal,
      told: found.told,
      isEmpty: found.isEmpty
    })
  }
}
