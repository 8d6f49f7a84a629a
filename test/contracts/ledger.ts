// What every ledger does, whatever it is stored in. An adapter's test hands in how to open an empty one.

import type { Test } from 'tap'
import { ALL, type OpenBooks } from './books.ts'
import { counting, recovering } from './ledger-sums.ts'
import { attemptIntent, exchangeIntent, failed, NOON_MS, settlement } from '../ledger/samples.ts'

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

  t.test('names of any length are taken, and cut at 256 characters', async (t) => {
    const { ledger, reports } = await openBooks(t)
    const long = 'm'.repeat(100_000)
    const { id } = await ledger.open(exchangeIntent({ requestedModel: long }), attemptIntent({ modelId: long }))
    t.equal(reports.exchange(id)?.requestedModel, long.slice(0, 256))
    t.equal(reports.exchange(id)?.attempts[0]?.modelId, long.slice(0, 256))
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
    t.equal(first.status, 'fulfilled')
    t.match(second, { status: 'rejected', reason: { message: /settled already/ } })
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
