// Random bills by the thousand: every line against arithmetic of its own, and no nano-dollar lost between the lines.

import t from 'tap'
import { checkBills } from './random-bills.ts'

t.test('P4 a hundred thousand random bills: lines sum to totals, and drift by nothing', async (t) => {
  t.same(checkBills(100_000, 43), { bills: 100_000, driftNanoUsd: 0n, wrongLines: 0 })
})
