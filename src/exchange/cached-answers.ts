// Requests that may be answered from the cache: found, or made and kept.
//
// DESIGN. What must hold:
// - An answer is found by the digest of everything that made it: whose request it is, its task, the headers that change
//   what is told of it, and its body but for the space between words of JSON; the order of members counts. Two keys
//   never meet.
// - A hit is an exchange of its own, with its row: nothing was sent, so it reserves nothing and costs nothing. It is
//   planned first, so whoever may not use the model any more does not get its answers.
// - Only whole answers of status 200 are kept. Equal requests at once are all made: nobody waits for another.

import { createHash } from 'node:crypto'
import { GatewayError } from '../core/errors.ts'
import type { AttemptIntent, AttemptResult } from '../ledger/ledger.ts'
import type { Plan } from '../routing/plan.ts'
import type { Ask, Exchange } from './ask.ts'
import { CacheWriter } from './cache-writer.ts'
import type { HeldBytes } from './holder.ts'
import type { Outlet } from './outlet.ts'
import type { ExchangeParts } from './parts.ts'
import { refuse } from './refuse.ts'
import type { CacheEntry, CachedAnswer, ResponseCache } from './response-cache.ts'
import { exchangeIntent, ledgerRefusal } from './settle.ts'
import { withoutSpace } from './without-space.ts'

/** The provider of rows whose answer came from the cache. */
export const CACHE_PROVIDER = 'cache'

/** `X-OpenRouter-Cache` and its like. */
export interface CacheWish {
  readonly ttlMs: number
  /** What is kept is forgotten, and the answer is made anew. */
  readonly isCleared: boolean
}

export type CachedParts = Pick<
  ExchangeParts, 'clock' | 'ledger' | 'router' | 'nextTag' | 'describePlan' | 'report' | 'alarm'
> & {
  readonly cache: ResponseCache
  /** Answers that are being written down. */
  readonly held: HeldBytes
  readonly exchange: Exchange
}

export class CachedAnswers {
  readonly #parts: CachedParts

  constructor (parts: CachedParts) {
    this.#parts = parts
  }

  /** Never rejects, as an exchange. */
  async serve (ask: Ask, outlet: Outlet, { ttlMs, isCleared }: CacheWish): Promise<void> {
    const { cache, held, exchange } = this.#parts
    const key = keyOf(ask)
    if (isCleared) cache.forget(key)
    const entry = cache.find(key)
    const plan = entry && this.#planOf(ask)
    if (entry && plan) return await this.#tell(ask, outlet, { entry, plan })
    const headers = ['x-openrouter-cache-status', 'MISS', 'x-openrouter-cache-ttl', String(ttlMs / 1_000)]
    const keep = (answer: CachedAnswer) => {
      const finish = ask.wire.toldFinish(answer.body, answer.contentType)
      cache.keep(key, { ...answer, finish }, ttlMs)
    }
    await exchange(ask, new CacheWriter(outlet, { limitBytes: cache.longestBytes, held, headers, keep }))
  }

  /** Undefined: the request would be refused, which is the exchange's business. A provider may be down meanwhile. */
  #planOf (ask: Ask): Plan | undefined {
    try {
      const plan = this.#parts.router.plan(ask)
      return plan.candidates.length > 0 || plan.excluded.some(({ waitMs }) => waitMs !== undefined) ? plan : undefined
    } catch (error) {
      if (error instanceof GatewayError) return undefined
      throw error
    }
  }

  async #tell (ask: Ask, outlet: Outlet, { entry, plan }: Hit): Promise<void> {
    const { clock, ledger, nextTag, report, alarm } = this.#parts
    const startedMs = clock.monotonicMs()
    const attempt = intentOf(plan, entry, clock.nowMs())
    try {
      const open = await ledger.open(exchangeIntent(ask, plan, this.#parts), attempt)
      const durationMs = clock.monotonicMs() - startedMs
      const settlement = { status: 200, error: undefined, durationMs, attempt: resultOf(entry, durationMs) }
      await ledger.settle(open, settlement).catch((error: unknown) => { alarm(`exchange ${open.id} could not be settled`, error) })
      report({ ...factsOf(ask, entry), id: open.id, status: 200, error: undefined, durationMs })
      this.#write(ask, outlet, { entry, id: open.id })
    } catch (error) {
      const refusal = ledgerRefusal(error)
      const id = `req-${nextTag()}`
      const durationMs = clock.monotonicMs() - startedMs
      report({ ...factsOf(ask, entry), id, status: refusal.status, error: refusal.code, durationMs })
      refuse(outlet, ask, refusal, { id, attempts: [], provider: undefined, metadata: undefined })
    }
  }

  #write ({ wire }: Ask, outlet: Outlet, { entry, id }: { readonly entry: CacheEntry, readonly id: string }): void {
    const { clock } = this.#parts
    const { contentType, ttlMs, keptAtMs, source, modelId } = entry
    const body = wire.retell(entry.body, contentType, { id, createdS: Math.floor(clock.nowMs() / 1_000) })
    outlet.begin(200, [
      'x-request-id', id, 'x-generation-id', id, 'cache-control', 'no-store', 'x-aibroker-attempts', '0',
      'x-aibroker-provider', CACHE_PROVIDER, 'x-aibroker-model', modelId,
      'x-aibroker-cost-usd', '0.000000000', 'x-aibroker-cost-grade', 'free',
      'x-openrouter-cache-status', 'HIT', 'x-openrouter-cache-ttl', String(ttlMs / 1_000),
      'x-openrouter-cache-age', String(Math.floor((clock.monotonicMs() - keptAtMs) / 1_000)),
      'x-openrouter-cache-source-id', source, 'content-type', contentType, 'content-length', String(body.length)
    ])
    outlet.end(body)
  }
}

interface Hit {
  readonly entry: CacheEntry
  readonly plan: Plan
}

function keyOf (ask: Ask): string {
  const { principal: { keyId, ip }, task, envelope, isOpenRouterClient, wantsMetadata, body } = ask
  const owner = keyId === undefined ? `ip ${ip}` : `key ${keyId}`
  const head = [owner, task, envelope.isStream, isOpenRouterClient, wantsMetadata].join('\n')
  const bytes = body.kind === 'json' ? withoutSpace(body.json.bytes) : Buffer.alloc(0) // forms are never cached
  return createHash('sha256').update(`${head}\n`).update(bytes).digest('base64')
}

function intentOf (plan: Plan, { modelId }: CacheEntry, startedAtMs: number): AttemptIntent {
  const { candidates: [first], requestedModel } = plan
  return {
    startedAtMs,
    provider: CACHE_PROVIDER,
    model: first?.model.name ?? requestedModel,
    modelId,
    credentialId: undefined,
    priceVersion: undefined,
    ceiling: 0n,
    ceilingTokens: 0
  }
}

function resultOf ({ source, finish }: CacheEntry, durationMs: number): AttemptResult {
  return {
    outcome: 'answered',
    upstreamStatus: undefined,
    reason: `the answer of ${source}, kept in the cache`,
    durationMs,
    firstEventMs: durationMs,
    upstreamId: undefined,
    finish,
    usage: { input: 0, output: 0 },
    cost: 0n,
    grade: 'free'
  }
}

function factsOf ({ principal: { ip, keyId }, task, envelope }: Ask, { modelId }: CacheEntry) {
  return {
    ip,
    keyId,
    task,
    isStream: envelope.isStream,
    requestedModel: envelope.model,
    provider: CACHE_PROVIDER,
    modelId,
    attempts: 0,
    firstEventMs: undefined,
    usage: {},
    cost: 0n,
    grade: 'free' as const
  }
}
