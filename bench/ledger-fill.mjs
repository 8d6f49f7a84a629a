// Fills a ledger with settled exchanges as if they had come over ninety days: rows, hourly sums, seals and spans.
//
// Rows are those the ledger itself writes (the bench verifies a smaller database made the same way). An address uses
// one key and asks for five of the fifty models, as programs do; one exchange in a hundred failed.

import { createSealer } from '../dist/src/ledger/sqlite/seals.js'
import { createSpans } from '../dist/src/ledger/sqlite/reports-spans.js'
import { upstreamKey } from '../dist/src/ledger/sqlite/upstream-key.js'

export const DAYS = 90
const MODELS = 50
const KEYS = 20
const ADDRESSES = 200
const MODELS_OF_ADDRESS = 5
const HOUR_MS = 3_600_000
const BATCH = 20_000
const PROVIDERS = ['openai', 'anthropic', 'openrouter', 'groq', 'gemini']
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Numbers that look random and are the same in every run: 32 bits of xorshift. */
function createNumbers (seed) {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/**
 * @param {import('better-sqlite3').Database} sqlite a migrated, empty ledger
 * @param {{ rows: number, endMs: number, say: (text: string) => void }} options
 */
export function fill (sqlite, { rows, endMs, say }) {
  const number = createNumbers(20_261_121)
  const world = createWorld(sqlite)
  const insert = inserts(sqlite)
  const startMs = Math.floor((endMs - DAYS * 24 * HOUR_MS) / HOUR_MS) * HOUR_MS
  const sums = createSums(sqlite)
  sqlite.pragma('synchronous = OFF')
  sqlite.pragma('wal_autocheckpoint = 20000')
  for (let row = 1; row <= rows;) {
    sqlite.exec('BEGIN')
    for (const end = Math.min(rows + 1, row + BATCH); row < end; row++) {
      const createdAtMs = startMs + Math.floor(row / (rows + 1) * (endMs - startMs))
      writeOne({ row, createdAtMs, number, world, insert, sums })
    }
    if (row > rows) sums.write()
    sqlite.exec('COMMIT')
    if ((row - 1) % 1_000_000 === 0) say(`${(row - 1) / 1_000_000} million rows`)
  }
  sqlite.prepare("UPDATE marks SET value = ? WHERE name = 'settled_below'").run(rows + 1)
}

function writeOne ({ row, createdAtMs, number, world, insert, sums }) {
  const address = number(ADDRESSES)
  const model = world.models[(address * 7 + number(MODELS_OF_ADDRESS) * 11) % MODELS]
  const [ip, key] = [world.addresses[address], world.keys[address % KEYS]]
  const isError = number(100) === 0
  const counts = isError ? [0, 0, 0] : [200 + number(4_000), number(3) === 0 ? number(3_000) : 0, 20 + number(1_200)]
  const cost = 2_500 * counts[0] + 1_250 * counts[1] + 10_000 * counts[2]
  const durationMs = 300 + number(9_000)
  const { exchange, failure, answer } = isError ? world.failed : world.answered
  insert.exchange.run(row, createdAtMs, letters(number, 12), ip, key, world.chat, number(2), model.name, world.plan,
    exchange.status, durationMs, exchange.error)
  const told = isError ? [null, null, null, null, null] : answerOf(model, counts, number, createdAtMs)
  insert.attempt.run(row * 256 + 1, number(3), model.backend, 40_000_000, answer.outcome, answer.status, failure,
    durationMs - number(9), ...told, cost, answer.grade)
  sums.add(createdAtMs, [ip, key, model.name, model.provider], [...counts, cost], isError)
}

/** First event, upstream id and usage. */
function answerOf (model, [input, cached, output], number, createdAtMs) {
  return [80 + number(900), upstreamKey(model.idOf(number, createdAtMs)), input, cached || null, output]
}

function createWorld (sqlite) {
  const insertName = sqlite.prepare('INSERT INTO names (text) VALUES (?)')
  const name = (text) => Number(insertName.run(text).lastInsertRowid)
  const [chat, answered, reported] = ['chat', 'answered', 'reported'].map(name) // words of the first request
  const providers = PROVIDERS.map((text) => ({ text, id: name(text) }))
  const insertBackend = sqlite.prepare(`INSERT INTO backends (provider, model, model_id, credential, price_version)
    VALUES (?, ?, ?, ?, '0123456789abcdef')`)
  const models = Array.from({ length: MODELS }, (_, at) => {
    const provider = providers[at % providers.length]
    const id = name(`model-${at}`)
    const backend = insertBackend.run(provider.id, id, `model-${at}-2026-08-06`, `${provider.text}#0`).lastInsertRowid
    return { name: id, provider: provider.id, backend: Number(backend), idOf: ID_OF[provider.text] }
  })
  const plan = sqlite.prepare("INSERT INTO plans (digest, text) VALUES (zeroblob(16), '{\"policy\":\"cheapest\"}')").run()
  return {
    models,
    addresses: Array.from({ length: ADDRESSES }, (_, at) => name(`10.0.${at >> 4}.${at & 15}`)),
    keys: Array.from({ length: KEYS }, (_, at) => name(`key_${String(at).padStart(8, '0')}`)),
    chat,
    answered: {
      exchange: { status: 200, error: null },
      failure: null,
      answer: { outcome: answered, status: 200, grade: reported }
    },
    failed: {
      exchange: { status: 502, error: name('every_backend_failed') },
      failure: 'answered 500',
      answer: { outcome: name('failed'), status: 500, grade: name('free') }
    },
    plan: Number(plan.lastInsertRowid)
  }
}

const letters = (number, count) => {
  let text = ''
  for (let at = 0; at < count; at++) text += ALPHABET[number(ALPHABET.length)]
  return text
}
const hex = (number, count) => Array.from({ length: count }, () => number(16).toString(16)).join('')

/** Ids of answers as providers spell them. */
const ID_OF = {
  openai: (number) => `chatcmpl-${letters(number, 29)}`,
  anthropic: (number) => `msg_01${letters(number, 22)}`,
  openrouter: (number, ms) => `gen-${Math.floor(ms / 1000)}-${letters(number, 20)}`,
  groq: (number) => `chatcmpl-${[8, 4, 4, 4, 12].map((count) => hex(number, count)).join('-')}`,
  gemini: (number) => letters(number, 22)
}

function inserts (sqlite) {
  return {
    exchange: sqlite.prepare(`INSERT INTO exchanges (id, created_at_ms, tag, ip, key, task, is_stream, requested_model,
      plan, status, duration_ms, error) VALUES (${'?, '.repeat(11)}?)`),
    attempt: sqlite.prepare(`INSERT INTO attempts (id, started_after_ms, backend, ceiling_nano_usd, outcome,
      upstream_status, reason, duration_ms, first_event_ms, upstream_key, input, cache_read, output, cost_nano_usd, grade)
      VALUES (${'?, '.repeat(14)}?)`)
  }
}

/** Sums of one hour at a time: rows come in the order of time. */
function createSums (sqlite) {
  const insert = sqlite.prepare(`INSERT INTO usage_hourly (hour, ip, key, model, provider, requests, errors, unpriced,
    input, cache_read, cache_write, output, reasoning, cost_nano_usd, first_after_ms, last_after_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 0, ?, 0, ?, ?, ?)`)
  let hour = 0
  const buckets = new Map()
  const write = () => {
    for (const { place, requests, errors, counts, firstMs, lastMs } of buckets.values()) {
      const startMs = hour * HOUR_MS
      insert.run(hour, ...place, requests, errors, ...counts, firstMs - startMs, lastMs - startMs)
    }
    buckets.clear()
  }
  const add = (createdAtMs, place, counts, isError) => {
    const now = Math.floor(createdAtMs / HOUR_MS)
    if (now !== hour) write()
    hour = now
    const name = place.join(' ')
    let bucket = buckets.get(name)
    if (!bucket) {
      bucket = { place, requests: 0, errors: 0, counts: [0, 0, 0, 0], firstMs: createdAtMs }
      buckets.set(name, bucket)
    }
    bucket.requests++
    if (isError) bucket.errors++
    for (let at = 0; at < 4; at++) bucket.counts[at] += counts[at]
    bucket.lastMs = createdAtMs
  }
  return { add, write }
}

/** What a broker does in the background. @returns how long each took, in ms */
export function keepUp (sqlite, endMs) {
  const sealer = createSealer(sqlite)
  const spans = createSpans(sqlite)
  const times = { block: [], span: [] }
  const timed = (list, work) => {
    const beganMs = performance.now()
    const hasMore = work()
    list.push(performance.now() - beganMs)
    return hasMore
  }
  while (timed(times.block, () => sealer.next(endMs) > 0)) { /* the next block */ }
  while (timed(times.span, () => spans.makeNext(Math.floor(endMs / HOUR_MS)))) { /* the next span */ }
  return times
}
