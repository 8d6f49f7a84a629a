// A chat's stream as the ladder of events of a message. https://docs.claude.com/en/docs/build-with-claude/streaming
//
// DESIGN. `message_start` goes out with the first chunk, before anybody knows how much input it was: the counts are in
// `message_delta`, cumulative, as their own servers repeat them there. That and `message_stop` are told from the end of
// the chat only (P6).

import type { GatewayError } from '../../core/errors.ts'
import { asObject, type JsonObject } from '../../core/json.ts'
import type { StreamTeller } from '../translated.ts'
import type { Asked } from './answer.ts'
import { encodeError } from './errors.ts'
import { eventOf } from './events.ts'
import { Ladder } from './ladder.ts'
import { piecesOf, saysOnlyText, type Piece } from './pieces.ts'
import { stopOf } from './stop-reason.ts'
import { usageOf } from './usage.ts'

export class MessageStream implements StreamTeller {
  readonly #id: string
  readonly #asked: Asked
  readonly #ladder: Ladder
  #hasBegun = false
  #hasCalls = false
  #isRefusal = false
  /** The choice as it said why it ended. */
  #end: JsonObject = {}
  #tier: JsonObject[string]
  /** The last chunk: the usage, and what the broker adds. */
  #sums: JsonObject = {}

  constructor (id: string, asked: Asked) {
    this.#id = id
    this.#asked = asked
    this.#ladder = new Ladder(id, asked.isShown)
  }

  /** @throws StreamBroken when it mixes more than can be put in order. */
  tell (chunk: JsonObject): string {
    const begun = this.#hasBegun ? '' : this.#begin(chunk)
    this.#tier = chunk['service_tier'] ?? this.#tier
    if (chunk['usage'] !== undefined || chunk['x_aibroker'] !== undefined) this.#sums = chunk
    const choice = asObject(Array.isArray(chunk['choices']) ? chunk['choices'][0] : undefined)
    return choice ? begun + this.#tellChoice(choice) : begun
  }

  end (): string {
    const { stops } = this.#asked
    const { x_aibroker: xAibroker, openrouter_metadata: metadata, usage } = this.#sums
    const stop = stopOf(this.#end, { hasCalls: this.#hasCalls, isRefusal: this.#isRefusal, stops })
    const blocks = (this.#hasBegun ? '' : this.#begin(this.#sums)) + this.#ladder.end()
    return blocks + eventOf('message_delta', {
      delta: { ...stop, container: null },
      usage: usageOf(asObject(usage), this.#tier),
      ...xAibroker !== undefined && { x_aibroker: xAibroker }
    }) + eventOf('message_stop', metadata === undefined ? {} : { openrouter_metadata: metadata })
  }

  fail (error: GatewayError, requestId: string): string {
    const { type, ...members } = encodeError(error, requestId)
    return eventOf(type as string, members)
  }

  #begin ({ model, provider }: JsonObject): string {
    this.#hasBegun = true
    return eventOf('message_start', {
      message: {
        id: this.#id,
        type: 'message',
        role: 'assistant',
        model: this.#asked.requested ?? model ?? '',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        stop_details: null,
        container: null,
        usage: usageOf(),
        ...provider !== undefined && { provider }
      }
    })
  }

  #tellChoice (choice: JsonObject): string {
    if (typeof choice['finish_reason'] === 'string') this.#end = choice
    const delta = asObject(choice['delta'])
    if (!delta) return ''
    const words = saysOnlyText(delta)
    if (words !== undefined) return words === '' ? '' : this.#ladder.writeText(words)
    return piecesOf(delta).map((piece) => this.#tellPiece(piece)).join('')
  }

  #tellPiece (piece: Piece): string {
    if (piece.kind === 'call') this.#hasCalls = true
    if (piece.kind === 'text' && piece.isRefusal) this.#isRefusal = true
    return this.#ladder.write(piece)
  }
}
