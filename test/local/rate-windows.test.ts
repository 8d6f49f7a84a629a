import t from 'tap'
import { RateWindows } from '../../src/local/rate-windows.ts'
import { manualClock } from '../keys/manual-clock.ts'

t.test('a window starts with its first call, counts all of them and ends on time', async (t) => {
  const clock = manualClock()
  const windows = new RateWindows(clock)
  t.same(windows.hit('a', 1_000), { count: 1, remainingMs: 1_000 })
  clock.pass(999)
  t.same(windows.hit('a', 1_000), { count: 2, remainingMs: 1 })
  t.same(windows.hit('b', 1_000), { count: 1, remainingMs: 1_000 })
  clock.pass(1)
  t.same(windows.hit('a', 1_000), { count: 1, remainingMs: 1_000 })
})

t.test('a jump of the wall clock changes nothing', async (t) => {
  const clock = manualClock()
  const windows = new RateWindows(clock)
  windows.hit('a', 1_000)
  clock.jump(-7_200_000)
  t.equal(windows.hit('a', 1_000).count, 2)
  clock.jump(400 * 86_400_000)
  t.same(windows.hit('a', 1_000), { count: 3, remainingMs: 1_000 })
})

t.test('a stranger with many names cannot fill the memory, and does not push out who is still calling', async (t) => {
  const windows = new RateWindows(manualClock(), 100)
  for (let name = 0; name < 10_000; name++) {
    windows.hit(`stranger ${name}`, 60_000)
    windows.hit('regular', 60_000)
  }
  t.equal(windows.size, 100)
  t.equal(windows.hit('regular', 60_000).count, 10_001)
})
