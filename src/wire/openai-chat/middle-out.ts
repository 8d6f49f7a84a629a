// A prompt that cannot fit a window, made to fit: its first and last messages stay, the middle goes.
// https://openrouter.ai/docs/guides/features/message-transforms
//
// DESIGN. Tokens are not counted here: a request waits for nothing. A text surely has more tokens than a fifth of its
// bytes, and hardly any has more than a third. What would not fit by the first measure is cut to fit by the second;
// what lies between goes out as it is, and its provider judges.
// A call of tools and its results go together or stay together: providers refuse the one without the other.

import { asObject, type JsonBody, type JsonObject, type JsonValue } from '../../core/json.ts'
import { mayCompressInto, MOST_BYTES_PER_TOKEN } from '../../core/plugins.ts'
import type { RequestTarget } from '../format.ts'
import { shortened } from './shorten.ts'

/** What is left once it is cut. */
const LEAST_BYTES_PER_TOKEN = 3
/** Role and frame of a message. */
const FRAME_BYTES = 16
/** An image or a recording, whatever its bytes are: about a thousand tokens. */
const MEDIA_BYTES = 3_000
/** Room for an answer of which the request does not say how long it may be, where the window has that much. */
const USUAL_OUTPUT_TOKENS = 1_024
const LEADING: ReadonlySet<JsonValue | undefined> = new Set(['system', 'developer'])

/** The messages as they have to be sent; undefined: as they are. */
export function fittingMessages (body: JsonBody, target: RequestTarget): readonly JsonValue[] | undefined {
  const { envelope: { plugins, maxOutputTokens }, contextWindow: window, task } = target
  if (window === undefined || task !== 'chat' || !mayCompressInto(window, plugins)) return undefined
  const mostBytes = (window - (maxOutputTokens ?? 0)) * MOST_BYTES_PER_TOKEN
  if (body.bytes.length <= mostBytes || mostBytes <= 0) return undefined
  return cutTo(mostBytes, body, { window, maxOutputTokens })
}

interface Sizes {
  readonly window: number
  readonly maxOutputTokens: number | undefined
}

/** The bytes of the body may be those of images, and of escapes: the texts are looked at here. */
function cutTo (mostBytes: number, body: JsonBody, sizes: Sizes): readonly JsonValue[] | undefined {
  const { window, maxOutputTokens } = sizes
  const { messages } = body.value
  if (!Array.isArray(messages) || messages.length === 0) return undefined
  const restBytes = bytesBeside(body, 'messages')
  if (restBytes + sizeOf(messages) <= mostBytes) return undefined
  const outputTokens = maxOutputTokens ?? Math.min(USUAL_OUTPUT_TOKENS, Math.floor(window / 4))
  const roomBytes = (window - outputTokens) * LEAST_BYTES_PER_TOKEN - restBytes
  return roomBytes > 0 ? middleOut(messages, roomBytes) : undefined
}

/** Of the body, without that member. */
function bytesBeside ({ bytes, members }: JsonBody, name: string): number {
  const member = members.find((member) => member.name === name)
  return member ? bytes.length - (member.valueEnd - member.valueStart) : bytes.length
}

/** The first and last messages, and as many around them as have room: by turns from the end and from the start. */
function middleOut (messages: readonly JsonValue[], roomBytes: number): readonly JsonValue[] {
  const groups = groupsOf(messages)
  const leading = groups.findIndex(([first]) => !LEADING.has(roleOf(first)))
  const head = groups.slice(0, leading + 1)
  const tail = groups.slice(Math.max(leading + 1, groups.length - 1))
  const middle = groups.slice(head.length, groups.length - tail.length)
  const leftBytes = roomBytes - sizeOf([...head, ...tail].flat())
  if (leftBytes < 0) return shortened([...head, ...tail].flat(), -leftBytes)
  const { first, last } = endsOf(middle.map(sizeOf), leftBytes)
  return [...head, ...middle.slice(0, first), ...middle.slice(middle.length - last), ...tail].flat()
}

/** How many of the first and of the last have room together. */
function endsOf (sizes: readonly number[], roomBytes: number) {
  let first = 0
  let last = 0
  let leftBytes = roomBytes
  for (let turn = 0; first + last < sizes.length; turn++) {
    const isLast = turn % 2 === 0
    leftBytes -= (isLast ? sizes[sizes.length - 1 - last] : sizes[first]) ?? 0
    if (leftBytes < 0) break
    if (isLast) last++
    else first++
  }
  return { first, last }
}

/** Each message by itself, but results of tools with the message that called them. */
function groupsOf (messages: readonly JsonValue[]): JsonValue[][] {
  const groups: JsonValue[][] = []
  for (const message of messages) {
    const role = roleOf(message)
    const last = groups.at(-1)
    if (last && (role === 'tool' || role === 'function')) last.push(message)
    else groups.push([message])
  }
  return groups
}

function roleOf (message: JsonValue | undefined): JsonValue | undefined {
  return asObject(message)?.['role']
}

function sizeOf (messages: readonly JsonValue[]): number {
  return messages.reduce((bytes: number, message) => bytes + FRAME_BYTES + sizeOfMessage(asObject(message) ?? {}), 0)
}

function sizeOfMessage ({ content, role: _, ...rest }: JsonObject): number {
  const more = Object.keys(rest).length === 0 ? 0 : Buffer.byteLength(JSON.stringify(rest))
  const parts = Array.isArray(content) ? content : [content ?? '']
  return parts.reduce((bytes: number, part) => bytes + sizeOfPart(part), more)
}

function sizeOfPart (part: JsonValue): number {
  const text = typeof part === 'string' ? part : asObject(part)?.['text']
  return typeof text === 'string' ? Buffer.byteLength(text) : MEDIA_BYTES
}
