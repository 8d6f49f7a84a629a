// The rows of the bench: what is asked of a target, how long, and which figures come back from one round.

import { setTimeout as sleep } from 'node:timers/promises'

import { MODELS } from './broker-config.mjs'
import { closedLoop, openLoop, requestFor } from './load.mjs'
import { fileLimit, settledRssBytes } from './machine.mjs'
import { holdStreams, streamLoop } from './streams.mjs'
import { quantile } from './statistics.mjs'

/**
 * @typedef {import('./targets.mjs').Target} Target
 * @typedef {{ provider: import('./targets.mjs').Provider, effort: Effort }} Bench
 * @typedef {{ rounds: number, saturatedRounds: number, windowMs: number, heldStreams: number }} Effort
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {readonly string[]} targets in the order of a round
 * @property {boolean} isFresh every round starts its targets anew
 * @property {(effort: Effort) => number} rounds
 * @property {(target: Target, bench: Bench) => Promise<Record<string, number>>} measure
 */

/**
 * Rows that keep a core saturated feel every neighbour: there twice the rounds at half the length serve better.
 * @type {Effort}
 */
export const FULL = { rounds: 5, saturatedRounds: 9, windowMs: 1_800, heldStreams: 2_000 }
/** @type {Effort} Enough to see that everything works; the figures mean little. */
export const QUICK = { rounds: 1, saturatedRounds: 1, windowMs: 600, heldStreams: 200 }

const CONNECTIONS = 64
const PACED_STREAMS = 250
const LATENCY_PER_SECOND = 500
const FIRST_PER_SECOND = 100
const LEAD_IN_MS = 300
const HELD_END_MS = 15_000
/** Two sockets a stream and room for the rest. */
const FILES_PER_STREAM = 2.2

const rounds = (effort) => effort.rounds
const saturated = (effort) => effort.saturatedRounds
const once = () => 1

/** @type {readonly Row[]} */
export const ROWS = [
  { name: 'start', targets: ['bare', 'aibroker', 'portkey'], isFresh: true, rounds, measure: start },
  { name: 'held', targets: ['bare', 'aibroker', 'portkey'], isFresh: true, rounds: once, measure: held },
  { name: 'json', targets: ['bare', 'control', 'aibroker', 'portkey'], isFresh: false, rounds: saturated, measure: json },
  { name: 'latency', targets: ['direct', 'bare', 'aibroker', 'portkey'], isFresh: false, rounds, measure: latency },
  { name: 'burst', targets: ['bare', 'control', 'aibroker', 'portkey'], isFresh: false, rounds: saturated, measure: burst },
  { name: 'paced', targets: ['bare', 'aibroker', 'portkey'], isFresh: false, rounds, measure: paced },
  { name: 'first', targets: ['direct', 'bare', 'aibroker', 'portkey'], isFresh: false, rounds, measure: first }
]

/** Lets the compiler of V8 see the hot paths before anything counts. */
export async function warmUp (target, { effort }) {
  const load = { port: target.port, connections: CONNECTIONS }
  const request = requestFor(MODELS.json, target.headers)
  await closedLoop({ ...load, request, leadInMs: 0, windowMs: effort.windowMs * 2 }, () => 0)
  const burstRequest = requestFor(MODELS.burst, target.headers)
  await streamLoop({ ...load, request: burstRequest, durationMs: effort.windowMs }, () => 0)
}

async function start (target) {
  const rssBytes = await settledRssBytes(target.pid)
  return { startMs: target.startMs, rssBytes }
}

