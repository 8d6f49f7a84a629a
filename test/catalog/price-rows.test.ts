// Costs are read as they are written, and a price has one name however its numbers are spelled.

import t from 'tap'
import { priceOf as amountOf, readRate } from '../../src/core/money.ts'
import { COST_KEYS } from '../../src/catalog/cost-keys.ts'
import { makePrice } from '../../src/catalog/price-document.ts'
import { readCatalog } from '../../src/catalog/modelsconfig.ts'
import { USAGE_KINDS } from '../../src/core/usage.ts'
import { oneModel } from './refusals.ts'

function priceWith (costs: string) {
  const text = oneModel(`backends: [{ provider: a, model_id: x, ${costs} }]`)
  return readCatalog(text, 'm', 0).catalog.prices.get('a:x')
}

t.test('decimals arrive exactly, quoted or not', async (t) => {
  t.same(priceWith('input_cost: 0.0028')?.rates.input, { nanoUsd: 2_800_000n, per: 1_000_000n })
  t.same(priceWith('input_cost: "0.0028"')?.rates.input, { nanoUsd: 2_800_000n, per: 1_000_000n })
  t.same(priceWith('per_request: 1e-7')?.rates.requests, { nanoUsd: 100n, per: 1n })
  t.same(priceWith('input_cost: 0.1')?.rates.input, { nanoUsd: 100_000_000n, per: 1_000_000n })
  t.same(priceWith('input_cost: 123456789.123456789e-6')?.rates.input, { nanoUsd: 123_456_789_123_456_789n, per: 1_000_000_000_000n })
  t.same(priceWith('input_cost: 0')?.rates.input, { nanoUsd: 0n, per: 1_000_000n })
})

t.test('each cost is for its own unit', async (t) => {
  const price = priceWith('per_minute: 0.006, per_image: 0.04, per_million_characters: 15, per_request: 0.005, image_output_cost: 32')
  for (const [kind, count, nanoUsd] of [
    ['audio_ms', 90_000, 9_000_000n], // a minute and a half
    ['images', 3, 120_000_000n],
    ['characters', 1_000, 15_000_000n],
    ['requests', 1, 5_000_000n],
    ['image_output', 1_000_000, 32_000_000_000n]
  ] as const) {
    const rate = price?.rates[kind]
    t.equal(rate && amountOf(count, rate), nanoUsd, kind)
  }
})

t.test('every cost key sets one kind, and every kind has a cost key', async (t) => {
  const kinds = Object.keys(COST_KEYS).map((key) => Object.keys(priceWith(`${key}: 2`)?.rates ?? {}))
  t.ok(kinds.every((kinds) => kinds.length === 1))
  t.same([...new Set(kinds.flat())].sort(), [...USAGE_KINDS].sort())
})

t.test('the version follows the amounts and not their spelling', async (t) => {
  const version = priceWith('input_cost: 2.5, output_cost: 10')?.version
  t.match(version, /^[0-9a-f]{16}$/)
  t.equal(priceWith('output_cost: 1e1, input_cost: "2.50"')?.version, version)
  t.not(priceWith('input_cost: 2.5, output_cost: 10.000000001')?.version, version)
  t.not(priceWith('input_cost: 10, output_cost: 2.5')?.version, version)
  t.not(priceWith('input_cost: 2.5, output_cost: 10, cached_input_cost: 0')?.version, version)
})

t.test('the version of a price never changes: ledger rows name it', async (t) => {
  t.equal(makePrice({ input: readRate('2.5', 1_000_000n), output: readRate('10', 1_000_000n) }).version, '234bcf7fe6c1e272')
})
