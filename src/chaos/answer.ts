// The answer a play gives when nothing goes wrong, cut into the pieces that a play can stop between.
// Shapes: https://platform.openai.com/docs/api-reference/chat

import type { JsonObject } from '../core/json.ts'
import type { Asked } from './asked.ts'
import { otherAnswer } from './other-answers.ts'
import type { Content } from './play.ts'
import { piecesBehind, thoughtPieces, tokenPieces } from './text.ts'

export interface Piece {
  /** Without the blank line of an event: `newline` says how that is spelled. */
  readonly text: string
  /** Tokens of the first choice's text in this piece. */
  readonly tokens: number
}

export interface Answer {
  readonly contentType: string
  readonly pieces: readonly Piece[]
  /** Members that every chunk of this stream has. */
  readonly chunkBase: JsonObject
}

/** What an answer needs besides the request. */
export interface Identity {
  readonly id: string
  readonly createdS: number
}

export function answerTo (asked: Asked, content: Content, identity: Identity): Answer {
  const chunkBase = {
    id: identity.id, object: 'chat.completion.chunk', created: identity.createdS, model: asked.model
  }
  const isChat = asked.path.endsWith('/chat/completions')
  if (isChat && asked.isStream) {
    return { contentType: 'text/event-stream', pieces: streamed(asked, content, chunkBase), chunkBase }
  }
  const other = { text: JSON.stringify(otherAnswer(asked, identity)), tokens: 0 }
  return { contentType: 'application/json', pieces: isChat ? plain(asked, content, identity) : [other], chunkBase }
}

/** An event as it goes out; `data` is JSON or any other text. */
export function frameOf (data: string, newline: string): string {
  return `data: ${data}${newline}${newline}`
}

function streamed (asked: Asked, content: Content, base: JsonObject): Piece[] {
  const frame = (members: JsonObject, tokens = 0): Piece => ({ text: JSON.stringify({ ...base, ...members }), tokens })
  const delta = (index: number, value: JsonObject, finish: string | null = null): JsonObject =>
    ({ choices: [{ index, delta: value, logprobs: null, finish_reason: finish }] })
  const indexes = Array.from({ length: content.choices }, (_, index) => index)
  const inEach = (value: JsonObject, tokens = 0) =>
    indexes.map((index) => frame(delta(index, value), index === 0 ? tokens : 0))

  const pieces = [
    ...inEach({ role: 'assistant', content: '' }),
    ...thoughtPieces(content.reasoning).flatMap((thought) => inEach({ reasoning_content: thought })),
    ...wordsFor(asked, content).flatMap((word) => inEach({ content: word }, 1)),
    ...toolDeltas(content.toolCalls).flatMap((calls) => inEach({ tool_calls: calls })),
    ...indexes.map((index) => frame(delta(index, {}, finishOf(content)))),
    ...usagePieces(asked, content, base),
    ...content.hasDone ? [{ text: '[DONE]', tokens: 0 }] : []
  ]
  return pieces.flatMap(({ text, tokens }) => Array.from({ length: content.repeats }, (_, at) =>
    ({ text: frameOf(text, content.newline), tokens: at === 0 ? tokens : 0 })))
}

function usagePieces (asked: Asked, content: Content, base: JsonObject): Piece[] {
  const isTold = content.usage === 'always' || (content.usage !== 'never' && asked.isUsageAsked)
  if (!isTold) return []
  const chunk = { ...base, choices: [] }
  const text = content.usageText ?? JSON.stringify(usageOf(asked, content))
  return [{ text: JSON.stringify(chunk).replace(/\}$/, `,"usage":${text}}`), tokens: 0 }]
}

/** A plain answer: everything before the text, a piece a token, everything behind it. */
function plain (asked: Asked, content: Content, { id, createdS }: Identity): Piece[] {
  const mark = '\u0000'
  const message = (text: string): JsonObject => ({
    role: 'assistant',
    content: text,
    refusal: null,
    ...content.reasoning > 0 && { reasoning_content: thoughtPieces(content.reasoning).join('') },
    ...content.toolCalls > 0 && { tool_calls: wholeCalls(content.toolCalls) }
  })
  const words = wordsFor(asked, content)
  const whole = JSON.stringify({
    id,
    object: 'chat.completion',
    created: createdS,
    model: asked.model,
    choices: Array.from({ length: content.choices }, (_, index) => ({
      index, message: message(index === 0 ? mark : words.join('')), logprobs: null, finish_reason: finishOf(content)
    })),
    ...content.usage !== 'never' && content.usageText === undefined && { usage: usageOf(asked, content) }
  })
  const [before = '', behind = ''] = whole.split(JSON.stringify(mark).slice(1, -1))
  const tail = content.usageText === undefined ? behind : behind.replace(/\}$/, `,"usage":${content.usageText}}`)
  return [{ text: before, tokens: 0 }, ...words.map((text) => ({ text, tokens: 1 })), { text: tail, tokens: 0 }]
}

function wordsFor ({ prefix }: Asked, { tokens, prefill }: Content): string[] {
  const behind = prefix !== undefined && prefill === 'continues' ? piecesBehind(prefix, tokens) : undefined
  return behind ?? tokenPieces(tokens)
}

function usageOf (asked: Asked, content: Content): JsonObject {
  if (typeof content.usage === 'object') return content.usage
  const output = wordsFor(asked, content).length * content.choices + content.reasoning
  return {
    prompt_tokens: asked.promptTokens,
    completion_tokens: output,
    total_tokens: asked.promptTokens + output,
    ...content.reasoning > 0 && { completion_tokens_details: { reasoning_tokens: content.reasoning } }
  }
}

function finishOf ({ toolCalls }: Content): string {
  return toolCalls > 0 ? 'tool_calls' : 'stop'
}

const argumentsOf = (index: number): string => JSON.stringify({ step: index + 1, place: 'Zürich' })

function wholeCalls (count: number): JsonObject[] {
  return Array.from({ length: count }, (_, index) =>
    ({ id: `call-${index + 1}`, type: 'function', function: { name: `tool-${index + 1}`, arguments: argumentsOf(index) } }))
}

/** Each call's name first, then its arguments in two halves. */
function toolDeltas (count: number): JsonObject[][] {
  return wholeCalls(count).flatMap((call, index) => {
    const text = argumentsOf(index)
    const half = Math.floor(text.length / 2)
    return [
      [{ index, id: call['id'], type: 'function', function: { name: `tool-${index + 1}`, arguments: '' } }],
      [{ index, function: { arguments: text.slice(0, half) } }],
      [{ index, function: { arguments: text.slice(half) } }]
    ]
  })
}
