// What a chat's message, or one piece of its stream, says: in the order in which blocks of an answer stand.

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'

export type Piece =
  /** `detail`: the item of `reasoning_details` without its words. */
  | { readonly kind: 'thought', readonly words: string, readonly detail: JsonObject }
  /** What was thought and only its provider can read. */
  | { readonly kind: 'sealed', readonly detail: JsonObject }
  | { readonly kind: 'text', readonly words: string, readonly isRefusal: boolean }
  | { readonly kind: 'citation', readonly citation: JsonObject }
  | { readonly kind: 'call', readonly call: CallPiece }

export interface CallPiece {
  /** Of the call among those of the answer. */
  readonly index: number
  readonly id: string
  readonly name: string
  /** JSON, or a piece of it. */
  readonly words: string
}

export function piecesOf (message: JsonObject): Piece[] {
  const pieces = thoughtsOf(message)
  const { content, refusal } = message
  addText(pieces, wordsOf(content), false)
  addText(pieces, wordsOf(refusal), true)
  for (const note of listOf(message['annotations'])) {
    const citation = citationOf(note)
    if (citation) pieces.push({ kind: 'citation', citation })
  }
  listOf(message['tool_calls']).forEach((call, at) => { pieces.push(callOf(call, at)) })
  const older = asObject(message['function_call'])
  if (older) pieces.push(callOf({ function: older }, 0))
  return pieces
}

/** Whether a stream's piece says anything at all: most that do say one thing. */
export function saysOnlyText (delta: JsonObject): string | undefined {
  let words: string | undefined
  for (const name in delta) {
    const value = delta[name]
    if (name === 'content' && typeof value === 'string') words = value
    else if (name !== 'role' && value !== null && value !== '') return undefined
  }
  return words
}

function addText (pieces: Piece[], words: string, isRefusal: boolean): void {
  if (words !== '') pieces.push({ kind: 'text', words, isRefusal })
}

/** Some servers write a list of parts where others write a string. */
function wordsOf (content: JsonValue | undefined): string {
  if (typeof content === 'string') return content
  return listOf(content).map((part) => part['text']).filter((text) => typeof text === 'string').join('')
}

/** Items where there are any, else what is told as plain words. */
function thoughtsOf ({ reasoning_details: details, reasoning, reasoning_content: foreign }: JsonObject): Piece[] {
  const pieces = listOf(details).flatMap(thoughtOf)
  if (pieces.length > 0) return pieces
  const words = [reasoning, foreign].find((text) => typeof text === 'string' && text !== '') as string | undefined
  return words === undefined ? [] : [{ kind: 'thought', words, detail: { type: 'reasoning.text' } }]
}

function thoughtOf (item: JsonObject): Piece[] {
  const { text, summary, ...members } = item
  const detail = scalarsOf(members)
  switch (item['type']) {
    case 'reasoning.text': return [{ kind: 'thought', words: asText(text), detail }]
    case 'reasoning.summary': return [{ kind: 'thought', words: asText(summary), detail }]
    case 'reasoning.encrypted': return [{ kind: 'sealed', detail }]
    default: return [] // what a tool of the provider did is no thought
  }
}

/** Items are flat; whatever is nested was made to be a nuisance. */
function scalarsOf (members: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => typeof value !== 'object' || value === null))
}

function callOf (call: JsonObject, at: number): Piece {
  const { index, id } = call
  const { name, arguments: words } = asObject(call['function']) ?? {}
  return {
    kind: 'call',
    call: {
      index: typeof index === 'number' ? index : at,
      id: asText(id),
      name: asText(name),
      words: asObject(words) ? JSON.stringify(words) : asText(words)
    }
  }
}

/** What was found on the web, in Anthropic's shape; its own index is encrypted, and ours is none. */
function citationOf (note: JsonObject): JsonObject | undefined {
  const found = asObject(note['url_citation'])
  if (!found || typeof found['url'] !== 'string') return undefined
  return {
    type: 'web_search_result_location',
    url: found['url'],
    title: typeof found['title'] === 'string' ? found['title'] : null,
    cited_text: asText(found['content']),
    encrypted_index: ''
  }
}

function asText (value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

function listOf (value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.map((item) => asObject(item) ?? {}) : []
}
