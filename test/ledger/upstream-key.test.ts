// Ids of providers come back as they were told, whatever they look like.

import fc from 'fast-check'
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { upstreamIdOf, upstreamKey } from '../../src/ledger/sqlite/upstream-key.ts'
import { answered, attemptIntent, exchangeIntent, settlement } from './samples.ts'
import { sqliteBooks } from './sqlite-books.ts'

const START = fc.constantFrom(
  '', 'chatcmpl-', 'msg_', 'msg_01', 'gen-', 'gen-1763765400-', '3999999999-', '4999999999-', '0000000001-', 'resp_', '-')
const LETTERS = fc.constantFrom('0123456789abcdef', '0123456789', 'ABCxyz019_-', 'é €\u0000a/+=')
const REST = fc.tuple(LETTERS, fc.array(fc.nat(15), { maxLength: 60 }))
  .map(([letters, places]) => places.map((place) => letters[place % letters.length]).join(''))
const IDS = fc.oneof(fc.tuple(START, REST).map((parts) => parts.join('')), fc.string(), fc.constant(randomUUID()))

t.test('an id is the same behind its key, or has none', async () => {
  fc.assert(fc.property(IDS, (id) => {
    const key = upstreamKey(id)
    return key === undefined || upstreamIdOf(key) === id
  }), { numRuns: 20_000 })
})

t.test('two ids never have one key', async () => {
  fc.assert(fc.property(IDS, IDS, (one, other) => {
    const [key, second] = [upstreamKey(one), upstreamKey(other)]
    return one === other || !key || !second || !key.equals(second)
  }), { numRuns: 5_000 })
})

t.test('ids as providers spell them take six bits a character or less', async (t) => {
  const uuid = '7178afd0-42b7-4c45-a106-35aaf0e963a4'
  for (const [id, bytes] of [
    ['chatcmpl-ABCDEFGHIJKLMNOPQRSTUVWXYZabc', 23],
    [`chatcmpl-${uuid}`, 17],
    ['msg_01ABCDEFGHIJKLMNOPQRSTUV', 18],
    ['gen-1763765400-ABCDEFGHIJKLMNOPQRST', 20],
    ['resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b', 25],
    ['resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795', 25]
  ] as const) {
    t.equal(upstreamKey(id)?.length, bytes, id)
    t.equal(upstreamIdOf(upstreamKey(id) ?? null), id)
  }
  t.equal(upstreamKey('req/7+1'), undefined)
  t.equal(upstreamIdOf(null), undefined)
  t.equal(upstreamIdOf('as it was'), 'as it was')
})

t.test('the row of an attempt has the key, and the text only where there is none', async (t) => {
  const { ledger, database: { sqlite } } = sqliteBooks(t)
  for (const upstreamId of ['chatcmpl-Az09', 'chatcmpl-é', undefined]) {
    const exchange = await ledger.open(exchangeIntent(), attemptIntent())
    await ledger.settle(exchange, settlement({ attempt: answered({ upstreamId }) }))
  }
  const rows = sqlite.prepare<[], { text: string | null, key: Buffer | null }>(
    'SELECT upstream_id AS text, upstream_key AS key FROM attempts')
  t.same(rows.all().map(({ text, key }) => [text, upstreamIdOf(key)]),
    [[null, 'chatcmpl-Az09'], ['chatcmpl-é', undefined], [null, undefined]])
})
