// How often and how many at once: requests per minute of an address and of a key, places for requests in flight, and
// an event loop that is late. Only inference routes (`config.task`) carry these hooks. The others count in the minute
// alone (`config.isRated`), and answer whatever the load; health and metrics count nowhere.
//
// Nothing waits while a place is free: the hook is synchronous and makes neither a promise nor a timer. Measured per
// request let in: 0.25 us, and 0.55 us with a rate limit (0.42 and 1.3 us as an async hook over @fastify/rate-limit).

import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Task } from '../src/core/ask.ts'
import { GatewayError } from '../src/core/errors.ts'
import { Admission, type NoPlace } from '../src/local/admission.ts'
import { LoopLag } from '../src/local/loop-lag.ts'
import type { Gateway } from '../src/gateway.ts'
import { createRateCheck } from './rate-check.ts'
import { overloaded, refusal } from './refusal.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The work an inference route asks for. Routes without it take no place. */
    task?: Task
    /** Counts in the requests per minute as inference does, but takes no place. */
    isRated?: boolean
  }
  interface FastifyRequest {
    /** The work that has begun for the request, which may outlast its client; never rejects. */
    running: Promise<void> | undefined
  }
  interface FastifyInstance {
    load: Load
  }
}

/** What runs and waits, and how late the process is: for health, metrics and the shutdown. */
export interface Load {
  readonly inFlight: number
  readonly waiting: number
  readonly lagMs: number
  /** No request begins any more: whoever waits for a place hears it now. */
  close (): void
}

export interface LimitsOptions {
  readonly gateway: Pick<Gateway, 'settings' | 'clock'>
}

/** Nobody knows when a late loop has caught up; a second is short for a person and long for a loop. */
const LAG_WAIT_MS = 1_000

export default fp<LimitsOptions>(async (fastify, { gateway }) => {
  const { settings, clock } = gateway
  const { maxInFlight: places, queueLength, queueMs, shedLagMs: limitMs } = settings
  const admission = new Admission({ places, queueLength, queueMs, clock })
  const lag = new LoopLag({ clock, limitMs, isBusy: () => admission.inFlight > 0 })
  const checkRate = createRateCheck(gateway)
  const enter = createEnter(admission, clock)
  fastify.decorateRequest('running', undefined)
  fastify.decorate('load', {
    get inFlight () { return admission.inFlight },
    get waiting () { return admission.waiting },
    get lagMs () { return lag.smoothedMs },
    close () {
      admission.close()
      lag.close()
    }
  })

  const onRequest: EnterHook = (request, reply, done) => {
    checkRate(request, reply)
    if (lag.isHigh) throw overloaded(LAG_WAIT_MS)
    lag.watch()
    enter(request, reply, done)
  }
  const onRated: EnterHook = (request, reply, done) => {
    checkRate(request, reply)
    done()
  }
  fastify.addHook('onRoute', (route: RouteOptions) => {
    if (route.config?.task !== undefined) route.onRequest = [onRequest, route.onRequest ?? []].flat()
    else if (route.config?.isRated) route.onRequest = [onRated, route.onRequest ?? []].flat()
  })
  fastify.addHook('preClose', (done) => {
    fastify.load.close()
    done()
  })
}, { name: 'limits', fastify: '5.x', dependencies: ['principal'] })

type Done = (error?: Error) => void
type EnterHook = (request: FastifyRequest, reply: FastifyReply, done: Done) => void

/**
 * The place is given back when the response closes: finished, broken or abandoned, that happens exactly once. One that
 * was not finished waits for its exchange too: it may go on without a client, and each call upstream needs a place.
 */
function createEnter (admission: Admission, clock: Gateway['clock']): EnterHook {
  const hold = (request: FastifyRequest, { raw }: FastifyReply) => {
    const { keyId } = request.principal
    const sinceMs = clock.monotonicMs()
    const leave = () => { admission.leave(keyId, clock.monotonicMs() - sinceMs) }
    raw.once('close', () => {
      if (request.running && !raw.writableEnded) request.running.finally(leave)
      else leave()
    })
  }
  const wait: EnterHook = (request, reply, done) => {
    const { keyId, maxInFlight: keyLimit, ip } = request.principal
    const verdict = admission.wait({ keyId, keyLimit, ip }, (noPlace) => {
      reply.raw.off('close', onGone)
      if (noPlace !== undefined) return done(refusalOf(noPlace, reply, clock.nowMs()))
      hold(request, reply)
      done()
    })
    if (typeof verdict !== 'function') throw refusalOf(verdict, reply, clock.nowMs())
    const onGone = () => {
      verdict()
      done(new GatewayError('client_gone'))
    }
    reply.raw.once('close', onGone)
  }
  return (request, reply, done) => {
    // A response that closed already will not close again.
    if (reply.raw.destroyed) throw new GatewayError('client_gone')
    const { keyId, maxInFlight } = request.principal
    if (!admission.tryEnter(keyId, maxInFlight)) return wait(request, reply, done)
    hold(request, reply)
    done()
  }
}

function refusalOf (noPlace: NoPlace, reply: FastifyReply, nowMs: number): GatewayError {
  switch (noPlace.kind) {
    case 'key_full': return refusal(reply, { code: 'too_many_in_flight', scope: 'key', nowMs, ...noPlace })
    case 'full': return overloaded(noPlace.waitMs)
    case 'closed': return new GatewayError('draining')
  }
}
