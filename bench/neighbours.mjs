// How much of our cores other processes took while something was measured; a measurement they disturbed is repeated.

import { readFileSync } from 'node:fs'

import { isPinned, LOAD_CORE, MS_PER_TICK, TARGET_CORE } from './machine.mjs'
import { CALM } from './statistics.mjs'

const TRIES = 3

/**
 * Repeats a measurement while it is disturbed and there is time to spare, and gives the calmest one.
 * @template T
 * @param {() => Promise<{ figures: T, disturbance: number }>} measure
 * @param {{ spareMs: number }} budget lessened by what the repeats took
 * @returns {Promise<{ figures: T, disturbance: number }>}
 */
export async function calmest (measure, budget) {
  let best = await measure()
  for (let tried = 1; tried < TRIES && best.disturbance > CALM && budget.spareMs > 0; tried++) {
    const beganMs = performance.now()
    const again = await measure()
    budget.spareMs -= performance.now() - beganMs
    if (again.disturbance < best.disturbance) best = again
  }
  return best
}

/**
 * Watches from now on; the function that comes back tells the largest share of a core that was not ours.
 * @param {readonly { core: number, ownMs: () => number }[]} watched `ownMs`: CPU time of our processes on that core
 * @returns {() => number}
 */
export function watchNeighbours (watched) {
  if (!isPinned) return () => 0
  const beganMs = performance.now()
  const before = watched.map(foreignMs)
  return () => {
    const elapsedMs = performance.now() - beganMs
    return Math.max(0, ...watched.map((each, at) => (foreignMs(each) - before[at]) / elapsedMs))
  }
}

/** @param {import('./targets.mjs').Provider} provider */
export function loadCore (provider) {
  return {
    core: LOAD_CORE,
    ownMs () {
      const own = process.cpuUsage()
      return provider.cpuMs() + (own.user + own.system) / 1_000
    }
  }
}

/** @param {() => number} ownMs */
export function targetCore (ownMs) {
  return { core: TARGET_CORE, ownMs }
}

function foreignMs ({ core, ownMs }) {
  return busyMsOf(core) - ownMs()
}

/** Time a core was not idle, stolen time of a virtual machine included. https://man7.org/linux/man-pages/man5/proc_stat.5.html */
function busyMsOf (core) {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'latin1'))
  const [user, nice, system, , , irq, softirq, steal] = line[1].split(' ').map(Number)
  return (user + nice + system + irq + softirq + steal) * MS_PER_TICK
}
