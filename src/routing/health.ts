// Recent outcomes per backend; passive only, no paid probes.

import type { Outcome } from '../core/outcome.ts'

export interface Health {
  /** Milliseconds until the backend may be tried again; 0: now. */
  coolingMs (backendId: string): number
  note (backendId: string, outcome: Outcome): void
}
