// The part of the ledger's contract that is about sums: what is counted where, and what a crash leaves to count.

import type { Test } from 'tap'
import { ALL, type OpenBooks } from './books.ts'
import { answered, attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from '../ledger/samples.ts'

export function counting (t: Test, openBooks: OpenBooks): void {
  t.test('a request counts once, under its last attempt; usage and money under the attempt that used them', async (t) => {
    const { ledger, reports } = await openBooks(t)
    const exchange = await ledger.open(exchangeIntent(), attemptIntent({ provider: 'groq', model: 'llama' }))
    const partial = failed({ usage: { input: 50, cache_read: 8, reasoning: 3 }, cost: 1_000n, grade: 'counted' })
    await ledger.retry(exchange, partial, attemptIntent({ provider: 'openai' }))
    await ledger.settle(exchange, settlement())

    const { rows, totals } = reports.usage({ ...ALL, by: 'provider' })
    t.match(rows, [
      { group: 'openai', requests: 1, promptTokens: 100, completionTokens: 20, costNanoUsd: 450_000n },
      { group: 'groq', requests: 0, promptTokens: 58, completionTokens: 3, cachedTokens: 8, reasoningTokens: 3 }
    ])
    t.match(totals, { requests: 1, errors: 0, promptTokens: 158, completionTokens: 23, unpricedRequests: 0 })
    t.equal(totals.costNanoUsd, 451_000n)
  })

  t.test('a request without attempts counts under the model asked for and no provider', async (t) => {
    const { ledger, reports } = await openBooks(t)
    const exchange = await ledger.open(exchangeIntent({ requestedModel: 'nowhere' }), undefined)
    await ledger.settle(exchange, settlement({ status: 404, error: 'unknown_model', attempt: undefined }))
    t.match(reports.usage({ ...ALL, by: 'model' }).rows, [{ group: 'nowhere', requests: 1, errors: 1 }])
    t.match(reports.usage({ ...ALL, by: 'provider' }).rows, [{ group: '', requests: 1 }])
    t.match(reports.usage(ALL).totals, { costNanoUsd: 0n, unpricedRequests: 0 })
  })

  t.test('a request of unknown price is counted as such, not as free', async (t) => {
    const { ledger, reports } = await openBooks(t)
    const exchange = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: undefined, priceVersion: undefined }))
    await ledger.settle(exchange, settlement({ attempt: answered({ cost: undefined, grade: 'unpriced' }) }))
    t.match(reports.usage(ALL).totals, { requests: 1, unpricedRequests: 1, costNanoUsd: 0n })
    t.match(reports.exchange(exchange.id)?.attempts, [{ grade: 'unpriced', costNanoUsd: undefined }])
  })

  t.test('money beyond 2^53 nano-dollars is exact', async (t) => {
    const { ledger, reports } = await openBooks(t)
    const cost = 9_007_199_254_740_993n // 2^53 + 1: the first whole number a double cannot hold
    for (let count = 0; count < 3; count++) {
      const exchange = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: cost }))
      await ledger.settle(exchange, settlement({ attempt: answered({ cost }) }))
    }
    const { rows, totals } = reports.usage({ ...ALL, by: 'model' })
    t.equal(totals.costNanoUsd, 3n * cost)
    t.equal(rows[0]?.byModel[0]?.costNanoUsd, 3n * cost)
    t.equal(reports.usage({ ...ALL, by: 'day' }).rows[0]?.costNanoUsd, 3n * cost)
  })

  t.test('every kind of usage survives', async (t) => {
    const opened = await openBooks(t)
    const usage = {
      input: 1,
      cache_read: 2,
      cache_write: 4,
      cache_write_1h: 8,
      audio_input: 16,
      image_input: 32,
      output: 64,
      reasoning: 128,
      audio_output: 256,
      image_output: 512,
      characters: 1_024,
      audio_ms: 2_048,
      images: 4_096,
      requests: 8_192
    }
    for (const spare of [attemptIntent(), undefined]) { // counted as it settles, and from its rows
      const exchange = await opened.ledger.open(exchangeIntent(), attemptIntent())
      if (spare) await opened.ledger.retry(exchange, failed(), spare)
      await opened.ledger.settle(exchange, settlement({ attempt: answered({ usage }) }))
    }
    t.match(opened.reports.usage(ALL).totals, {
      promptTokens: 2 * 63, completionTokens: 2 * (64 + 128 + 256 + 512), cachedTokens: 4, reasoningTokens: 256
    })
    t.same((await opened.verify()).differences, [])
  })
}

export function recovering (t: Test, openBooks: OpenBooks): void {
  t.test('what an earlier process left open is closed at its ceiling, or as unpriced, and counted', async (t) => {
    const earlier = await openBooks(t)
    const priced = await earlier.ledger.open(exchangeIntent(), attemptIntent({ provider: 'groq', ceiling: 10n }))
    await earlier.ledger.retry(priced, failed({ cost: 1n, grade: 'counted' }), attemptIntent({ ceiling: 70n }))
    const unpriced = await earlier.ledger.open(exchangeIntent(), attemptIntent({ ceiling: undefined }))
    const unsent = await earlier.ledger.open(exchangeIntent(), undefined)
    const done = await earlier.ledger.open(exchangeIntent(), attemptIntent())
    await earlier.ledger.settle(done, settlement())

    const { ledger, reports, recover, verify } = await earlier.reopen()
    t.equal(await recover(NOON_MS + 60_000), 3)

    t.match(reports.exchange(priced.id), {
      status: 0,
      error: 'orphaned',
      attempts: [
        { outcome: 'failed', costNanoUsd: 1n }, { outcome: 'orphaned', grade: 'bounded', costNanoUsd: 70n }
      ]
    })
    t.match(reports.exchange(unpriced.id)?.attempts, [{ outcome: 'orphaned', grade: 'unpriced', costNanoUsd: undefined }])
    t.match(reports.exchange(unsent.id), { status: 0, error: 'orphaned', attempts: [] })
    t.match(reports.exchange(done.id), { status: 200, attempts: [{ grade: 'reported' }] })
    t.match(reports.usage(ALL).totals, { requests: 4, errors: 3, unpricedRequests: 1, costNanoUsd: 450_071n })

    t.equal(await recover(NOON_MS + 60_000), 0, 'once')
    await t.rejects(ledger.settle(priced, settlement()), /settled already/)
    t.match(await verify(), { ok: true, open: 0 })
  })

  t.test('recovery leaves alone what this process has opened', async (t) => {
    const { ledger, reports, recover } = await openBooks(t)
    const exchange = await ledger.open(exchangeIntent(), attemptIntent())
    t.equal(await recover(NOON_MS), 0)
    t.equal(reports.exchange(exchange.id)?.status, undefined)
    await ledger.settle(exchange, settlement())
    t.equal(reports.exchange(exchange.id)?.status, 200)
  })

  t.test('ids go on after a restart', async (t) => {
    const earlier = await openBooks(t)
    const before = await earlier.ledger.open(exchangeIntent(), undefined)
    const { ledger } = await earlier.reopen()
    const after = await ledger.open(exchangeIntent(), undefined)
    t.not(after.id, before.id)
  })
}
