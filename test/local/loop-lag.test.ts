import t from 'tap'
import { LoopLag } from '../../src/local/loop-lag.ts'
import { manualClock } from '../keys/manual-clock.ts'

function watched (limitMs = 200) {
  const clock = manualClock()
  const work = { isBusy: true }
  const lag = new LoopLag({ clock, limitMs, isBusy: () => work.isBusy })
  lag.watch()
  return { clock, work, lag }
}

t.test('a loop that is on time has no lag', async (t) => {
  const { clock, lag } = watched()
  clock.pass(10_000)
  t.equal(lag.smoothedMs, 0)
  t.notOk(lag.isHigh)
})

t.test('one hiccup is not overload, lasting lateness is, and it passes', async (t) => {
  const { clock, lag } = watched()
  clock.lag(250)
  t.notOk(lag.isHigh, `one hiccup: ${lag.smoothedMs} ms`)
  clock.pass(1_000)
  for (let round = 0; round < 20; round++) clock.lag(350)
  t.ok(lag.isHigh, `late for seven seconds: ${lag.smoothedMs} ms`)
  t.ok(lag.smoothedMs > 250 && lag.smoothedMs <= 300)
  clock.pass(1_000)
  t.notOk(lag.isHigh, `calm again: ${lag.smoothedMs} ms`)
})

t.test('there is one timer while there is work, and none when there is not', async (t) => {
  const { clock, work, lag } = watched()
  for (let count = 0; count < 5; count++) lag.watch()
  t.equal(clock.waiting, 1)
  work.isBusy = false
  clock.pass(50)
  t.equal(clock.waiting, 0)
  lag.watch()
  t.equal(clock.waiting, 1)
})

t.test('lateness is watched until it has passed, also when nothing may come in because of it', async (t) => {
  const { clock, work, lag } = watched()
  for (let round = 0; round < 20; round++) clock.lag(500)
  work.isBusy = false
  clock.pass(50)
  t.ok(lag.isHigh)
  clock.pass(10_000)
  t.notOk(lag.isHigh)
  t.equal(clock.waiting, 0)
})

t.test('a limit of 0 watches nothing; closed, it never watches again', async (t) => {
  t.equal(watched(0).clock.waiting, 0)
  const { clock, lag } = watched()
  lag.close()
  lag.watch()
  t.equal(clock.waiting, 0)
})
