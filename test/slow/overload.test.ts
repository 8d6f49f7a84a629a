// L9: three times as many requests as the provider can serve. What it can serve is still served.
//
// OVERLOAD_S in the environment shortens or prolongs the overload, a minute otherwise.

import t from 'tap'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { brokerProcess } from '../broker-process.ts'
import { look } from '../promises/observe.ts'
import { percentile, spread } from './figures.ts'
import { load, type Answered } from './load.ts'

const OVERLOAD_S = Number(process.env['OVERLOAD_S'] ?? 60)
const PLACES = 10
const WORK_MS = 50
/** What the provider can do in a second. */
const CAPACITY = PLACES * 1_000 / WORK_MS
const PATIENCE_MS = 1_000

const ANSWER = JSON.stringify({
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
})

/** Serves PLACES requests at once, each in WORK_MS; the others wait their turn inside. */
async function fixedCapacity (own: { teardown (fn: () => void): void }): Promise<{ readonly url: string }> {
  const waiting: Array<() => void> = []
  let busy = 0
  const next = () => {
    while (busy < PLACES && waiting.length > 0) {
      busy++
      waiting.shift()?.()
    }
  }
  const server = createServer((request, response) => {
    request.resume()
    waiting.push(() => {
      setTimeout(() => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER)
        busy--
        next()
      }, WORK_MS)
    })
    next()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  own.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` }
}

const goodputOf = (answers: readonly Answered[], seconds: number) =>
  answers.filter(({ status }) => status === 200).length / seconds

t.test(`three times the capacity for ${OVERLOAD_S} s: goodput stays, refusals are quick, health answers`, async (t) => {
  const broker = await brokerProcess(t, await fixedCapacity(t), {
    AIBROKER_MAX_IN_FLIGHT: String(PLACES), AIBROKER_QUEUE: '40', AIBROKER_QUEUE_MS: '500'
  })
  await load(broker, { perSecond: CAPACITY / 2, seconds: 2, patienceMs: PATIENCE_MS })
  const peak = await load(broker, { perSecond: CAPACITY, seconds: 10, patienceMs: PATIENCE_MS })
  const peakGoodput = goodputOf(peak, 10)

  const healthMs: number[] = []
  const overload = new AbortController()
  const watching = (async () => {
    while (!overload.signal.aborted) {
      const sinceMs = performance.now()
      await (await fetch(`${broker.url}/health`)).arrayBuffer()
      healthMs.push(performance.now() - sinceMs)
      await wait(100)
    }
  })()
  const over = await load(broker, { perSecond: CAPACITY * 3, seconds: OVERLOAD_S, patienceMs: PATIENCE_MS })
  overload.abort()
  await watching
  const after = await load(broker, { perSecond: CAPACITY / 2, seconds: 10, patienceMs: PATIENCE_MS })

  const goodput = goodputOf(over, OVERLOAD_S)
  const refused = over.filter(({ status }) => status === 503)
  const waitedMs = refused.map(({ tookMs }) => tookMs)
  const lateMs = Math.max(0, ...after.filter(({ status, tookMs }) => status !== 200 || tookMs > 4 * WORK_MS)
    .map(({ sentMs }) => sentMs))
  t.comment(`peak ${peakGoodput.toFixed(0)}/s; ${CAPACITY * 3}/s offered: goodput ${goodput.toFixed(0)}/s ` +
    `(${(100 * goodput / peakGoodput).toFixed(1)} %), ${refused.length} of ${over.length} refused (${spread(waitedMs)}), ` +
    `served ${spread(over.filter(({ status }) => status === 200).map(({ tookMs }) => tookMs))}; ` +
    `health ${spread(healthMs)}; last slow or refused request ${(lateMs / 1_000).toFixed(1)} s after the overload`)

  t.ok(goodput >= 0.9 * peakGoodput, 'goodput is 90 % of the peak or more')
  t.same(new Set(over.map(({ status }) => status)), new Set([200, 503]), 'everybody is answered')
  t.ok(refused.every(({ retryAfter }) => Number(retryAfter) >= 1), 'every refusal says when to come back')
  t.ok(percentile(healthMs, 0.99) <= 100, 'health answers within 100 ms')
  t.ok(lateMs <= 5_000, 'all is well again within 5 s')

  const delivered = [...peak, ...over, ...after].filter(({ status }) => status === 200).map(({ id }) => id)
  const booked = look(broker.home, (sqlite) =>
    new Set(sqlite.prepare('SELECT id FROM request_logs WHERE status = 200').pluck().all()))
  t.same(delivered.filter((id) => !booked.has(id)), [], `every one of ${delivered.length} delivered answers has its row`)
  t.match(broker.books(), { ok: true, open: 0 })
})
