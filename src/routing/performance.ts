// How fast and how reliable each backend has been lately, by what real requests came to: what `sort`, the thresholds of
// a request and the catalog read.
//
// What must hold: memory is bounded, by backends and by samples of each; a note costs about as much as a map lookup,
// since every attempt makes one. Nothing survives a restart: numbers of yesterday's process say little about today.

import { DAY_MS, HALF_HOUR_MS, type Measured } from '../catalog/measured.ts'
import type { Clock } from '../core/clock.ts'
import { Samples } from './samples.ts'
import { Tally } from './tally.ts'

/** What one call to a backend came to, as far as its provider is answerable for it. */
export interface Performed {
  /** Ms from the call to the first output; undefined: there was none, or the answer came whole. */
  readonly firstEventMs?: number | undefined
  /** Reasoning included; undefined: not told. */
  readonly outputTokens?: number | undefined
  /** Ms from the call to the end of the answer. */
  readonly durationMs: number
  /** `ignored`: rate limits, refused requests, clients that left: nobody's reliability. */
  readonly outcome: 'success' | 'failure' | 'ignored'
}

export interface Performance extends Measured {
  note (backendId: string, performed: Performed): void
}

/** Clients can name backends that nobody configured; whoever was not called for the longest time is forgotten. */
const MOST_BACKENDS = 1_000
/** OpenRouter asks for a hundred; one broker sees less than all of its customers do. */
const LEAST_JUDGED = 20

class Track {
  readonly latencies = new Samples()
  readonly throughputs = new Samples()
  readonly minutes = new Tally(60_000, HALF_HOUR_MS)
  readonly halfHours = new Tally(HALF_HOUR_MS, DAY_MS)
}

export function createPerformance ({ monotonicMs }: Pick<Clock, 'monotonicMs'>): Performance {
  const tracks = new Map<string, Track>()

  return {
    note (backendId, { firstEventMs, outputTokens = 0, durationMs, outcome }) {
      if (outcome === 'ignored') return
      const nowMs = monotonicMs()
      const track = trackOf(tracks, backendId)
      const isSuccess = outcome === 'success'
      track.minutes.count(nowMs, isSuccess)
      track.halfHours.count(nowMs, isSuccess)
      if (!isSuccess) return
      if (firstEventMs !== undefined) track.latencies.add(nowMs, firstEventMs)
      if (outputTokens > 0 && durationMs > 0) track.throughputs.add(nowMs, outputTokens / durationMs * 1_000)
    },
    latencyMs: (backendId, windowMs) => tracks.get(backendId)?.latencies.percentiles(monotonicMs(), windowMs),
    throughput: (backendId, windowMs) => tracks.get(backendId)?.throughputs.percentiles(monotonicMs(), windowMs),
    uptime (backendId, windowMs) {
      const track = tracks.get(backendId)
      const tally = windowMs <= HALF_HOUR_MS ? track?.minutes : track?.halfHours
      const { successes, failures } = tally?.sum(monotonicMs(), windowMs) ?? { successes: 0, failures: 0 }
      const judged = successes + failures
      return judged < LEAST_JUDGED ? undefined : 100 * successes / judged
    }
  }
}

/** The map is in the order of the last calls. */
function trackOf (tracks: Map<string, Track>, backendId: string): Track {
  const known = tracks.get(backendId)
  if (known) tracks.delete(backendId)
  else if (tracks.size >= MOST_BACKENDS) tracks.delete(tracks.keys().next().value as string)
  const track = known ?? new Track()
  tracks.set(backendId, track)
  return track
}
