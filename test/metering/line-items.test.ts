// A bill as one short text, and back.

import t from 'tap'
import { USAGE_KINDS } from '../../src/core/usage.ts'
import type { BillLine } from '../../src/metering/bill.ts'
import { lineItemsText, readLineItems } from '../../src/metering/line-items.ts'

const rate = { nanoUsd: 2_500n, per: 1n }
const LINES: readonly BillLine[] = [
  { kind: 'input', count: 12_000, rate, amount: 30_000_000n },
  { kind: 'output', count: 800, rate, amount: 8_000_000n }
]
const PLAIN = { tier: undefined, service: undefined, region: undefined, isUnknownService: false }

t.test('lines are kind, count and nano-dollars', async (t) => {
  t.equal(lineItemsText(LINES), 'input:12000:30000000;output:800:8000000')
  t.equal(lineItemsText([]), undefined)
})

t.test('what was applied of the price comes first', async (t) => {
  const text = lineItemsText(LINES, { tier: 200_000, service: 'priority', region: 'us', isUnknownService: false })
  t.equal(text, 'tier=200000;service=priority;region=us;input:12000:30000000;output:800:8000000')
  t.match(lineItemsText(LINES, { ...PLAIN, service: 'scale', isUnknownService: true }), /^service=scale\?;input/)
})

t.test('the text is read back, every kind of usage and every mark', async (t) => {
  const lines = USAGE_KINDS.map((kind, at) => ({ kind, count: at, amount: BigInt(at) * 10n ** 12n }))
  const applied = { tier: 1, service: 'a.b-c_1', region: 'eu', isUnknownService: true }
  t.same(readLineItems(lineItemsText(lines.map((line) => ({ ...line, rate })), applied) ?? ''), { applied, lines })
  t.same(readLineItems('input:1:2').applied, {})
})

t.test('parts of a version to come are left out, the others are read', async (t) => {
  t.same(readLineItems('moon=full;input:1:2;tachyons:3:4;;').lines, [{ kind: 'input', count: 1, amount: 2n }])
})
