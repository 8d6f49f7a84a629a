// The ceiling of an ask: sound for whatever the usage turns out to be, and known exactly when the cost can be.

import fc from 'fast-check'
import t from 'tap'
import type { Price } from '../../src/catalog/catalog.ts'
import { TASKS, type Envelope, type Task } from '../../src/core/ask.ts'
import type { Rate } from '../../src/core/money.ts'
import { inputTokens, outputTokens, USAGE_KINDS, type Usage, type UsageKind } from '../../src/core/usage.ts'
import { costOf } from '../../src/metering/cost.ts'
import { ceilingOf, expectedOf, isPriced, type Offer } from '../../src/metering/estimate.ts'
import { envelope, price } from '../routing/samples.ts'

const TEXT = price({ input: '1', output: '2' })
const UNKNOWN_MODEL = { contextWindow: undefined, maxOutputTokens: undefined }
const ROUNDING = 7n

function offer (changes: Partial<Envelope> = {}, rest: Partial<Offer> = {}): Offer {
  return { task: 'chat', envelope: envelope({ bodyBytes: 1_000, ...changes }), model: UNKNOWN_MODEL, price: TEXT, ...rest }
}

const inputCost = (tokens: number) => BigInt(tokens) * 1_000n
const outputCost = (tokens: number) => BigInt(tokens) * 2_000n

t.test('the answer is bounded by the request, else the model, else its window, else the largest window', async (t) => {
  const input = inputCost(2_024) + ROUNDING
  const model = { contextWindow: 8_000, maxOutputTokens: 500 }
  t.equal(ceilingOf(offer({ maxOutputTokens: 100 }, { model })), input + outputCost(100))
  t.equal(ceilingOf(offer({ maxOutputTokens: 0 }, { model })), input)
  t.equal(ceilingOf(offer({}, { model })), input + outputCost(500))
  t.equal(ceilingOf(offer({}, { model: { ...model, maxOutputTokens: undefined } })), input + outputCost(8_000))
  t.equal(ceilingOf(offer()), input + outputCost(1_048_576))
})

t.test('each choice may be as long as the limit', async (t) => {
  t.equal(ceilingOf(offer({ choices: 3, maxOutputTokens: 100 })), inputCost(2_024) + outputCost(300) + ROUNDING)
})

t.test('so may each draft that is written and not sent', async (t) => {
  const drafts = { choices: 3, drafts: 20, maxOutputTokens: 100 }
  t.equal(ceilingOf(offer(drafts)), inputCost(2_024) + outputCost(2_000) + ROUNDING)
  t.equal(expectedOf(offer(drafts)), expectedOf(offer({ choices: 20, maxOutputTokens: 100 })))
})

t.test('an absurd limit stays within what a usage can be, and a ledger can hold', async (t) => {
  const ceiling = ceilingOf(offer({ choices: 128, maxOutputTokens: Number.MAX_SAFE_INTEGER }))
  t.equal(ceiling, inputCost(2_024) + outputCost(1_000_000_000) + ROUNDING)
})

t.test('tokens are priced at the highest rate they could be billed at', async (t) => {
  const dear = price({ input: '1', cache_write: '5', cache_read: '0.1', output: '2', audio_output: '20' })
  t.equal(ceilingOf(offer({ maxOutputTokens: 10 }, { price: dear })), 2_024n * 5_000n + 10n * 20_000n + ROUNDING)
})

t.test('input that the body does not bound, like an image by its URL, is bounded by the window', async (t) => {
  const withImage = (contextWindow: number | undefined, bodyBytes = 1_000) => ceilingOf(offer(
    { openInputs: 1, maxOutputTokens: 0, bodyBytes }, { model: { ...UNKNOWN_MODEL, contextWindow } }))
  t.equal(withImage(128_000), inputCost(128_000) + ROUNDING)
  t.equal(withImage(128_000, 5_000_000), inputCost(128_000) + ROUNDING)
  t.equal(withImage(undefined), inputCost(1_048_576) + ROUNDING)
  t.equal(withImage(undefined, 5_000_000), inputCost(5_000_000) + ROUNDING)
})

t.test('each embedded item has a window of its own', async (t) => {
  const model = { ...UNKNOWN_MODEL, contextWindow: 8_000 }
  t.equal(ceilingOf(offer({ openInputs: 3 }, { task: 'embedding', model })), inputCost(1_000 + 24_000) + ROUNDING)
})

