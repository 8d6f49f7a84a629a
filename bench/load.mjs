// The load generator for requests: a closed loop that measures throughput, an open loop that measures latency.
//
// The open loop sends at a fixed rate whether answers come or not, so that a target that stalls cannot slow the clock
// that judges it (coordinated omission). What is late counts from when it was due, except for the tick of the sender's
// own timer, which is no target's fault.

import { setTimeout as sleep } from 'node:timers/promises'

import { Connection } from './connection.mjs'
import { StreamMeter } from './stream-meter.mjs'

const REQUEST_BYTES = 800
const TICK_MS = 1
const RETRY_MS = 10
const DRAIN_MS = 5_000

/**
 * The same body for every target, 0.8 KB long.
 * @param {string} model @param {Record<string, string>} headers @returns {Buffer} a whole HTTP request
 */
export function requestFor (model, headers) {
  const make = (text) => JSON.stringify({
    model,
    messages: [
      { role: 'system', content: 'You are a careful assistant. Answer in one paragraph.' },
      { role: 'user', content: text }
    ],
    temperature: 0.2,
    max_tokens: 256,
    stream: !model.includes('-json-'),
    user: 'bench'
  })
  const room = REQUEST_BYTES - make('').length
  const body = make('why is the sky blue at noon and red at dusk? '.repeat(20).slice(0, room))
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.from('POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n' +
    `user-agent: bench\r\ncontent-type: application/json\r\n${lines}content-length: ${body.length}\r\n\r\n${body}`)
}

/**
 * Keeps `connections` requests under way; counts the answers inside a window that opens after the lead-in.
 * @param {{ port: number, request: Buffer, connections: number, leadInMs: number, windowMs: number }} load
 * @param {() => number} readCpuMs read at both edges of the window
 * @returns {Promise<{ answers: number, failures: number, windowMs: number, cpuMs: number }>}
 */
export async function closedLoop (load, readCpuMs) {
  const count = { answers: 0, failures: 0 }
  const loops = Array.from({ length: load.connections }, () => new Loop(load, count))
  await sleep(load.leadInMs)
  const [answersBefore, cpuBeforeMs, beganMs] = [count.answers, readCpuMs(), performance.now()]
  await sleep(load.windowMs)
  const [cpuMs, windowMs] = [readCpuMs() - cpuBeforeMs, performance.now() - beganMs]
  const answers = count.answers - answersBefore
  await Promise.all(loops.map((loop) => loop.stop()))
  return { answers, failures: count.failures, windowMs, cpuMs }
}

/** One connection that asks again as soon as it has been answered. */
class Loop {
  #load
  #count
  #connection
  #status = 0
  #stopped = null

  constructor (load, count) {
    this.#load = load
    this.#count = count
    this.#connection = new Connection(load.port)
    this.#ask()
  }

  /** Lets the request under way end, so that no target sees a client that left. */
  async stop () {
    await new Promise((resolve) => {
      this.#stopped = resolve
      setTimeout(resolve, DRAIN_MS).unref()
    })
    this.#connection.close()
  }

  onHead (status) {
    this.#status = status
  }

  onEnd (isWhole) {
    if (isWhole && this.#status === 200) {
      this.#count.answers++
      return this.#ask()
    }
    this.#count.failures++
    setTimeout(() => this.#ask(), RETRY_MS)
  }

  #ask () {
    if (this.#stopped !== null) return this.#stopped()
    this.#connection.exchange(this.#load.request, this)
  }
}

/**
 * Sends `perSecond` requests a second and takes the time to `until`: the first byte of the body, or its end.
 * @param {{ port: number, request: Buffer, perSecond: number, durationMs: number, until: 'first-event' | 'end' }} load
 * @returns {Promise<{ latenciesMs: number[], failures: number }>} in order of arrival
 */
export async function openLoop ({ port, request, perSecond, durationMs, until }) {
  const idle = []
  const latenciesMs = []
  const flight = { sent: 0, done: 0, failures: 0 }
  const send = (fromMs) => {
    const connection = idle.pop() ?? new Connection(port)
    flight.sent++
    const meter = new StreamMeter((isComplete) => {
      const untilMs = until === 'end' ? performance.now() : meter.firstMs
      const isGood = until === 'end' ? meter.isAnswer : isComplete
      flight.done++
      idle.push(connection)
      if (isGood) latenciesMs.push(untilMs - fromMs)
      else flight.failures++
    })
    connection.exchange(request, meter)
  }
  await onSchedule(perSecond, durationMs, send)
  await drained(flight)
  for (const connection of idle) connection.close()
  return { latenciesMs, failures: flight.failures + flight.sent - flight.done }
}

async function drained (flight) {
  for (let waitedMs = 0; flight.done < flight.sent && waitedMs < DRAIN_MS; waitedMs += 10) await sleep(10)
}

/** Calls `send(fromMs)` for each request that has become due, from a timer of 1 ms. */
function onSchedule (perSecond, durationMs, send) {
  const gapMs = 1_000 / perSecond
  const beganMs = performance.now()
  let dueMs = beganMs
  return new Promise((resolve) => {
    const ticker = setInterval(() => {
      const nowMs = performance.now()
      for (; dueMs <= nowMs; dueMs += gapMs) {
        const isOnTime = nowMs - dueMs <= 2 * TICK_MS
        send(isOnTime ? performance.now() : dueMs)
      }
      if (nowMs - beganMs < durationMs) return
      clearInterval(ticker)
      resolve(undefined)
    }, TICK_MS)
  })
}
