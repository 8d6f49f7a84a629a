// Texts are stored once and found again: whatever is remembered of them, each row has the texts it came with.

import t from 'tap'
import type { AttemptIntent } from '../../src/ledger/ledger.ts'
import { attemptIntent, exchangeIntent } from './samples.ts'
import { sqliteBooks, type SqliteBooks } from './sqlite-books.ts'

/** The attempt as recorded when it is the first of a fresh exchange. */
async function recorded ({ ledger, reports }: SqliteBooks, changes: Partial<AttemptIntent>) {
  const { id } = await ledger.open(exchangeIntent(), attemptIntent(changes))
  const { provider, model, modelId, credentialId, priceVersion } = reports.exchange(id)?.attempts[0] ?? {}
  return { provider, model, modelId, credentialId, priceVersion }
}

function count ({ database: { sqlite } }: SqliteBooks, table: 'backends' | 'plans'): unknown {
  return sqlite.prepare(`SELECT count(*) FROM ${table}`).pluck().get()
}

t.test('plans of one length are told apart, however often they take turns', async (t) => {
  const books = sqliteBooks(t)
  const plans = ['{"policy":"a"}', '{"policy":"b"}', '{"policy":"a"}', '{"policy":"c"}', '{"policy":"b"}']
  for (const plan of plans) {
    const { id } = await books.ledger.open(exchangeIntent({ plan }), undefined)
    t.equal(books.reports.exchange(id)?.plan, plan)
  }
  t.equal(count(books, 'plans'), 3)
})

t.test('backends of one model are told apart by each of their texts', async (t) => {
  const books = sqliteBooks(t)
  const { provider, model, modelId, credentialId, priceVersion } = attemptIntent()
  const first = { provider, model, modelId, credentialId, priceVersion }
  const others = [
    {}, { provider: 'groq' }, { model: 'gpt-4' }, { modelId: 'gpt-4-0613' }, { credentialId: 'openai#1' },
    { credentialId: undefined }, { priceVersion: 'fedcba9876543210' }, { priceVersion: undefined }
  ]
  for (const changes of [...others, ...others]) t.same(await recorded(books, changes), { ...first, ...changes })
  t.equal(count(books, 'backends'), others.length)
})

t.test('a model whose price changes all the time keeps the versions apart', async (t) => {
  const books = sqliteBooks(t)
  for (let round = 0; round < 2; round++) {
    for (let version = 0; version < 120; version++) {
      t.match(await recorded(books, { priceVersion: `v${version}` }), { priceVersion: `v${version}` })
    }
  }
  t.equal(count(books, 'backends'), 120)
})

t.test('more plans than are remembered are still stored once', async (t) => {
  const books = sqliteBooks(t)
  for (let round = 0; round < 2; round++) {
    const opening = Array.from({ length: 1_200 }, (_, at) =>
      books.ledger.open(exchangeIntent({ plan: `{"policy":"${1_000 + at}"}` }), undefined))
    const opened = await Promise.all(opening)
    t.equal(books.reports.exchange(opened[0]?.id ?? '')?.plan, '{"policy":"1000"}')
  }
  t.equal(count(books, 'plans'), 1_200)
})
