// What of a request leaves otherwise than it came, backend by backend: members as JSON text, or undefined to leave one
// out. Undefined instead of a map: nothing.

import type { Envelope } from '../core/ask.ts'
import { droppedFor } from './capable.ts'
import type { Choice } from './choices.ts'
import { rewritesForOpenRouter } from './openrouter-body.ts'
import type { Candidate } from './plan.ts'
import { isAtOpenRouter } from './provider-names.ts'
import type { Row } from './roster.ts'
import { modelsWith, tierAskedBy } from './service-tiers.ts'

type Rewrites = Candidate['rewrites']

/** Works for each candidate of a request. */
export function rewriting (envelope: Envelope, choices: readonly Choice[]): (row: Row) => Rewrites {
  const { wishes } = envelope
  const forOpenRouter = wishes && rewritesForOpenRouter(wishes, choices)
  const tier = tierAskedBy(wishes)
  const having = tier && modelsWith(tier, choices.flatMap(({ rows }) => rows))
  return (row) => {
    if (isAtOpenRouter(row)) return forOpenRouter
    const rewrites = new Map<string, string | undefined>()
    for (const name of droppedFor(row, envelope)) rewrites.set(name, undefined)
    // The operator says which backend serves which terms; a plain one must not be billed by others.
    if (row.serviceTier === undefined && having?.has(row.model.name)) rewrites.set('service_tier', undefined)
    if (row.serviceTier !== undefined && row.serviceTier !== wishes?.serviceTier) {
      rewrites.set('service_tier', JSON.stringify(row.serviceTier))
    }
    return rewrites.size > 0 ? rewrites : undefined
  }
}
