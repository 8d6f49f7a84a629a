// Asks for reports one after the other and measures each until its last byte.

import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'

const { url, groups, ranges, rounds } = workerData
const reports = []
for (const by of groups) {
  for (const range of ranges) reports.push(await measure(by, range))
}
parentPort.postMessage(reports)

/** In random distances, so that reports and commits meet in every way. */
async function measure (by, range) {
  const times = []
  let bytes = 0
  for (let round = 0; round < rounds; round++) {
    await sleep(20 + Math.random() * 60)
    const beganMs = performance.now()
    const response = await fetch(`${url}?by=${by}${range}`)
    const body = await response.arrayBuffer()
    times.push(performance.now() - beganMs)
    if (response.status !== 200) throw new Error(Buffer.from(body).toString())
    bytes = body.byteLength
  }
  return { by, range: range.slice(1), bytes, times }
}
