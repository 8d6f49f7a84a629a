// P1, P2 and P3 under `kill -9`: a real broker process is killed again and again in the middle of mixed load. What the
// provider received and bills, what the clients got, and what the books and budgets say must agree.
//
// Seed and number of kills: KILL_SEED and KILLS in the environment repeat or prolong a run; test/slow has the long one.

import t from 'tap'
import { killAtRandom } from './random-kills.ts'

const KILLS = Number(process.env['KILLS'] ?? 24)
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000)
/** Of a machine that is busy with other things. */
const LONGEST_KILL_MS = 7_000

t.setTimeout(KILLS * LONGEST_KILL_MS)

t.test(`P2 ${KILLS} kills in the middle of work lose no call, no answer and no cent`, async (t) => {
  await killAtRandom(t, { kills: KILLS, seed: SEED, clients: 32 })
})
