// Requests that stay in flight until a test lets them go.

import type { FastifyReply, FastifyRequest } from 'fastify'
import { raw, request, type RawAnswer, type Served } from './served.ts'

/** One chat request on a connection of its own. */
export function chat ({ port }: Pick<Served, 'port'>, headers: readonly string[] = [], from?: string): Promise<RawAnswer> {
  return raw(port, request('POST /v1/chat/completions', ['Host: localhost', ...headers]), from)
}

/** Resolves when it is so. */
export async function until (isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => { setImmediate(resolve) })
}

export interface Held {
  /** For `serve`. */
  onChat (request: FastifyRequest, reply: FastifyReply): Promise<string>
  /** Resolves when so many requests have reached the route. */
  arrived (count: number): Promise<void>
  /** Names (the header `name`) of the requests that reached the route, in order. */
  readonly names: readonly string[]
  /** Answers one, by the order in which they arrived. */
  letGo (at: number): void
}

export function held (): Held {
  const waiting: Array<(answer: string) => void> = []
  const names: string[] = []
  let wake = () => {}
  return {
    names,
    onChat: ({ headers }) => new Promise((resolve) => {
      waiting.push(resolve)
      names.push(String(headers['name'] ?? ''))
      wake()
    }),
    async arrived (count) {
      while (waiting.length < count) await new Promise<void>((resolve) => { wake = resolve })
    },
    letGo (at) { waiting[at]?.('done') }
  }
}
