// What every ledger does, whatever it is stored in. An adapter's test hands in how to open an empty one.

import type { Test } from 'tap'
import type { Ledger } from '../../src/ledger/ledger.ts'
import type { Reports, UsageQuery } from '../../src/ledger/reports.ts'
import type { VerifyReport } from '../../src/ledger/verify.ts'
import { answered, attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from '../ledger/samples.ts'

export interface Books {
  readonly ledger: Ledger
  readonly reports: Reports
  verify (): VerifyReport | Promise<VerifyReport>
  /** Closes what an earlier process left open; returns how many. Called once after `reopen`. */
  recover (nowMs: number): number | Promise<number>
  /** The same store as a new process finds it: what is running now is lost. */
  reopen (): Promise<Books>
}

export type OpenBooks = (t: Test) => Books | Promise<Books>

const ALL: UsageQuery = { by: 'ip', sinceMs: undefined, untilMs: undefined, ip: undefined }

export function ledgerContract (t: Test, openBooks: OpenBooks): void {
  recording(t, openBooks)
  settling(t, openBooks)
  counting(t, openBooks)
  recovering(t, openBooks)
}

function recording (t: Test, openBooks: OpenBooks): void {
  t.test('an exchange can be read as soon as open resolves, still running', async (t) => {
    const { ledger, reports } = await openBooks(t)
    const { id } = await ledger.open(exchangeIntent({ isStream: true }), attemptIntent())

    t.match(id, /^gen-1795255200-[0-9a-z]{8}abcdefGHIJ12$/)
    t.same(reports.exchange(id), {
      id,
      createdAtMs: NOON_MS,
      ip: '127.0.0.1',
      keyId: 'key_abcdefgh',
      task: 'chat',
      isStream: true,
      requestedModel: 'gpt-4o',
      status: undefined,
      error: undefined,
      durationMs: undefined,
      plan: '{"policy":"cheapest"}',
      attempts: [{
        number: 1,
        provider: 'openai',
        model: 'gpt-4o',
        modelId: 'gpt-4o-2024-08-06',
        credentialId: 'openai#0',
        startedAtMs: NOON_MS + 2,
        outcome: undefined,
        upstreamStatus: undefined,
        reason: undefined,
        durationMs: undefined,
        firstEventMs: undefined,
        costNanoUsd: undefined,
        grade: undefined,
        priceVersion: '0123456789abcdef'
      }]
    })
  })

  t.test('a running exchange is in no report', async (t) => {
    const { ledger, reports } = await openBooks(t)
    await ledger.open(exchangeIntent(), attemptIntent())
    t.same(reports.usage(ALL).rows, [])
  })

  t.test('a settled exchange tells how it ended', async (t) => {
    const { ledger, reports } = await openBooks(t)
    const exchange = await ledger.open(exchangeIntent({ keyId: undefined }), attemptIntent({
      credentialId: undefined, priceVersion: undefined
    }))
    await ledger.settle(exchange, settlement({ status: 502, error: 'stream_cut', durationMs: 900.4 }))

    const record = reports.exchange(exchange.id)
    t.match(record, { status: 502, error: 'stream_cut', durationMs: 900 })
    t.equal(record?.keyId, undefined)
    t.match(record?.attempts, [{
      outcome: 'answered', upstreamStatus: 200, durationMs: 812, firstEventMs: 240, grade: 'reported'
    }])
    t.equal(record?.attempts[0]?.costNanoUsd, 450_000n)
    t.equal(record?.attempts[0]?.credentialId, undefined)
    t.equal(record?.attempts[0]?.priceVersion, undefined)
  })

  t.test('an exchange is found by its whole id only', async (t) => {
    const { ledger, reports } = await openBooks(t)
    const { id } = await ledger.open(exchangeIntent(), undefined)
    t.ok(reports.exchange(id))
    t.equal(reports.exchange(id.replace('abcdef', 'abcdeg')), undefined, 'another tag')
    t.equal(reports.exchange(id.replace('1795255200', '1795255201')), undefined, 'another second')
    t.equal(reports.exchange('gen-1795255200-zzzzzzzzabcdefGHIJ12'), undefined, 'a row that is not there')
    t.equal(reports.exchange('chatcmpl-1'), undefined, 'not an id of ours')
  })

  t.test('names and plans of every kind come back as they were', async (t) => {
    const { ledger, reports } = await openBooks(t)
    const odd = exchangeIntent({ ip: '::1', requestedModel: "o'neil/✓ \u{1f600} --", plan: '{"p":"\\u0000✓"}' })
    const { id } = await ledger.open(odd, undefined)
    t.match(reports.exchange(id), { ip: '::1', requestedModel: odd.requestedModel, plan: odd.plan })
  })
}

function settling (t: Test, openBooks: OpenBooks): void {
  t.test('retry closes one attempt and opens the next', async (t) => {
    const { ledger, reports } = await openBooks(t)
    const exchange = await ledger.open(exchangeIntent(), attemptIntent({ provider: 'groq' }))
    await ledger.retry(exchange, failed(), attemptIntent({ provider: 'openai', startedAtMs: NOON_MS + 40 }))

    const running = reports.exchange(exchange.id)
    t.match(running?.attempts, [
      { number: 1, provider: 'groq', outcome: 'failed', upstreamStatus: 500, reason: 'answered 500', costNanoUsd: 0n },
      { number: 2, provider: 'openai', startedAtMs: NOON_MS + 40 }
    ])
    t.equal(running?.attempts[1]?.outcome, undefined)

    await ledger.settle(exchange, settlement())
    t.match(reports.exchange(exchange.id)?.attempts, [{ outcome: 'failed' }, { outcome: 'answered' }])
  })

  t.test('a second settlement is refused and changes nothing', async (t) => {
    const { ledger, reports } = await openBooks(t)
    const exchange = await ledger.open(exchangeIntent(), attemptIntent())
    await ledger.settle(exchange, settlement())
    const before = reports.usage(ALL)

    await t.rejects(ledger.settle(exchange, settlement({ status: 500 })), /settled already/)
    await t.rejects(ledger.retry(exchange, failed(), attemptIntent()), /settled already/)
    t.equal(reports.exchange(exchange.id)?.status, 200)
    t.same(reports.usage(ALL), before)
  })

  t.test('of two settlements in one turn the first wins', async (t) => {
    const { ledger, reports } = await openBooks(t)
    const exchange = await ledger.open(exchangeIntent(), attemptIntent())
    const [first, second] = await Promise.allSettled([
      ledger.settle(exchange, settlement()), ledger.settle(exchange, settlement({ status: 500 }))
    ])
    t.match([first.status, second.status], ['fulfilled', 'rejected'])
    t.match(reports.usage(ALL).totals, { requests: 1, errors: 0 })
  })

  t.test('retry and settle of one turn are applied in order', async (t) => {
    const { ledger, reports } = await openBooks(t)
    const exchange = await ledger.open(exchangeIntent(), attemptIntent())
    await Promise.all([
      ledger.retry(exchange, failed(), attemptIntent()),
      ledger.settle(exchange, settlement())
    ])
    t.match(reports.exchange(exchange.id)?.attempts, [{ outcome: 'failed' }, { outcome: 'answered' }])
  })

  t.test('an attempt whose result is missing is booked at its ceiling, not at zero', async (t) => {
    const { ledger, reports } = await openBooks(t)
    const exchange = await ledger.open(exchangeIntent(), attemptIntent({ ceiling: 7n }))
    await ledger.settle(exchange, settlement({ status: 500, error: 'internal', attempt: undefined }))
    t.match(reports.exchange(exchange.id)?.attempts, [{ outcome: 'orphaned', grade: 'bounded', costNanoUsd: 7n }])
    t.equal(reports.usage(ALL).totals.costNanoUsd, 7n)
  })

  t.test('a result without an attempt is refused, and the exchange can still be settled', async (t) => {
    const { ledger, reports } = await openBooks(t)
    const exchange = await ledger.open(exchangeIntent(), undefined)
    await t.rejects(ledger.settle(exchange, settlement()))
    await ledger.settle(exchange, settlement({ status: 404, error: 'nothing_eligible', attempt: undefined }))
    t.equal(reports.exchange(exchange.id)?.status, 404)
    t.equal(reports.usage(ALL).totals.requests, 1)
  })

  t.test('what is handed in before flush and close is committed by them', async (t) => {
    const books = await openBooks(t)
    const opened = books.ledger.open(exchangeIntent(), attemptIntent())
    await books.ledger.flush()
    const exchange = await opened
    t.ok(books.reports.exchange(exchange.id))
    const settled = books.ledger.settle(exchange, settlement())
    const again = await books.reopen()
    await settled
    t.equal(await again.recover(NOON_MS), 0)
    t.equal(again.reports.exchange(exchange.id)?.status, 200)
  })

  t.test('a closed ledger takes nothing', async (t) => {
    const { ledger } = await openBooks(t)
    const exchange = await ledger.open(exchangeIntent(), undefined)
    await ledger.close()
    await t.rejects(ledger.open(exchangeIntent(), undefined), { code: 'ledger_unavailable' })
    await t.rejects(ledger.settle(exchange, settlement({ attempt: undefined })), { code: 'ledger_unavailable' })
    await t.resolves(ledger.close())
  })
}

function counting (t: Test, openBooks: OpenBooks): void {
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
      input: 1, cache_read: 2, cache_write: 4, cache_write_1h: 8, audio_input: 16, image_input: 32,
      output: 64, reasoning: 128, audio_output: 256, image_output: 512,
      characters: 1_024, audio_ms: 2_048, images: 4_096, requests: 8_192
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

function recovering (t: Test, openBooks: OpenBooks): void {
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

    t.match(reports.exchange(priced.id), { status: 0, error: 'orphaned', attempts: [
      { outcome: 'failed', costNanoUsd: 1n }, { outcome: 'orphaned', grade: 'bounded', costNanoUsd: 70n }
    ] })
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
