// Requests that wish, as a body would say it, and a seeded source of chance.

import type { JsonObject } from '../../src/core/json.ts'
import type { PlanRequest } from '../../src/routing/plan.ts'
import { readWishes } from '../../src/wire/openai-chat/wishes.ts'
import { request } from './samples.ts'

/** `body`: members beside `model`. */
export function wishing (model: string, body: JsonObject, rest: Partial<PlanRequest> = {}): PlanRequest {
  return request(model, { wishes: readWishes(body) }, rest)
}

/** Numbers in [0, 1), the same ones each time (mulberry32). */
export function seeded (seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
