// Requests that are sent when it is time for them, whatever became of the earlier ones.

import { setTimeout as wait } from 'node:timers/promises'
import { Pool } from 'undici'
import type { BrokerProcess } from '../broker-process.ts'

export interface Answered {
  /** ms since the load began. */
  readonly sentMs: number
  readonly tookMs: number
  /** 0: no answer within the patience of the client. */
  readonly status: number
  readonly id: string | undefined
  readonly retryAfter: string | undefined
}

export interface Load {
  readonly perSecond: number
  readonly seconds: number
  /** After it the client gives up. */
  readonly patienceMs: number
  readonly isStream?: boolean
}

const TICK_MS = 5

/** Open loop: keeps the pace also when nothing is answered. */
export async function load (broker: BrokerProcess, { perSecond, seconds, patienceMs }: Load): Promise<Answered[]> {
  const pool = new Pool(broker.url, { connections: 512, pipelining: 1 })
  const sinceMs = performance.now()
  const answers: Array<Promise<Answered>> = []
  for (let elapsedMs = 0; elapsedMs < seconds * 1_000; elapsedMs = performance.now() - sinceMs) {
    const due = Math.min(elapsedMs, seconds * 1_000) / 1_000 * perSecond
    while (answers.length < due) answers.push(ask(pool, performance.now() - sinceMs, patienceMs))
    await wait(TICK_MS)
  }
  const done = await Promise.all(answers)
  await pool.destroy()
  return done
}

const BODY = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'hi' }] })

async function ask (pool: Pool, sentMs: number, patienceMs: number): Promise<Answered> {
  const beganMs = performance.now()
  try {
    const { statusCode, headers, body } = await pool.request({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: { 'content-type': 'application/json' },
      body: BODY,
      signal: AbortSignal.timeout(patienceMs)
    })
    await body.dump()
    const id = headers['x-generation-id'] as string | undefined
    const retryAfter = headers['retry-after'] as string | undefined
    return { sentMs, tookMs: performance.now() - beganMs, status: statusCode, id, retryAfter }
  } catch {
    return { sentMs, tookMs: performance.now() - beganMs, status: 0, id: undefined, retryAfter: undefined }
  }
}