t.test('embeddings and moderations have no answer to pay for', async (t) => {
  for (const task of ['embedding', 'moderation'] as const) {
    t.equal(ceilingOf(offer({}, { task })), inputCost(1_000) + ROUNDING)
    t.equal(ceilingOf(offer({}, { task, price: price({ input: '1' }) })), inputCost(1_000) + ROUNDING)
  }
})

t.test('speech is bounded by its characters, transcriptions by their bytes, images by their number', async (t) => {
  const of = (task: Task, price: Price, changes: Partial<Envelope> = {}) => ceilingOf(offer(changes, { task, price }))
  t.equal(of('speech', price({ characters: '15' }), { characters: 200 }), 200n * 15_000n + ROUNDING)
  t.equal(of('speech', price({ characters: '15' })), 1_000n * 15_000n + ROUNDING)
  // 1,000,000 bytes at 500 a second are 2,000 seconds.
  const minutes = price({ audio_ms: '0.006' })
  t.equal(of('transcription', minutes, { bodyBytes: 1_000_000 }), 200_000_000n + ROUNDING)
  t.equal(of('transcription', minutes, { bodyBytes: 10 }), 1_000_000n + ROUNDING, 'ten seconds at least')
  t.equal(of('image', price({ images: '0.04' }), { choices: 4 }), 160_000_000n + ROUNDING)
})

t.test('a price for each request is part of it', async (t) => {
  t.equal(ceilingOf(offer({}, { price: price({ requests: '0.01' }) })), 10_000_000n + ROUNDING)
})

t.test('what costs nothing has a ceiling of nothing', async (t) => {
  t.equal(ceilingOf(offer({}, { price: price({ input: '0', output: '0' }) })), 0n)
})

t.test('P5 without a price for all that the task may consume there is no ceiling and no expectation', async (t) => {
  const cases: ReadonlyArray<readonly [task: Task, price: Price | undefined, isKnown: boolean]> = [
    ['chat', undefined, false],
    ['chat', price({ input: '1' }), false],
    ['chat', price({ output: '1' }), false],
    ['chat', price({ images: '1' }), false],
    ['chat', price({ requests: '1', images: '1' }), false],
    ['chat', price({ requests: '1' }), true],
    ['chat', TEXT, true],
    ['embedding', price({ input: '1' }), true],
    ['embedding', price({ output: '1' }), false],
    ['speech', price({ characters: '1' }), true],
    ['speech', price({ audio_ms: '1' }), false],
    ['transcription', price({ audio_ms: '1' }), true],
    ['image', price({ images: '1' }), true],
    ['image', price({ input: '1', images: '1' }), true]
  ]
  for (const [task, price, isKnown] of cases) {
    const asked = offer({}, { task, price })
    const name = JSON.stringify([task, price?.version])
    t.equal(isPriced(task, price), isKnown, name)
    t.equal(ceilingOf(asked) !== undefined, isKnown, name)
    t.equal(expectedOf(asked) !== undefined, isKnown, name)
  }
})

t.test('the expectation grows with the body and with the answer, up to a usual length', async (t) => {
  const expected = (changes: Partial<Envelope>) => expectedOf(offer(changes)) ?? NaN
  t.equal(expected({ bodyBytes: 4_096 }), 1_536 * 1_000 + 500 * 2_000)
  t.equal(expected({ bodyBytes: 8_192 }), 3_072 * 1_000 + 500 * 2_000)
  t.equal(expected({ bodyBytes: 4_096, maxOutputTokens: 10 }), 1_536 * 1_000 + 10 * 2_000)
  t.equal(expected({ bodyBytes: 4_096, maxOutputTokens: 90_000 }), expected({ bodyBytes: 4_096 }))
  t.equal(expected({ bodyBytes: 4_096, choices: 2 }), 1_536 * 1_000 + 1_000 * 2_000)
})

t.test('requests of about one size are expected to cost the same, so that their plans are equal', async (t) => {
  const sizes = [4_096, 5_000, 6_000, 7_000, 8_191].map((bodyBytes) => expectedOf(offer({ bodyBytes })))
  t.equal(new Set(sizes).size, 1)
  t.not(expectedOf(offer({ bodyBytes: 8_192 })), sizes[0])
  t.not(expectedOf(offer({ bodyBytes: 4_095 })), sizes[0])
  t.ok((expectedOf(offer({ bodyBytes: 2_097_152_000 })) ?? 0) > 0, 'nor is the largest body there can be')
  t.ok(Number.isFinite(expectedOf(offer({ bodyBytes: 0 }))), 'an empty body is no trap')
})

