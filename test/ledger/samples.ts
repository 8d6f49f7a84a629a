// Plausible entries for the ledger; a test names only what it is about.

import type { AttemptIntent, AttemptResult, ExchangeIntent, Settlement } from '../../src/ledger/ledger.ts'

/** 2026-11-21T10:00:00Z, the beginning of an hour. */
export const NOON_MS = Date.UTC(2026, 10, 21, 10)

export function exchangeIntent (changes: Partial<ExchangeIntent> = {}): ExchangeIntent {
  return {
    createdAtMs: NOON_MS,
    tag: 'abcdefGHIJ12',
    ip: '127.0.0.1',
    keyId: 'key_abcdefgh',
    task: 'chat',
    isStream: false,
    requestedModel: 'gpt-4o',
    plan: '{"policy":"cheapest"}',
    ...changes
  }
}

export function attemptIntent (changes: Partial<AttemptIntent> = {}): AttemptIntent {
  return {
    startedAtMs: NOON_MS + 2,
    provider: 'openai',
    model: 'gpt-4o',
    modelId: 'gpt-4o-2024-08-06',
    credentialId: 'openai#0',
    priceVersion: '0123456789abcdef',
    ceiling: 5_000_000n,
    ...changes
  }
}

export function answered (changes: Partial<AttemptResult> = {}): AttemptResult {
  return {
    outcome: 'answered',
    upstreamStatus: 200,
    reason: undefined,
    durationMs: 812,
    firstEventMs: 240,
    upstreamId: 'chatcmpl-1',
    usage: { input: 100, output: 20 },
    cost: 450_000n,
    grade: 'reported',
    ...changes
  }
}

export function failed (changes: Partial<AttemptResult> = {}): AttemptResult {
  return answered({
    outcome: 'failed',
    upstreamStatus: 500,
    reason: 'answered 500',
    durationMs: 31,
    firstEventMs: undefined,
    upstreamId: undefined,
    usage: {},
    cost: 0n,
    grade: 'free',
    ...changes
  })
}

export function settlement (changes: Partial<Settlement> = {}): Settlement {
  return { status: 200, durationMs: 815, error: undefined, attempt: answered(), ...changes }
}
