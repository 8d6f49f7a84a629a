// How a stream reaches its client: at once (`live`), at once and carried on when it breaks (`resume`), or only when it
// is whole (`atomic`).
//
// What must hold here (P6): the client gets whole events of one answer, an end only behind the provider's own terminal
// event, and otherwise the wire's error event and a connection that visibly breaks. In `resume` the failure that is
// told is the first one: what went wrong while it was being repaired is in the books.

import type { Model } from '../catalog/catalog.ts'
import { GatewayError } from '../core/errors.ts'
import type { Outcome } from '../core/outcome.ts'
import type { StreamMode } from '../core/stream-mode.ts'
import type { Candidate } from '../routing/plan.ts'
import type { Continuation, Transcript } from '../wire/format.ts'
import { costHeaders } from './answer-headers.ts'
import type { Attempted, Sequel } from './attempted.ts'
import type { Ending, Priced } from './books.ts'
import { carryingOn } from './changed-turn.ts'
import { counted } from './counted.ts'
import type { Delivering } from './delivering.ts'
import { Holder } from './holder.ts'
import { laneOf } from './lane.ts'
import { textHeader } from './lanes.ts'
import type { LiveStream } from './live-stream.ts'
import { watchProgress } from './progress.ts'
import { speechType } from './speech-type.ts'
import { Relay, type RelayEnd } from './relay.ts'
import { priceAnswer, wholeUsageOf } from './settle.ts'
import type { Turn } from './turns.ts'

const NO_CHANGES: Sequel['changes'] = new Map()
const EVENT_STREAM = 'text/event-stream'
/** How long a provider may keep the connection after its terminal event before it is closed from our side. */
const GRACE_AFTER_DONE_MS = 1_000

/** A relay that came to its end. */
export interface EndedStream {
  readonly end: RelayEnd
  /** With the outcome of the whole stream. */
  readonly attempted: Attempted
}

export class StreamDelivery {
  readonly #exchange: Delivering
  #mode: StreamMode = 'live'
  #contentType = EVENT_STREAM
  #holder: Holder | undefined
  #transcript: Transcript | undefined
  #sequel: Sequel | undefined
  /** Backends that do not take an assistant message as the last one. */
  #refusing: readonly string[] = []
  /** The failure of the stream that broke first; nothing else is told about it. */
  failure: GatewayError | undefined

  constructor (exchange: Delivering) {
    this.#exchange = exchange
  }

