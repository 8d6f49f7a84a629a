// What `by`, `since` and `until` may say.

import t from 'tap'
import { readUsageQuery } from '../../src/ledger/usage-query.ts'
import { NOON_MS } from './samples.ts'

const read = (since: unknown, until?: unknown) => readUsageQuery({ since, until }, undefined, NOON_MS)

t.test('nothing said means everything, by address', async (t) => {
  const nothing = { by: 'ip', sinceMs: undefined, untilMs: undefined, ip: undefined }
  t.same(readUsageQuery({}, undefined, NOON_MS), nothing)
  t.same(readUsageQuery({ by: '', since: '', until: '' }, undefined, NOON_MS), nothing)
  t.match(readUsageQuery({ by: 'day' }, '::1', NOON_MS), { by: 'day', ip: '::1' })
})

t.test('moments are dates, RFC 3339 times, or how long ago', async (t) => {
  const moments: Array<[text: string, ms: number]> = [
    ['7d', NOON_MS - 7 * 86_400_000],
    ['24h', NOON_MS - 86_400_000],
    ['90m', NOON_MS - 5_400_000],
    ['2w', NOON_MS - 14 * 86_400_000],
    ['2026-11-01', Date.UTC(2026, 10, 1)],
    ['2024-02-29', Date.UTC(2024, 1, 29)],
    ['2026-11-01T08:30:00Z', Date.UTC(2026, 10, 1, 8, 30)],
    ['2026-11-01t08:30:00.250z', Date.UTC(2026, 10, 1, 8, 30, 0, 250)],
    ['2026-11-01T08:30:00+02:00', Date.UTC(2026, 10, 1, 6, 30)],
    ['2026-11-01T08:30:00 02:00', Date.UTC(2026, 10, 1, 6, 30)], // a "+" that was not escaped in a URL
    ['2026-11-01T00:30:00-02:00', Date.UTC(2026, 10, 1, 2, 30)],
    ['2026-11-01T00:30:00+02:00', Date.UTC(2026, 9, 31, 22, 30)]
  ]
  for (const [text, ms] of moments) t.equal(read(text).sinceMs, ms, text)
})

t.test('what is not a moment or a group is refused by name', async (t) => {
  const wrong = ['yesterday', '2026-02-31', '2026-13-01', '2026-11-01T25:00:00Z', '2026-11-01T08:30', '7y', '-7d', '1e3d',
    '2026-11-01T08:30:00+99:00', '20261101', ['7d', '8d'], 7]
  for (const text of wrong) {
    t.throws(() => read(text), { code: 'invalid_body', message: /"since" must be a date/ }, String(text))
    t.throws(() => read(undefined, text), { code: 'invalid_body', message: /"until" must be a date/ }, String(text))
  }
  t.throws(() => readUsageQuery({ by: 'colour' }, undefined, NOON_MS), {
    code: 'invalid_body', message: '"by" must be one of ip, key, model, provider, day.'
  })
  t.throws(() => readUsageQuery({ by: ['ip', 'key'] }, undefined, NOON_MS), { code: 'invalid_body' })
})

t.test('since must lie before until', async (t) => {
  t.throws(() => read('2026-11-02', '2026-11-01'), { code: 'invalid_body', message: /"since" must be before "until"/ })
  t.throws(() => read('2026-11-01', '2026-11-01'), { code: 'invalid_body' })
  t.ok(read('2d', '1d'))
})
