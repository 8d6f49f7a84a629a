// What a request wants of the response cache: https://openrouter.ai/docs/guides/features/response-caching

import type { FastifyRequest } from 'fastify'
import type { Task } from '../src/core/ask.ts'
import type { Ask } from '../src/exchange/ask.ts'
import type { CacheWish } from '../src/exchange/cached-answers.ts'

const TASKS: ReadonlySet<Task> = new Set(['chat', 'completion', 'embedding'])
const USUAL_TTL_S = 300
const LONGEST_TTL_S = 86_400

/** Undefined, after one look: nothing. An exact relay is never cached, since a second answer is not the same bytes. */
export function readCacheWish ({ headers }: Pick<FastifyRequest, 'headers'>, ask: Ask): CacheWish | undefined {
  const asked = headers['x-openrouter-cache']
  if (asked === undefined || !isTrue(asked) || !mayCache(ask)) return undefined
  return { ttlMs: 1_000 * ttlOf(headers['x-openrouter-cache-ttl']), isCleared: isTrue(headers['x-openrouter-cache-clear']) }
}

function mayCache ({ task, isExact, wire }: Ask): boolean {
  return !isExact && !wire.isTranslated && TASKS.has(task)
}

function isTrue (value: string | string[] | undefined): boolean {
  return /^true$/i.test(String(value))
}

/** As many digits as it begins with. */
function ttlOf (text: string | string[] | undefined): number {
  const digits = /^\d+/.exec(String(text))
  return digits ? Math.min(LONGEST_TTL_S, Math.max(1, Number(digits[0]))) : USUAL_TTL_S
}
