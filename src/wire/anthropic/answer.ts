// A whole chat as a message. https://docs.claude.com/en/api/messages

import { asObject, JsonError, parseObject, skipSpace, skipValue, type JsonObject } from '../../core/json.ts'
import { callBlock, redactedBlock, textBlock, thinkingBlock } from './block.ts'
import { piecesOf, type CallPiece, type Piece } from './pieces.ts'
import { redactionOf, signatureOf } from './signature.ts'
import { stopOf } from './stop-reason.ts'
import { usageOf } from './usage.ts'

/** What an answer repeats of its request, or follows of it. */
export interface Asked {
  /** The model's name; undefined: it named none. */
  readonly requested: string | undefined
  readonly stops: readonly string[]
  /** Whether the words of thoughts are told. */
  readonly isShown: boolean
}

/** Members of the broker and of OpenRouter that stay at the top. */
const ADDED = ['provider', 'openrouter_metadata', 'x_aibroker']

export function messageOf (chat: JsonObject, id: string, asked: Asked): JsonObject {
  const choice = asObject(Array.isArray(chat['choices']) ? chat['choices'][0] : undefined) ?? {}
  const pieces = piecesOf(asObject(choice['message']) ?? {})
  const hasCalls = pieces.some(({ kind }) => kind === 'call')
  const isRefusal = pieces.some((piece) => piece.kind === 'text' && piece.isRefusal)
  const message: JsonObject = {
    id,
    type: 'message',
    role: 'assistant',
    model: asked.requested ?? chat['model'] ?? '',
    content: blocksOf(pieces, id, asked),
    ...stopOf(choice, { hasCalls, isRefusal, stops: asked.stops }),
    container: null,
    usage: usageOf(asObject(chat['usage']), chat['service_tier'])
  }
  for (const name of ADDED) if (chat[name] !== undefined) message[name] = chat[name]
  return message
}

function blocksOf (pieces: readonly Piece[], id: string, { isShown }: Asked): JsonObject[] {
  const citations = pieces.flatMap((piece) => piece.kind === 'citation' ? [piece.citation] : [])
  const read = (piece: Piece): JsonObject[] => {
    switch (piece.kind) {
      case 'thought': return [thinkingBlock(isShown ? piece.words : '', signatureOf(piece.detail))]
      case 'sealed': return [redactedBlock(redactionOf(piece.detail))]
      case 'text': return [textBlock(piece.words, citations.splice(0))]
      case 'call': return callBlocks(piece.call, id)
      case 'citation': return []
    }
  }
  return pieces.flatMap(read)
}

/** Arguments that are no object reach nobody's tool: the call is told with none, and what was written as text. */
function callBlocks (call: CallPiece, id: string): JsonObject[] {
  const input = inputOf(call.words)
  if (input) return [callBlock(call, id, input)]
  return [textBlock(`[arguments of ${call.name} that are not valid JSON: ${call.words}]`), callBlock(call, id, {})]
}

/** Undefined: no object, or one nested so deeply that it could not be written again. */
function inputOf (words: string): JsonObject | undefined {
  if (words.trim() === '') return {}
  const bytes = Buffer.from(words)
  try {
    skipValue(bytes, skipSpace(bytes, 0))
    return parseObject(words)
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}
