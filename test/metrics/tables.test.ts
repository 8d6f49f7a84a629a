// Counters and histograms of our own, and the text that is made of them when somebody asks.

import { createRequire } from 'node:module'
import t from 'tap'
import { CountTable } from '../../src/metrics/count-table.ts'
import { DurationTable } from '../../src/metrics/duration-table.ts'
import { createMetrics } from '../../src/metrics/exposition.ts'

t.test('every combination of labels is counted by itself', async (t) => {
  const table = new CountTable('calls_total', 'Calls.', ['provider', 'outcome'])
  table.add(['a', 'answered'])
  table.add(['a', 'failed'], 3)
  table.add(['b', 'answered'])
  table.add(['a', 'answered'])
  t.same(table.samples(), [
    { labels: { provider: 'a', outcome: 'answered' }, value: 2 },
    { labels: { provider: 'a', outcome: 'failed' }, value: 3 },
    { labels: { provider: 'b', outcome: 'answered' }, value: 1 }
  ])
})

t.test('combinations have a limit; later ones are counted together and nothing is lost', async (t) => {
  const table = new CountTable('calls_total', 'Calls.', ['model', 'status'])
  for (let number = 0; number < 10_000; number++) table.add([`m${number}`, '2xx'])
  const samples = table.samples()
  t.equal(samples.length, 2_001)
  t.same(samples.at(-1), { labels: { model: 'other', status: 'other' }, value: 8_000 })
  table.add(['m0', '2xx'])
  t.equal(table.samples()[0]?.value, 2, 'known ones still count')
})

t.test('durations fall into the bucket that holds them, each bucket holds the ones before, and the last holds all', async (t) => {
  const table = new DurationTable('took_seconds', 'Time.', 'task')
  for (const durationMs of [0, 50, 51, 2_500, 3_600_000]) table.add('chat', durationMs)
  const told = new Map(table.samples().map(({ metricName, labels, value }) => [`${metricName} ${labels['le'] ?? ''}`.trim(), value]))
  t.equal(told.get('took_seconds_bucket 0.05'), 2)
  t.equal(told.get('took_seconds_bucket 0.1'), 3)
  t.equal(told.get('took_seconds_bucket 2.5'), 4)
  t.equal(told.get('took_seconds_bucket 600'), 4)
  t.equal(told.get('took_seconds_bucket +Inf'), 5)
  t.equal(told.get('took_seconds_count'), 5)
  t.equal(told.get('took_seconds_sum'), 3_602.601)
})

t.test('the metrics library is loaded by the first scrape and not before', async (t) => {
  const { cache } = createRequire(import.meta.url)
  const isLoaded = () => Object.keys(cache).some((path) => path.includes('/prom-client/'))
  const table = new CountTable('calls_total', 'Calls.', ['provider'])
  const metrics = createMetrics([table], () => {})
  table.add(['a'])
  t.equal(isLoaded(), false)
  t.match(await metrics.text(), '# HELP calls_total Calls.\n# TYPE calls_total counter\ncalls_total{provider="a"} 1\n')
  t.equal(isLoaded(), true)
  table.add(['a'])
  t.match(await metrics.text(), 'calls_total{provider="a"} 2\n')
  metrics.close()
})
