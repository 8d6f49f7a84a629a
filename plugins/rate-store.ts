// The store behind @fastify/rate-limit: our windows, because its own one asks the wall clock. The port is three
// methods, so a store shared by several machines (Redis) takes this one's place without a change elsewhere.

import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from '@fastify/rate-limit'
import type { Clock } from '../src/core/clock.ts'
import { RateWindows } from '../src/local/rate-windows.ts'

/** A class, because the plugin makes one store for each limiter. */
export function createRateStore (clock: Clock): FastifyRateLimitStoreCtor {
  return class RateStore implements FastifyRateLimitStore {
    readonly #windows = new RateWindows(clock)

    incr (key: string, callback: Incremented, windowMs: number): void {
      const { count, remainingMs } = this.#windows.hit(key, windowMs)
      callback(null, { current: count, ttl: remainingMs })
    }

    child (): FastifyRateLimitStore {
      return new RateStore()
    }
  }
}

type Incremented = Parameters<FastifyRateLimitStore['incr']>[1]
