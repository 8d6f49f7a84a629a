// The blocks of a stream, one behind the other: each begins, grows and ends before the next one begins.
//
// DESIGN. Chats mix what blocks keep apart: pieces of several calls may alternate, and words may follow a call that is
// not whole. What must hold: one block is open at most, and indices are dense. So while a call is open everything that
// is not of it waits until that call is whole JSON; if it is not yet, everything else waits for the end, in the order
// in which it began. The look at the call is taken once, when the first stranger comes: from then on nothing is looked
// at. What waits, and what is kept of the open call for that look, is bounded.

import type { JsonObject } from '../../core/json.ts'
import { parseObject } from '../../core/json.ts'
import { StreamBroken } from '../format.ts'
import { callBlock, redactedBlock, textBlock, thinkingBlock } from './block.ts'
import { blockDelta, blockStart, blockStop, textDelta } from './events.ts'
import type { CallPiece, Piece } from './pieces.ts'
import { redactionOf, signatureOf } from './signature.ts'

type Open =
  | { readonly kind: 'text' }
  /** `detail` grows by the members of each piece; the signature comes with the last. */
  | { readonly kind: 'thought', detail: JsonObject }
  | { readonly kind: 'call', readonly index: number, readonly words: string[], length: number }

/** A call as its pieces name it, and the number it has here. */
interface KnownCall {
  readonly number: number
  id: string
}

/** Characters of what waits, and of an open call. */
export const MOST_WAITING = 8 * 1024 * 1024
/** A piece weighs more than its words. */
const PIECE_WEIGHT = 64

export class Ladder {
  readonly #answerId: string
  readonly #isShown: boolean
  #index = -1
  #open: Open | undefined
  /** The last call of each index. */
  readonly #calls = new Map<number, KnownCall>()
  #callCount = 0
  /** Calls that have ended: what still comes for them is no part of their JSON. */
  readonly #ended = new Set<number>()
  #waiting: Piece[] = []
  #weight = 0

  constructor (answerId: string, isShown: boolean) {
    this.#answerId = answerId
    this.#isShown = isShown
  }

  /** Events, whole. @throws StreamBroken when more waits than may. */
  write (told: Piece): string {
    const open = this.#open
    const piece = told.kind === 'call' ? { ...told, call: { ...told.call, index: this.#numberOf(told.call) } } : told
    if (open?.kind !== 'call' || isOfCall(piece, open.index)) return this.#write(piece)
    if (this.#waiting.length > 0 || !isWhole(open)) return this.#wait(piece)
    return this.#write(piece)
  }

  /** Plain words, which most pieces are. */
  writeText (words: string): string {
    if (this.#open?.kind === 'text') return textDelta(this.#index, words)
    return this.write({ kind: 'text', words, isRefusal: false })
  }

  /** What waited, and the end of the last block. */
  end (): string {
    const waiting = inOrder(this.#waiting)
    this.#waiting = []
    return waiting.map((piece) => this.#write(piece)).join('') + this.#close()
  }

  /** Some servers count from 0 again with each call: another id is another call. */
  #numberOf ({ index, id }: CallPiece): number {
    const known = this.#calls.get(index)
    if (known && (id === '' || known.id === '' || id === known.id)) {
      known.id ||= id
      return known.number
    }
    this.#calls.set(index, { number: this.#callCount, id })
    return this.#callCount++
  }

  #wait (piece: Piece): string {
    this.#weight += PIECE_WEIGHT + lengthOf(piece)
    if (this.#weight > MOST_WAITING) throw new StreamBroken('it mixes several tool calls for longer than can be kept')
    this.#waiting.push(piece)
    return ''
  }

  #write (piece: Piece): string {
    switch (piece.kind) {
      case 'text': return this.#writeText(piece.words)
      case 'thought': return this.#writeThought(piece.words, piece.detail)
      case 'sealed': return this.#begin(undefined, redactedBlock(redactionOf(piece.detail))) + blockStop(this.#index)
      case 'citation': return this.#open?.kind === 'text'
        ? blockDelta(this.#index, 'citations_delta', { citation: piece.citation })
        : ''
      case 'call': return this.#writeCall(piece.call)
    }
  }

  #writeText (words: string): string {
    const begun = this.#open?.kind === 'text' ? '' : this.#begin({ kind: 'text' }, textBlock(''))
    return begun + textDelta(this.#index, words)
  }

  #writeThought (words: string, detail: JsonObject): string {
    const open = this.#open
    const isSame = open?.kind === 'thought' && isOfThought(open.detail, detail)
    const begun = isSame ? '' : this.#begin({ kind: 'thought', detail }, thinkingBlock('', ''))
    if (isSame) open.detail = { ...open.detail, ...detail }
    if (words === '' || !this.#isShown) return begun
    return begun + blockDelta(this.#index, 'thinking_delta', { thinking: words })
  }

  #writeCall (call: CallPiece): string {
    if (this.#ended.has(call.index)) return ''
    const isSame = this.#open?.kind === 'call' && this.#open.index === call.index
    const open: Open = { kind: 'call', index: call.index, words: [], length: 0 }
    const begun = isSame ? '' : this.#begin(open, callBlock(call, this.#answerId, {}))
    if (this.#open?.kind === 'call') keep(this.#open, call.words)
    return call.words === '' ? begun : begun + inputDelta(this.#index, call.words)
  }

  /** `open` undefined: the block is whole from the beginning. */
  #begin (open: Open | undefined, block: JsonObject): string {
    const closed = this.#close()
    this.#open = open
    return closed + blockStart(++this.#index, block)
  }

  #close (): string {
    const open = this.#open
    this.#open = undefined
    switch (open?.kind) {
      case undefined: return ''
      case 'text': return blockStop(this.#index)
      case 'thought': {
        const signature = signatureOf(open.detail)
        return blockDelta(this.#index, 'signature_delta', { signature }) + blockStop(this.#index)
      }
      case 'call':
        this.#ended.add(open.index)
        return (open.length === 0 ? inputDelta(this.#index, '{}') : '') + blockStop(this.#index)
    }
  }
}

function inputDelta (index: number, json: string): string {
  return blockDelta(index, 'input_json_delta', { partial_json: json })
}

/** Of a call that is too long to be looked at, only the length is known. */
function keep (open: Open & { kind: 'call' }, words: string): void {
  open.length += words.length
  if (open.length > MOST_WAITING) open.words.length = 0
  else open.words.push(words)
}

/** A call of no arguments may still get some. */
function isWhole ({ words }: Open & { kind: 'call' }): boolean {
  return parseObject(words.join('')) !== undefined
}

function isOfCall (piece: Piece, index: number): boolean {
  return piece.kind === 'call' && piece.call.index === index
}

function isOfThought (open: JsonObject, piece: JsonObject): boolean {
  return open['type'] === piece['type'] && (open['index'] ?? 0) === (piece['index'] ?? 0) &&
    (piece['id'] ?? open['id']) === (open['id'] ?? piece['id'])
}

function lengthOf (piece: Piece): number {
  if (piece.kind === 'call') return piece.call.words.length
  return 'words' in piece ? piece.words.length : 0
}

/** The pieces of each call together, where its first one stood. */
function inOrder (pieces: readonly Piece[]): readonly Piece[] {
  const groups = new Map<number | Piece, Piece[]>()
  for (const piece of pieces) {
    const key = piece.kind === 'call' ? piece.call.index : piece
    const group = groups.get(key)
    if (group) group.push(piece)
    else groups.set(key, [piece])
  }
  return [...groups.values()].flat()
}
