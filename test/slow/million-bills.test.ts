// The claim in full: a million bills, no drift. `npm test` does a tenth of it.

import t from 'tap'
import { checkBills } from '../golden/random-bills.ts'

t.test('P4 a million random bills: lines sum to totals, and drift by nothing', async (t) => {
  t.same(checkBills(1_000_000, 44), { bills: 1_000_000, driftNanoUsd: 0n, wrongLines: 0 })
})
