// What a rerank can cost at most.

import t from 'tap'
import type { Price } from '../../src/catalog/catalog.ts'
import type { Envelope } from '../../src/core/ask.ts'
import { ceilingOf, expectedOf } from '../../src/metering/estimate.ts'
import { envelope, price } from '../routing/samples.ts'

const ROUNDING = 7n
const UNIT = 2_000_000n

function offer (price: Price, changes: Partial<Envelope>) {
  const model = { contextWindow: undefined, maxOutputTokens: undefined }
  return { task: 'rerank' as const, envelope: envelope({ bodyBytes: 1_000, ...changes }), model, price }
}

t.test('a rerank reads its query with each document', async (t) => {
  const tokens = price({ input: '1' })
  const ceiling = ceilingOf(offer(tokens, { rerank: { documents: 150, queryBytes: 20 } }))
  t.equal(ceiling, 1_000n * (1_000n + 150n * 148n) + ROUNDING)
})

t.test('a search unit is for a hundred documents, and a long document counts as several', async (t) => {
  const units = price({ search_units: '0.002' })
  const most = (queryBytes: number, bodyBytes: number) =>
    ceilingOf(offer(units, { bodyBytes, rerank: { documents: 150, queryBytes } }))
  t.equal(most(0, 1_000), 2n * UNIT + ROUNDING, '150 documents and 2 chunks of 500 bytes')
  t.equal(most(400, 100_000), 6n * UNIT + ROUNDING, '150 documents and 400 chunks of 250 bytes')
  t.equal(expectedOf(offer(units, { rerank: { documents: 100, queryBytes: 20 } })), Number(UNIT))
})
