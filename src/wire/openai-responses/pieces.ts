// What a chat says, in pieces: of a whole message, or of one chunk of a stream.

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { recordsIn } from './fields.ts'

export type Piece =
  | { readonly kind: 'text' | 'refusal', readonly text: string, readonly logprobs?: readonly JsonObject[] }
  | { readonly kind: 'annotations', readonly list: readonly JsonObject[] }
  /** `detail`: as a chat's `reasoning_details` have it. */
  | { readonly kind: 'thought', readonly isSummary: boolean, readonly text: string, readonly detail?: JsonObject }
  | { readonly kind: 'call', readonly index: number, readonly id: string, readonly name: string, readonly text: string }
  | { readonly kind: 'image', readonly result: string }

export type PieceOf<Kind extends Piece['kind']> = Extract<Piece, { kind: Kind }>

/** `said`: the message or delta of a choice. In the order in which a model comes to them. */
export function piecesOf (said: JsonObject, logprobs: JsonValue | undefined): Piece[] {
  const pieces = thoughtsIn(said)
  const text = textIn(said['content'])
  const probable = probabilitiesIn(asObject(logprobs)?.['content'])
  if (text !== '') pieces.push({ kind: 'text', text, ...probable.length > 0 && { logprobs: probable } })
  const { refusal } = said
  if (typeof refusal === 'string' && refusal !== '') pieces.push({ kind: 'refusal', text: refusal })
  const annotations = recordsIn(said['annotations']).map(citationOf).filter((item) => item !== undefined)
  if (annotations.length > 0) pieces.push({ kind: 'annotations', list: annotations })
  for (const image of recordsIn(said['images'])) pieces.push(...imageOf(image))
  recordsIn(said['tool_calls']).forEach((call, at) => { pieces.push(callOf(call, at)) })
  return pieces
}

/** The size that counts against what a stream may hold. */
export function sizeOf (piece: Piece): number {
  if (piece.kind === 'image') return piece.result.length
  if (piece.kind === 'annotations') return JSON.stringify(piece.list).length
  if (piece.kind === 'call') return piece.text.length + piece.id.length + piece.name.length
  if (piece.kind === 'thought') return piece.text.length + (piece.detail ? JSON.stringify(piece.detail).length : 0)
  return piece.text.length + (piece.logprobs ? JSON.stringify(piece.logprobs).length : 0)
}

function textIn (content: JsonValue | undefined): string {
  if (typeof content === 'string') return content
  return recordsIn(content).map(({ text }) => typeof text === 'string' ? text : '').join('')
}

/** The details say what the plain member says, and more. */
function thoughtsIn ({ reasoning, reasoning_details: list }: JsonObject): Piece[] {
  const details = recordsIn(list)
  if (details.length > 0) return details.map(thoughtOf)
  return typeof reasoning === 'string' && reasoning !== '' ? [{ kind: 'thought', isSummary: false, text: reasoning }] : []
}

function thoughtOf (detail: JsonObject): Piece {
  const { type, text, summary } = detail
  const isSummary = type === 'reasoning.summary'
  const words = isSummary ? summary : text
  return { kind: 'thought', isSummary, text: typeof words === 'string' ? words : '', detail }
}

/** In a stream the index tells the calls apart; a whole message has them in order. */
function callOf (call: JsonObject, at: number): Piece {
  const { index, id, function: told } = call
  const { name, arguments: text } = asObject(told) ?? {}
  return {
    kind: 'call',
    index: typeof index === 'number' ? index : at,
    id: typeof id === 'string' ? id : '',
    name: typeof name === 'string' ? name : '',
    text: typeof text === 'string' ? text : ''
  }
}

function imageOf (image: JsonObject): Piece[] {
  const url = asObject(image['image_url'])?.['url']
  if (typeof url !== 'string') return []
  const comma = url.startsWith('data:') ? url.indexOf(',') : -1
  return [{ kind: 'image', result: url.slice(comma + 1) }]
}

/** `url_citation`, whose members stand one level deeper in a chat. Other kinds have no counterpart. */
function citationOf ({ type, url_citation: nested }: JsonObject): JsonObject | undefined {
  const { url, title, start_index: start, end_index: end, content } = asObject(nested) ?? {}
  if (type !== 'url_citation' || typeof url !== 'string') return undefined
  return {
    type,
    url,
    title: typeof title === 'string' ? title : '',
    start_index: typeof start === 'number' ? start : 0,
    end_index: typeof end === 'number' ? end : 0,
    ...typeof content === 'string' && { content }
  }
}

/** Strict clients expect all four members. */
function probabilitiesIn (list: JsonValue | undefined): JsonObject[] {
  return recordsIn(list).map((item) => ({ ...tokenOf(item), top_logprobs: recordsIn(item['top_logprobs']).map(tokenOf) }))
}

function tokenOf ({ token, bytes, logprob }: JsonObject): JsonObject {
  return {
    token: typeof token === 'string' ? token : '',
    bytes: Array.isArray(bytes) ? bytes : [],
    logprob: typeof logprob === 'number' ? logprob : 0
  }
}