  /** Before the first attempt: the request's mode, else the model's. */
  choose ({ streamMode }: Model): void {
    const { ask, client, parts } = this.#exchange
    if (!ask.envelope.isStream) return
    this.#mode = ask.streamMode ?? streamMode ?? 'live'
    if (this.#mode === 'live') return
    if (this.#mode === 'resume' && ask.body.kind === 'json') {
      this.#transcript = ask.wire.openTranscript(ask.body.json, ask.envelope)
    }
    client.keepAwake(ask.wire.keepAlive(EVENT_STREAM, parts.keepAliveComment), () => { this.#begin(undefined) })
  }

  /** Set once the client has got a part of the answer. */
  sequelFor ({ provider, candidate }: Turn): Sequel | undefined {
    if (!this.failure || !this.#transcript) return undefined
    const mayContinue = provider.continuation !== undefined && !this.#refusing.includes(candidate.backend.id)
    const changes = mayContinue ? this.#continuation(provider.continuation, candidate) : undefined
    this.#sequel = {
      transcript: this.#transcript, how: changes ? 'continued' : 'regenerated', changes: changes ?? NO_CHANGES
    }
    return this.#sequel
  }

  #continuation (how: Continuation, candidate: Candidate): Map<string, string | undefined> | undefined {
    const { body } = laneOf(this.#exchange.ask, candidate)
    return body.kind === 'json' ? this.#transcript?.continuation(how, body.json) : undefined
  }

  /** The next turn as it will be made: its request may be longer than the client's. */
  prepared (turn: Turn): Turn {
    return carryingOn(this.#exchange.ask, turn, this.sequelFor(turn))
  }

  /** The backend may be asked once more, from the beginning. */
  isContinuationRefused ({ outcome, turn }: Attempted): boolean {
    if (this.#sequel?.how !== 'continued' || outcome.kind !== 'refused') return false
    this.#refusing = [...this.#refusing, turn.candidate.backend.id]
    return true
  }

  relay (live: LiveStream, turn: Turn): Relay {
    const { client, parts } = this.#exchange
    if (this.#mode === 'atomic') this.#holder = new Holder(parts.heldBytes)
    const relay = new Relay({
      live,
      client: this.#holder ?? client,
      transcript: this.#transcript,
      onBytes: watchProgress(this.#exchange, { turn, live, isHeld: this.#holder !== undefined }),
      afterGrace: (close) => parts.clock.after(GRACE_AFTER_DONE_MS, close)
    })
    if (this.#holder) this.#holder.onFull = () => { relay.cut('sent more than may be held for an atomic stream') }
    return relay
  }

  /** Sends the stream on its way and waits for its end. */
  async run (relay: Relay, attempted: Attempted): Promise<EndedStream> {
    const { client, ask, parts: { clock, keepAliveComment }, stop } = this.#exchange
    const fromMs = clock.monotonicMs()
    if (!this.#holder && !stop) this.#begin(attempted)
    if (this.#mode === 'live') client.keepAwake(ask.wire.keepAlive(this.#contentType, keepAliveComment), () => {})
    if (stop === 'draining') relay.abandon()
    if (stop === 'client_gone') relay.detach()
    relay.start()
    const end = await relay.end
    const durationMs = attempted.durationMs + clock.monotonicMs() - fromMs
    const deliveredBytes = end.kind === 'complete' || this.#holder ? undefined : relay.passedBytes
    return { end, attempted: { ...attempted, outcome: outcomeOf(end, attempted), durationMs, deliveredBytes } }
  }

  /**
   * Settles and tells. The attempt comes back when another one may still save the answer.
   * @throws GatewayError `draining`, of a client that heard nothing yet: it is refused like any that waits.
   */
  async finish ({ end, attempted }: EndedStream): Promise<Attempted | undefined> {
    const { ask, client, parts, stop } = this.#exchange
    if (stop === 'draining' && end.kind !== 'complete' && !client.isBegun) throw new GatewayError('draining')
    if (end.kind === 'cut' && !stop && this.#mayGoOn()) {
      this.#noteFailure(end.reason, attempted)
      this.#holder?.release()
      return attempted
    }
    const told = priceAnswer(ask, attempted.turn, wholeUsageOf((attempted.live as LiveStream).reader), parts)
    const cost = told.grade === 'bounded' && end.kind === 'complete' ? await this.#counted(attempted.turn, told) : told
    await this.#exchange.settle(this.#endingOf(end), attempted, cost)
    this.#close(end, attempted, cost)
    return undefined
  }

  /**
   * `live` keeps nothing that could be counted. A repaired answer came in parts, each under a request of its own. And a
   * stream tells its service tier on the way, where nobody kept it: a price that depends on it stays at its bound.
   */
  #counted (turn: Turn, cost: Priced): Promise<Priced> | Priced {
    const { ask, parts } = this.#exchange
    if (this.#mode === 'live' || this.failure || turn.candidate.backend.price?.terms) return cost
    return counted({ ask, turn, cost }, parts, () => {
      const text = this.#keptTranscript()?.wholeText
      return text === undefined ? undefined : [text]
    })
  }

  /** What is held for `atomic` is read only now, when its words are needed. */
  #keptTranscript (): Transcript | undefined {
    const { ask } = this.#exchange
    if (!this.#holder || ask.body.kind !== 'json') return this.#transcript
    const transcript = ask.wire.openTranscript(ask.body.json, ask.envelope)
    for (const block of this.#holder.held) transcript?.add(block)
    return transcript
  }

  /** The wire's error event, if the stream has a place for it, and an end that nobody can take for a whole answer. */
  breakOff (error: GatewayError): void {
    this.#exchange.client.cut(this.#lastWords(error))
  }

  /** Undefined: there is no place for them. A wire that cannot tell the failure must not keep the connection open. */
  #lastWords (error: GatewayError): Buffer | undefined {
    const { ask, id, parts } = this.#exchange
    const { task, envelope: { model } } = ask
    const begun = { task, contentType: this.#contentType, model, isHeld: this.#holder !== undefined }
    try {
      return ask.wire.errorFrame(error, id, begun)
    } catch (cause) {
      parts.alarm('the failure of a stream could not be told', cause)
      return undefined
    }
  }

  /** Frees what is held. */
  release (): void {
    this.#holder?.release()
  }

  #begin (attempted: Attempted | undefined): void {
    const { client } = this.#exchange
    if (client.isBegun) return
    this.#contentType = attempted ? this.#typeOf(attempted) : EVENT_STREAM
    client.begin([
      ...this.#exchange.headers(attempted), 'x-accel-buffering', 'no', 'content-type', this.#contentType
    ])
  }

  #typeOf ({ headers }: Attempted): string {
    const { task, isExact, body } = this.#exchange.ask
    const told = textHeader(headers, 'content-type')
    return task === 'speech' && !isExact ? speechType(told, body) : told
  }

  #mayGoOn (): boolean {
    return this.#mode === 'atomic' || (this.#mode === 'resume' && this.#transcript?.canCarryOn === true)
  }

  /** `atomic` has shown nothing: its failure is that of the last attempt, as if no stream had begun. */
  #noteFailure (reason: string, { turn }: Attempted): void {
    if (this.#mode === 'resume') this.failure ??= streamCut(turn, reason)
  }

  #endingOf (end: RelayEnd): Ending {
    const { stop } = this.#exchange
    if (stop === 'client_gone' || (end.kind === 'gone' && !stop)) return { status: 499, error: 'client_gone' }
    if (end.kind === 'complete') return { status: 200, error: undefined }
    return { status: 200, error: stop ?? 'stream_cut' }
  }

  #close (end: RelayEnd, attempted: Attempted, cost: Priced): void {
    const { client, stop } = this.#exchange
    const holder = this.#holder
    if (end.kind === 'complete' && stop !== 'client_gone') {
      if (holder) this.#tellWhole(holder, attempted, cost)
      return client.end(end.tail)
    }
    holder?.release()
    if (stop === 'draining') return this.breakOff(new GatewayError('draining'))
    if (end.kind === 'cut') return this.breakOff(this.failure ?? streamCut(attempted.turn, end.reason))
    client.cut(undefined)
  }

  #tellWhole (holder: Holder, attempted: Attempted, cost: Priced): void {
    const { client, outlet } = this.#exchange
    this.#contentType = this.#typeOf(attempted)
    client.begin([
      ...this.#exchange.headers(attempted), ...costHeaders(cost), 'x-accel-buffering', 'no',
      'content-type', this.#contentType
    ])
    client.write(holder.take())
    outlet.onClosed(() => { holder.release() })
  }
}

function streamCut ({ provider }: Turn, reason: string): GatewayError {
  const { displayName } = provider
  return new GatewayError('stream_cut', { provider: displayName, reason }, { metadata: { provider_name: displayName } })
}

function outcomeOf (end: RelayEnd, attempted: Attempted): Outcome {
  if (end.kind === 'complete') return attempted.outcome
  return end.kind === 'cut' ? { kind: 'cut', reason: end.reason, isSilent: end.isSilent } : { kind: 'abandoned' }
}
