// Events of a stream. Their SDKs skip an event whose name is not in a line of its own, so it stands in both.
// https://docs.claude.com/en/docs/build-with-claude/streaming

import type { JsonObject } from '../../core/json.ts'

export function eventOf (type: string, members: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
}

export const PING = Buffer.from(eventOf('ping', {}))

export function blockStart (index: number, block: JsonObject): string {
  return eventOf('content_block_start', { index, content_block: block })
}

export function blockDelta (index: number, type: string, member: JsonObject): string {
  return eventOf('content_block_delta', { index, delta: { type, ...member } })
}

export function textDelta (index: number, text: string): string {
  return blockDelta(index, 'text_delta', { text })
}

export function blockStop (index: number): string {
  return eventOf('content_block_stop', { index })
}
