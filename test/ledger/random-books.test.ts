// Five thousand random exchanges with retries, failures and refusals: sums are equal to rows, and to a plain count.

import t from 'tap'
import { COST_GRADES, USAGE_KINDS, type Usage } from '../../src/core/usage.ts'
import type { AttemptResult, ExchangeIntent } from '../../src/ledger/ledger.ts'
import { createRandom, type Random } from './random.ts'
import { answered, attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from './samples.ts'
import { sqliteBooks } from './sqlite-books.ts'

const EXCHANGES = 5_000
const AT_ONCE = 40
const DAY_MS = 86_400_000
/** Written out: the count must not depend on the list it is compared with. */
const PROMPT_KINDS = [
  'input', 'cache_read', 'cache_write', 'cache_write_1h', 'audio_input', 'cached_audio_input', 'image_input',
  'cached_image_input', 'video_input'
] as const
const PROVIDERS = ['openai', 'groq', 'mistral']

t.test('roll-ups are equal to the sums of the rows and to an independent count', async (t) => {
  const random = createRandom(20_261_121)
  const { ledger, reports, verify } = sqliteBooks(t)
  const told = { requests: 0, errors: 0, unpriced: 0, cost: 0n, prompt: 0, completion: 0 }
  const byProvider = new Map<string, bigint>()

  /** What an attempt adds; true when its price was not known. */
  const note = (provider: string, { usage, cost }: AttemptResult): boolean => {
    told.cost += cost ?? 0n
    byProvider.set(provider, (byProvider.get(provider) ?? 0n) + (cost ?? 0n))
    for (const kind of PROMPT_KINDS) told.prompt += usage[kind] ?? 0
    for (const kind of ['output', 'reasoning', 'audio_output', 'image_output'] as const) told.completion += usage[kind] ?? 0
    return cost === undefined
  }

  const refuse = async (intent: ExchangeIntent) => {
    const exchange = await ledger.open(intent, undefined)
    await ledger.settle(exchange, settlement({ status: 404, error: 'nothing_eligible', attempt: undefined }))
    told.requests++
    told.errors++
  }

  const serve = async (intent: ExchangeIntent) => {
    let provider = random.pick(PROVIDERS)
    const startedAtMs = intent.createdAtMs + 1
    const attempt = () => attemptIntent({ provider, startedAtMs, model: random.pick(['small', 'large']) })
    const exchange = await ledger.open(intent, attempt())
    let isUnpriced = false
    for (let retries = random.upTo(3); retries > 0; retries--) {
      const ended = resultOf(random, failed())
      isUnpriced = note(provider, ended) || isUnpriced
      provider = random.pick(PROVIDERS)
      await ledger.retry(exchange, ended, attempt())
    }
    const ended = resultOf(random, answered())
    isUnpriced = note(provider, ended) || isUnpriced
    const error = random.pick([undefined, undefined, 'stream_cut'])
    await ledger.settle(exchange, settlement({ error, attempt: ended }))
    told.requests++
    told.errors += Number(error !== undefined)
    told.unpriced += Number(isUnpriced)
  }

  const one = () => {
    const intent = exchangeIntent({
      createdAtMs: NOON_MS + random.upTo(3 * DAY_MS),
      ip: `10.0.0.${random.upTo(4)}`,
      keyId: random.pick([undefined, 'key_a', 'key_b']),
      requestedModel: random.pick(['small', 'large', '=odd'])
    })
    return random.upTo(9) === 0 ? refuse(intent) : serve(intent)
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

function resultOf (random: Random, result: AttemptResult): AttemptResult {
  const grade = random.pick(COST_GRADES)
  const usage: { -readonly [kind in keyof Usage]: Usage[kind] } = {}
  for (const kind of USAGE_KINDS) if (random.upTo(3) === 0) usage[kind] = random.upTo(5_000)
  const cost = grade === 'unpriced' ? undefined : BigInt(random.upTo(2 ** 31)) * BigInt(random.upTo(1_000))
  return { ...result, usage, cost, grade }
}
