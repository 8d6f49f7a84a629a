// Attempts whose end nobody saw, after a crash: at which cost they are closed, and what of it budgets count.
//
// DESIGN. The provider may have worked on to the end and charged for it, so the bound of the attempt is what is booked
// unless the operator says otherwise (AIBROKER_ORPHANS):
// - `hold`: the bound, `bounded`. What was seen of the answer stays visible beside it.
// - `estimate`: what was seen of a stream, as far as it was noted (progress.ts), never over the bound: `counted`. Of
//   what was not seen (a plain answer, the first second of a stream) nothing is known: the bound, as with `hold`. It
//   can be below the truth: the last second is missing, and so is what the provider wrote and never sent.
// - `release`: nothing is booked and budgets get everything back. Unknown is not zero (P5), so the row has no cost and
//   is `unpriced`; its outcome says `released`, so that a later look does not take it for one without a price.
// Without a price there is nothing to estimate or to hold: `unpriced` either way, and tokens count by their bound.

import type { Database } from 'better-sqlite3'
import type { OrphanPolicy } from '../ledger.ts'
import type { UsedUp } from './budget-amounts.ts'
import { COUNTS_OF_ATTEMPT, usageOf } from './columns.ts'
import type { Dictionary } from './dictionary.ts'
import { attemptId, MOST_ATTEMPTS, ORPHANED, RELEASED } from './rows.ts'

const ESTIMATED = 'coalesce(min(computed_nano_usd, ceiling_nano_usd), ceiling_nano_usd)'

/** How a row is closed, per policy: SQL over its own columns. */
const CLOSINGS: { readonly [policy in OrphanPolicy]: { readonly cost: string, readonly grade: string } } = {
  hold: { cost: 'ceiling_nano_usd', grade: 'iif(ceiling_nano_usd IS NULL, :unpriced, :bounded)' },
  estimate: {
    cost: ESTIMATED,
    grade: `CASE WHEN ceiling_nano_usd IS NULL THEN :unpriced
      WHEN ${ESTIMATED} < ceiling_nano_usd THEN :counted ELSE :bounded END`
  },
  // What cannot cost anything is known to have cost nothing.
  release: { cost: 'iif(ceiling_nano_usd = 0, 0, NULL)', grade: 'iif(ceiling_nano_usd = 0, :bounded, :unpriced)' }
}

const close = ({ cost, grade }: { readonly cost: string, readonly grade: string }) => `
  UPDATE attempts SET outcome = :outcome, reason = :reason, cost_nano_usd = ${cost}, grade = ${grade}
  WHERE id BETWEEN :first AND :last AND outcome IS NULL`

const ESTIMATE_OF = `
  SELECT a.cost_nano_usd, ${COUNTS_OF_ATTEMPT.join(', ')} FROM attempts a JOIN names g ON g.id = a.grade
  WHERE a.id = (SELECT max(id) FROM attempts WHERE id BETWEEN ? AND ?) AND g.text = 'counted'`

export interface Orphans {
  /**
   * Closes the running attempt of an exchange.
   * @returns what budgets count of it; undefined: all that is reserved.
   */
  close (row: number, reason: string): UsedUp | undefined
}

const NOTHING_USED: UsedUp = { usage: {}, cost: undefined, grade: 'free' }

export function createOrphans (sqlite: Database, dictionary: Dictionary, policy: OrphanPolicy): Orphans {
  const closing = sqlite.prepare(close(CLOSINGS[policy]))
  const estimateOf = sqlite.prepare<[number, number], [cost: bigint, ...counts: Array<bigint | null>]>(ESTIMATE_OF)
    .raw().safeIntegers()
  const { name } = dictionary
  return {
    close (row, reason) {
      const range = [attemptId(row, 0), attemptId(row, MOST_ATTEMPTS)] as const
      const grades = { bounded: name('bounded'), unpriced: name('unpriced'), counted: name('counted') }
      const outcome = name(policy === 'release' ? RELEASED : ORPHANED)
      closing.run({ ...grades, outcome, reason, first: range[0], last: range[1] })
      if (policy === 'hold') return undefined
      if (policy === 'release') return NOTHING_USED
      const [cost, ...counts] = estimateOf.get(...range) ?? []
      if (cost === undefined) return undefined
      return { cost: cost as bigint, grade: 'counted', usage: usageOf(counts.map((count) => count === null ? null : Number(count))) }
    }
  }
}