const INPUTS = ['input', 'cache_read', 'cache_write', 'cache_write_1h', 'audio_input', 'image_input'] as const
const OUTPUTS = ['output', 'reasoning', 'audio_output', 'image_output'] as const

const anyRate: fc.Arbitrary<Rate> = fc.record({
  nanoUsd: fc.bigInt({ min: 0n, max: 10n ** 12n }), per: fc.constantFrom(1n, 7n, 60_000n, 1_000_000n, 10n ** 9n)
})
const anyPrice = fc.dictionary(fc.constantFrom(...USAGE_KINDS), anyRate).map((rates): Price => ({ version: 'v', rates }))
const limit = fc.option(fc.integer({ min: 1, max: 200_000 }), { nil: undefined })
const anyOffer = fc.record({
  task: fc.constantFrom(...TASKS),
  price: anyPrice,
  model: fc.record({ contextWindow: limit, maxOutputTokens: limit }),
  envelope: fc.record({
    bodyBytes: fc.integer({ min: 2, max: 1_000_000 }),
    maxOutputTokens: limit,
    choices: fc.integer({ min: 1, max: 8 }),
    characters: limit,
    openInputs: fc.constantFrom(undefined, 0, 1)
  }).map((changes) => envelope(changes))
})

/** `total` in whole tokens by shares: together no more than it. */
function split (kinds: readonly UsageKind[], total: number, shares: readonly number[]): Usage {
  const sum = shares.reduce((sum, share) => sum + share, 0) || 1
  return Object.fromEntries(kinds.map((kind, at) => [kind, Math.floor(total * (shares[at] ?? 0) / sum)]))
}

/** The most that an answer to the ask may consume, its tokens by kinds in any proportion. */
function consistentUsage ({ task, envelope, model }: Omit<Offer, 'price'>, shares: readonly number[]): Usage {
  const { bodyBytes, choices, maxOutputTokens, openInputs } = envelope
  const window = model.contextWindow ?? 1_048_576
  const input = openInputs ? window : bodyBytes
  const output = choices * (maxOutputTokens ?? model.maxOutputTokens ?? window)
  const hasOutput = task !== 'embedding' && task !== 'moderation'
  return {
    ...split(INPUTS, input, shares),
    ...(hasOutput && split(OUTPUTS, output, shares)),
    ...otherUsage(task, envelope)
  }
}

function otherUsage (task: Task, { bodyBytes, choices, characters }: Envelope): Usage {
  if (task === 'speech') return { characters: characters ?? bodyBytes }
  if (task === 'transcription') return { audio_ms: bodyBytes * 2 }
  return task === 'image' ? { images: choices } : {}
}

t.test('property: no usage that is consistent with the ask costs more than its ceiling', async (t) => {
  let compared = 0
  fc.assert(fc.property(anyOffer, fc.array(fc.nat({ max: 9 }), { minLength: 6, maxLength: 6 }), (asked, shares) => {
    const ceiling = ceilingOf(asked)
    const usage = consistentUsage(asked, shares)
    const measured = { usage, reportedCost: undefined, isTold: true }
    const { amount } = costOf(measured, asked.price, { ceiling: undefined, isFree: false })
    if (ceiling === undefined || amount === undefined) return true
    compared++
    return amount <= ceiling
  }), { numRuns: 5_000 })
  t.ok(compared > 1_000, `${compared} were compared`)
})

t.test('property: the ceiling grows with the body, the choices and the limit', async () => {
  fc.assert(fc.property(anyOffer, (asked) => {
    const ceiling = ceilingOf(asked)
    const { bodyBytes, choices } = asked.envelope
    const envelope = { ...asked.envelope, bodyBytes: bodyBytes * 2, choices: choices + 1 }
    const larger = ceilingOf({ ...asked, envelope })
    return ceiling === undefined ? larger === undefined : larger !== undefined && larger >= ceiling
  }))
})

t.test('the kinds of the test are all token kinds of the ledger', async (t) => {
  t.equal(inputTokens(Object.fromEntries(INPUTS.map((kind) => [kind, 1]))), INPUTS.length)
  t.equal(outputTokens(Object.fromEntries(OUTPUTS.map((kind) => [kind, 1]))), OUTPUTS.length)
})
