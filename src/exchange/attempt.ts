// One call to one backend, up to the peek: everything here may still fail over, nothing has reached the client.

import type { Outcome } from '../core/outcome.ts'
import { StreamBroken, type PlainAnswer, type StreamReader } from '../wire/format.ts'
import type { Attempted, AttemptJob } from './attempted.ts'
import { encode } from './encode.ts'
import { hideInHeaders, isStreamAnswer, openReader, textHeader } from './lanes.ts'
import { LiveStream } from './live-stream.ts'
import { outcomeOfFailure, outcomeOfStatus, wordsOf } from './outcome-of.ts'
import type { UpstreamFailure, UpstreamHandle, UpstreamHeaders, UpstreamListener } from './upstream.ts'

const LONGEST_REFUSAL_BYTES = 64 * 1024
/** Comments a provider may send before its first event: they wait in memory until it comes. */
const LONGEST_WAIT_BYTES = 64 * 1024

/** Sends the call and listens until it is clear what it came to. `result` resolves exactly once. */
export class Attempt implements UpstreamListener {
  readonly result: Promise<Attempted>
  readonly #job: AttemptJob
  readonly #startedMs: number
  #resolve!: (attempted: Attempted) => void
  #handle: UpstreamHandle | undefined
  #edits: readonly string[] = []
  #status: number | undefined
  #headers: UpstreamHeaders = {}
  #reader: StreamReader | undefined
  #held: Buffer[] = []
  #heldBytes = 0
  #live: LiveStream | undefined
  #stopWaiting: () => void = () => {}
  #isOver = false

  constructor (job: AttemptJob) {
    this.#job = job
    this.#startedMs = job.parts.clock.monotonicMs()
    this.result = new Promise((resolve) => { this.#resolve = resolve })
  }

  send (): this {
    const { ask, turn, parts } = this.#job
    const { call, edits } = encode(ask, turn, parts.deadlines)
    this.#edits = edits
    this.#handle = parts.upstream.send(call, this)
    return this
  }

  /** The client left. */
  abandon (): void {
    if (this.#live) return // the relay owns it now
    this.#end({ kind: 'abandoned' })
  }

  onHead (status: number, headers: UpstreamHeaders): void {
    if (this.#isOver) return
    this.#status = status
    this.#headers = hideInHeaders(headers, this.#job.turn.credential.secret)
    if (status !== 200) return
    const encoding = textHeader(headers, 'content-encoding')
    if (encoding !== '' && encoding !== 'identity') return this.#fail(`answered in ${encoding} although identity was asked`)
    if (isStreamAnswer(this.#job.ask, headers)) this.#awaitEvent(headers)
    else if (this.#job.ask.envelope.isStream) this.#fail('answered without a stream although one was asked')
  }

  onData (chunk: Buffer): void {
    if (this.#live) return this.#live.onData(chunk)
    if (this.#isOver) return
    if (this.#reader) return this.#peek(this.#reader, chunk)
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

  /** Headers and comments are not an answer: the first event has its own deadline. */
  #awaitEvent (headers: UpstreamHeaders): void {
    this.#reader = openReader(this.#job, headers)
    const { clock, deadlines: { firstByteMs: afterMs } } = this.#job.parts
    this.#stopWaiting = clock.after(afterMs, () => {
      this.#end({ kind: 'stalled', afterMs, reason: `sent no event within ${afterMs} ms` })
    })
  }

  /** Streams: the first event decides. Comments before it wait; an error in it is a failure like any other. */
  #peek (reader: StreamReader, chunk: Buffer): void {
    try {
      const block = reader.push(chunk)
      if (block) this.#hold(block)
    } catch (error) {
      if (!(error instanceof StreamBroken)) throw error
      return this.#fail(`sent a broken stream: ${error.message}`)
    }
    if (reader.error) return this.#fail(wordsOf(this.#hide(JSON.stringify(reader.error))))
    if (reader.events > 0) return this.#commit(reader)
    if (this.#heldBytes > LONGEST_WAIT_BYTES) this.#fail('sent nothing but comments')
  }

  #commit (reader: StreamReader): void {
    const handle = this.#handle as UpstreamHandle
    handle.pause()
    this.#live = new LiveStream(reader, handle, { first: Buffer.concat(this.#held), hide: (text) => this.#hide(text) })
    this.#end({ kind: 'answered', status: 200 })
  }

  #endEarly (reader: StreamReader): void {
    // A stream of one event without a blank line, or only a sentinel, or nothing at all.
    const { isComplete } = reader.finish()
    this.#fail(isComplete ? 'ended the stream without any output' : 'ended the stream before the first event')
  }

  #endPlain (): void {
    const { ask } = this.#job
    const bytes = this.#held.length === 1 ? this.#held[0] as Buffer : Buffer.concat(this.#held)
    const plain = ask.wire.readAnswer(bytes, textHeader(this.#headers, 'content-type'), ask.task)
    if (!plain) return this.#fail('answered with something that is not JSON')
    if (plain.value?.['error']) return this.#fail(wordsOf(this.#hide(bytes.toString('utf8', 0, LONGEST_REFUSAL_BYTES))))
    this.#end({ kind: 'answered', status: 200 }, plain)
  }

  #endRefused (): void {
    const text = this.#hide(Buffer.concat(this.#held).toString('utf8', 0, LONGEST_REFUSAL_BYTES))
    const nowMs = this.#job.parts.clock.nowMs()
    this.#end(outcomeOfStatus(this.#status ?? 0, this.#headers, { text, nowMs }), undefined, text)
  }

  /** A provider's words go to the client, into the books and into the log: our credential must not (P8). */
  #hide (text: string): string {
    return this.#job.turn.credential.secret?.hideIn(text) ?? text
  }

  #fail (reason: string): void {
    this.#end({ kind: 'failed', status: this.#status ?? 0, reason })
  }

  #hold (bytes: Buffer): void {
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
  }

  #end (outcome: Outcome, plain?: PlainAnswer, refusal?: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stopWaiting()
    if (!this.#live && !plain) this.#handle?.cancel() // whatever is still coming is for nobody
    const durationMs = this.#job.parts.clock.monotonicMs() - this.#startedMs
    this.#resolve({
      outcome,
      turn: this.#job.turn,
      isSent: true,
      status: this.#status,
      headers: this.#headers,
      edits: this.#edits,
      durationMs,
      firstEventMs: outcome.kind === 'answered' ? durationMs : undefined,
      plain,
      live: this.#live,
      refusal
    })
  }
}
