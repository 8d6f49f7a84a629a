// Five thousand random exchanges with retries, failures and refusals: sums are equal to rows, and to a plain count.

import t from 'tap'
import { COST_GRADES, USAGE_KINDS, type Usage } from '../../src/core/usage.ts'
import type { AttemptResult, OpenExchange } from '../../src/ledger/ledger.ts'
import { createRandom, type Random } from './random.ts'
import { answered, attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from './samples.ts'
import { sqliteBooks } from './sqlite-books.ts'

const EXCHANGES = 5_000
const AT_ONCE = 40
const DAY_MS = 86_400_000

t.test('roll-ups are equal to the sums of the rows and to an independent count', async (t) => {
  const random = createRandom(20_261_121)
  const { ledger, reports, verify } = sqliteBooks(t)
  const told = { requests: 0, errors: 0, unpriced: 0, cost: 0n, prompt: 0, completion: 0 }
  const byProvider = new Map<string, bigint>()

  const note = (provider: string, { usage, cost }: AttemptResult) => {
    told.cost += cost ?? 0n
    byProvider.set(provider, (byProvider.get(provider) ?? 0n) + (cost ?? 0n))
    for (const kind of ['input', 'cache_read', 'cache_write', 'cache_write_1h', 'audio_input', 'image_input'] as const) {
      told.prompt += usage[kind] ?? 0
    }
    for (const kind of ['output', 'reasoning', 'audio_output', 'image_output'] as const) told.completion += usage[kind] ?? 0
  }

  const one = async () => {
    const createdAtMs = NOON_MS + random.upTo(3 * DAY_MS)
    const intent = exchangeIntent({
      createdAtMs,
      ip: `10.0.0.${random.upTo(4)}`,
      keyId: random.pick([undefined, 'key_a', 'key_b']),
      requestedModel: random.pick(['small', 'large', '=odd'])
    })
    let provider = random.pick(['openai', 'groq', 'mistral'])
    const isSent = random.upTo(9) > 0
    const attempt = () => attemptIntent({ provider, startedAtMs: createdAtMs + 1, model: random.pick(['small', 'large']) })
    const exchange: OpenExchange = await ledger.open(intent, isSent ? attempt() : undefined)
    let isUnpriced = false
    for (let retries = isSent ? random.upTo(3) : 0; retries > 0; retries--) {
      const ended = resultOf(random, false)
      note(provider, ended)
      isUnpriced ||= ended.cost === undefined
      provider = random.pick(['openai', 'groq', 'mistral'])
      await ledger.retry(exchange, ended, attempt())
    }
    const error = isSent ? random.pick([undefined, undefined, 'stream_cut']) : 'nothing_eligible'
    const ended = isSent ? resultOf(random, true) : undefined
    if (ended) {
      note(provider, ended)
      isUnpriced ||= ended.cost === undefined
    }
    await ledger.settle(exchange, settlement({ status: error ? 502 : 200, error, attempt: ended }))
    told.requests++
    if (error) told.errors++
    if (isUnpriced) told.unpriced++
  }

  for (let done = 0; done < EXCHANGES; done += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, one))

  t.match(verify(), { ok: true, differences: [], exchanges: EXCHANGES, open: 0, costNanoUsd: told.cost })
  for (const by of ['ip', 'key', 'model', 'provider', 'day'] as const) {
    const { rows, totals } = reports.usage({ by, sinceMs: undefined, untilMs: undefined, ip: undefined })
    t.match(totals, {
      requests: told.requests,
      errors: told.errors,
      unpricedRequests: told.unpriced,
      costNanoUsd: told.cost,
      promptTokens: told.prompt,
      completionTokens: told.completion
    }, `by ${by}`)
    t.equal(rows.flatMap(({ byModel }) => byModel).reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0n), told.cost)
    if (by !== 'provider') continue
    for (const { group, costNanoUsd } of rows) t.equal(costNanoUsd, byProvider.get(group) ?? 0n, `cost of ${group}`)
  }
})

function resultOf (random: Random, isAnswer: boolean): AttemptResult {
  const grade = random.pick(COST_GRADES)
  const usage: { -readonly [kind in keyof Usage]: Usage[kind] } = {}
  for (const kind of USAGE_KINDS) if (random.upTo(3) === 0) usage[kind] = random.upTo(5_000)
  const cost = grade === 'unpriced' ? undefined : BigInt(random.upTo(2 ** 31)) * BigInt(random.upTo(1_000))
  return isAnswer ? answered({ usage, cost, grade }) : failed({ usage, cost, grade })
}
