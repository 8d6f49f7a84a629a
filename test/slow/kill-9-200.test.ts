// P1, P2 and P3 under 200 times `kill -9`: 64 requests at once, streams and plain answers, budgets that hold all along.
//
// KILLS and KILL_SEED in the environment: as in test/promises/p2-kill-9.test.ts.

import t from 'tap'
import { killAtRandom } from '../promises/random-kills.ts'

const KILLS = Number(process.env['KILLS'] ?? 200)
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000)
const LONGEST_KILL_MS = 7_000

t.setTimeout(KILLS * LONGEST_KILL_MS)

t.test(`P2 ${KILLS} kills under 64 requests at once lose no call, no answer and no cent`, async (t) => {
  await killAtRandom(t, { kills: KILLS, seed: SEED, clients: 64 })
})
