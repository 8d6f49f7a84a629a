// The process itself: memory, CPU and how late its event loop is. Named as Prometheus' own client libraries do:
// https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { gauge, type Family } from './family.ts'

export interface ProcessFamilies {
  readonly families: readonly Family[]
  close (): void
}

/** Ms between two looks at the event loop. */
const RESOLUTION_MS = 20
const NANOS_PER_S = 1e9

/** Starts to look at the event loop, which costs a wake-up every 20 ms: open it for who asks, not before. */
export function openProcessFamilies (): ProcessFamilies {
  const lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  lag.enable()

  /** Since the last scrape. Node counts its own interval in. */
  const takeLagS = (): number => {
    const delay = lag.percentile(99) / NANOS_PER_S
    lag.reset()
    return Math.max(0, delay - RESOLUTION_MS / 1_000)
  }
  const takeCpuS = (): number => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  }
  const families: Family[] = [
    {
      name: 'process_cpu_seconds_total',
      help: 'CPU time of the process, user and system.',
      type: 'counter',
      samples: () => [{ labels: {}, value: takeCpuS() }]
    },
    gauge('process_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss()),
    gauge('process_start_time_seconds', 'Unix time of the start.', () => Math.round(Date.now() / 1_000 - process.uptime())),
    gauge('nodejs_eventloop_lag_p99_seconds', 'How late the event loop was since the last scrape, 99th percentile.',
      takeLagS)
  ]
  return { families, close: () => { lag.disable() } }
}
