// The load generator for many streams at once: a closed loop that counts every event, and streams that are held open.

import { setTimeout as sleep } from 'node:timers/promises'

import { Connection } from './connection.mjs'
import { StreamMeter } from './stream-meter.mjs'

/** Streams that wait for their first event at the same time while many are opened. */
const OPENING_AT_ONCE = 32
const RETRY_MS = 10

/**
 * Keeps `connections` streams under way for `durationMs`, then lets the last ones end, so that every event is counted.
 * @param {{ port: number, request: Buffer, connections: number, durationMs: number }} load
 * @param {() => number} readCpuMs
 * @returns {Promise<{ events: number, streams: number, dropped: number, elapsedMs: number, cpuMs: number }>}
 */
export async function streamLoop (load, readCpuMs) {
  const sum = { events: 0, streams: 0, dropped: 0 }
  const [cpuBeforeMs, beganMs] = [readCpuMs(), performance.now()]
  await Promise.all(Array.from({ length: load.connections }, async () => {
    const connection = new Connection(load.port)
    do {
      const meter = await startStream(connection, load.request).ended
      sum.events += meter.events
      if (meter.isComplete) sum.streams++
      else {
        sum.dropped++
        await sleep(RETRY_MS)
      }
    } while (performance.now() - beganMs < load.durationMs)
    connection.close()
  }))
  return { ...sum, elapsedMs: performance.now() - beganMs, cpuMs: readCpuMs() - cpuBeforeMs }
}

/**
 * Opens `count` streams, a few at a time, and leaves them open.
 * @param {{ port: number, request: Buffer, count: number }} load
 */
export async function holdStreams ({ port, request, count }) {
  const connections = []
  const ends = []
  let unopened = count
  const openNext = async () => {
    while (unopened-- > 0) {
      const connection = new Connection(port)
      connections.push(connection)
      const { begun, ended } = startStream(connection, request)
      ends.push(ended)
      await begun
    }
  }
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, openNext))
  return {
    /** Resolves when every stream has ended or `timeoutMs` have passed; dropped: without [DONE] by then. */
    async finished (timeoutMs) {
      const meters = await Promise.all(ends.map((end) => Promise.race([end, sleep(timeoutMs, null, { ref: false })])))
      for (const connection of connections) connection.close()
      return { complete: meters.filter((meter) => meter?.isComplete).length, events: sumOf(meters) }
    }
  }
}

function sumOf (meters) {
  return meters.reduce((sum, meter) => sum + (meter?.events ?? 0), 0)
}

/** `begun` resolves at the first event (or a failure before it), `ended` with the meter when the stream is over. */
function startStream (connection, request) {
  let begin
  const begun = new Promise((resolve) => { begin = resolve })
  const ended = new Promise((resolve) => {
    const meter = new StreamMeter(() => {
      begin()
      resolve(meter)
    }, begin)
    connection.exchange(request, meter)
  })
  return { begun, ended }
}