async function held (target, { provider, effort }) {
  const count = effort.heldStreams
  if (fileLimit() < count * FILES_PER_STREAM) {
    throw new Error(`ulimit -n is ${fileLimit()}, ${count} held streams need ${count * FILES_PER_STREAM}`)
  }
  const { port, headers, pid } = target
  const plain = requestFor(MODELS.json, headers)
  await closedLoop({ port, request: plain, connections: 16, leadInMs: 0, windowMs: 1_000 }, () => 0)
  const short = requestFor(MODELS.first, headers)
  await streamLoop({ port, request: short, connections: CONNECTIONS, durationMs: 500 }, () => 0)
  const idleBytes = await settledRssBytes(pid)
  const streams = await holdStreams({ port, request: requestFor(MODELS.held, headers), count })
  await sleep(1_000)
  const heldBytes = await settledRssBytes(pid)
  provider.finishHeld()
  const { complete } = await streams.finished(HELD_END_MS)
  return { idleBytes, streams: count, bytesPerStream: (heldBytes - idleBytes) / count, dropped: count - complete }
}

async function json (target, { provider, effort }) {
  const load = { port: target.port, connections: CONNECTIONS, leadInMs: LEAD_IN_MS, windowMs: effort.windowMs / 2 }
  const request = requestFor(MODELS.json, target.headers)
  const readLoadCpuMs = loadCpuMs(provider)
  let loadMs = 0
  const { answers, failures, windowMs, cpuMs } = await closedLoop({ ...load, request }, () => {
    loadMs = readLoadCpuMs()
    return target.cpuMs()
  })
  if (answers === 0) throw new Error(`no answer with status 200, ${failures} failures`)
  return {
    perSecond: answers * 1_000 / windowMs,
    cpuUsEach: cpuMs * 1_000 / answers,
    targetBusy: cpuMs / windowMs,
    loadBusy: loadMs / windowMs,
    failures
  }
}

async function latency (target, { effort }) {
  const request = requestFor(MODELS.json, target.headers)
  const load = { port: target.port, request, perSecond: LATENCY_PER_SECOND, durationMs: effort.windowMs }
  const { latenciesMs, failures } = await openLoop({ ...load, until: 'end' })
  return latencyFigures(latenciesMs, failures)
}

async function burst (target, { provider, effort }) {
  const readLoadCpuMs = loadCpuMs(provider)
  readLoadCpuMs()
  const load = { connections: CONNECTIONS, durationMs: effort.windowMs / 2 }
  const figures = await streamFigures(target, MODELS.burst, load)
  return { ...figures, loadBusy: readLoadCpuMs() / figures.elapsedMs }
}

/** One pass of two seconds: a closed loop whose time is over before the first stream ends. */
function paced (target) {
  return streamFigures(target, MODELS.paced, { connections: PACED_STREAMS, durationMs: 0 })
}

async function streamFigures ({ port, headers, cpuMs }, model, load) {
  const sum = await streamLoop({ ...load, port, request: requestFor(model, headers) }, cpuMs)
  if (sum.streams === 0) throw new Error(`none of ${sum.dropped} streams of ${model} came to its end`)
  return {
    cpuUsEach: sum.cpuMs * 1_000 / sum.events,
    perSecond: sum.events * 1_000 / sum.elapsedMs,
    targetBusy: sum.cpuMs / sum.elapsedMs,
    elapsedMs: sum.elapsedMs,
    dropped: sum.dropped
  }
}

async function first (target, { effort }) {
  const request = requestFor(MODELS.first, target.headers)
  const load = { port: target.port, request, perSecond: FIRST_PER_SECOND, durationMs: effort.windowMs * 1.4 }
  const { latenciesMs, failures } = await openLoop({ ...load, until: 'first-event' })
  return latencyFigures(latenciesMs, failures)
}

function latencyFigures (latenciesMs, failures) {
  if (latenciesMs.length === 0) throw new Error(`no good answer, ${failures} failures`)
  return { p50Ms: quantile(latenciesMs, 0.5), p99Ms: quantile(latenciesMs, 0.99), failures }
}

/** A reader of the CPU time, in ms, that provider and generator have used since it was read last. */
function loadCpuMs (provider) {
  let seenMs = 0
  return () => {
    const own = process.cpuUsage()
    const nowMs = provider.cpuMs() + (own.user + own.system) / 1_000
    const usedMs = nowMs - seenMs
    seenMs = nowMs
    return usedMs
  }
}
