// Second tries are a share of the traffic: an outage is never doubled, and a quiet broker may still retry.

import t from 'tap'
import { createRetryBudget } from '../../src/routing/retry-budget.ts'
import { manualClock } from '../keys/manual-clock.ts'

function budget () {
  const clock = manualClock()
  const budget = createRetryBudget({ clock })
  const request = (times: number) => { for (let time = 0; time < times; time++) budget.noteRequest() }
  /** How many of so many retries are allowed. */
  const retry = (times: number) => Array.from({ length: times }, () => budget.mayRetry()).filter(Boolean).length
  return { clock, budget, request, retry }
}

t.test('a quiet broker may retry ten times in ten seconds', async (t) => {
  const { clock, retry } = budget()
  t.equal(retry(50), 10)
  clock.pass(9_000)
  t.equal(retry(1), 0)
  clock.pass(1_000)
  t.equal(retry(50), 10)
})

t.test('a busy one may retry a fifth of what it was asked', async (t) => {
  const { request, retry } = budget()
  request(1_000)
  t.equal(retry(1_000), 200)
  request(50)
  t.equal(retry(1_000), 10)
})

t.test('requests and retries are forgotten second by second', async (t) => {
  const { clock, request, retry } = budget()
  request(100)
  t.equal(retry(5), 5)
  clock.pass(5_000)
  request(100)
  t.equal(retry(1_000), 35)
  clock.pass(5_000)
  t.equal(retry(1_000), 0, 'of the last 100 requests 20, and 35 were made')
  request(200)
  t.equal(retry(1_000), 25)
  clock.pass(3_600_000)
  t.equal(retry(1_000), 10, 'after an hour of silence nothing of it is left')
})

t.test('under an outage every window of ten seconds keeps the share', async (t) => {
  const { clock, request, retry } = budget()
  const seconds = Array.from({ length: 60 }, (_, second) => {
    request(30 + (second % 7) * 10)
    const made = retry(500)
    clock.pass(1_000)
    return { asked: 30 + (second % 7) * 10, made }
  })
  for (let end = 10; end <= seconds.length; end++) {
    const last = seconds.slice(end - 10, end)
    const asked = last.reduce((sum, second) => sum + second.asked, 0)
    const made = last.reduce((sum, second) => sum + second.made, 0)
    t.ok(made <= Math.max(10, asked * 0.2), `${made} of ${asked}`)
  }
})

t.test('what was granted and refused is told', async (t) => {
  const { budget: told, retry } = budget()
  retry(13)
  t.same([told.granted, told.refused], [10, 3])
})
