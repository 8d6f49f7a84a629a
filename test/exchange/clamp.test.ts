// A turn that is made to fit a budget: the largest limit of output tokens whose bound is within the room that is left.

import fc from 'fast-check'
import t from 'tap'
import type { Ask } from '../../src/exchange/ask.ts'
import { changedTurn } from '../../src/exchange/changed-turn.ts'
import { fittingOutput } from '../../src/exchange/clamp.ts'
import type { Turn } from '../../src/exchange/turns.ts'
import { backend, envelope, model, price } from '../routing/samples.ts'

function asked (maxOutputTokens: number | undefined, contextWindow: number | undefined) {
  const served = backend('openai:gpt-4o', { price: price({ input: '1', output: '2.000000001' }) })
  const candidate = { backend: served, model: model('m', [served], { contextWindow }), ceiling: 1n }
  const ask = { task: 'chat', envelope: envelope({ maxOutputTokens }), body: { kind: 'json' } } as unknown as Ask
  const turn = { candidate } as unknown as Turn
  const boundOf = (limit: number) => changedTurn(ask, turn, { clampedOutput: limit }).candidate.ceiling ?? 0n
  return { boundOf, fitting: (usd: bigint) => fittingOutput(ask, turn, { usd, tokens: undefined }) }
}

const window = fc.option(fc.integer({ min: 100, max: 2_000_000 }), { nil: undefined })
const limit = fc.option(fc.integer({ min: 16, max: 2_000_000_000 }), { nil: undefined })

t.test('property: it fits, and a longer one would not, or is of no use', async () => {
  const anyRoom = fc.bigInt({ min: 0n, max: 10n ** 10n })
  fc.assert(fc.property(window, limit, anyRoom, (contextWindow, maxOutputTokens, room) => {
    const { boundOf, fitting } = asked(maxOutputTokens, contextWindow)
    const most = fitting(room)
    if (most === undefined) return boundOf(16) > room || (maxOutputTokens ?? 16) < 16
    const longest = 2 * (contextWindow ?? 1_048_576)
    return boundOf(most) <= room && (most >= Math.min(maxOutputTokens ?? Infinity, longest) || boundOf(most + 1) > room)
  }), { numRuns: 2_000 })
})

t.test('a limit far above the window is made smaller as quickly as any other', async (t) => {
  const { boundOf, fitting } = asked(2_000_000_000, 8_000)
  const room = boundOf(5_000)
  const from = performance.now()
  for (let runs = 0; runs < 100; runs++) t.equal(fitting(room), 5_000)
  t.ok(performance.now() - from < 1_000, 'it is not tried one by one')
})
