// The ceiling of an ask: sound for whatever the usage turns out to be, and known exactly when the cost can be.

import fc from 'fast-check'
import t from 'tap'
import type { Price, PriceTerms, ServiceTerms } from '../../src/catalog/catalog.ts'
import { TASKS, type Envelope, type Task } from '../../src/core/ask.ts'
import type { Factor, Rate } from '../../src/core/money.ts'
import {
  INPUT_KINDS, OUTPUT_KINDS, USAGE_KINDS, type Circumstances, type Usage, type UsageKind
} from '../../src/core/usage.ts'
import { costOf } from '../../src/metering/cost.ts'
import { ceilingOf, expectedOf, isPriced, type Offer } from '../../src/metering/estimate.ts'
import { envelope, price } from '../routing/samples.ts'

const TEXT = price({ input: '1', output: '2' })
const UNKNOWN_MODEL = { contextWindow: undefined, maxOutputTokens: undefined }
const ROUNDING = 7n

function offer (changes: Partial<Envelope> = {}, rest: Partial<Offer> = {}): Offer {
  return { task: 'chat', envelope: envelope({ bodyBytes: 1_000, ...changes }), model: UNKNOWN_MODEL, price: TEXT, ...rest }
}

const NO_TERMS: PriceTerms = { tiers: [], services: new Map(), regions: new Map(), least: {} }

function withTerms (terms: Partial<PriceTerms>): Price {
  return { ...TEXT, terms: { ...NO_TERMS, ...terms } }
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

t.test('a limit counts up to twice the window, which input and output share', async (t) => {
  const of = (maxOutputTokens: number, model: Offer['model']) => ceilingOf(offer({ maxOutputTokens }, { model }))
  const model = { contextWindow: 8_000, maxOutputTokens: 500 }
  t.equal(of(16_000, model), inputCost(2_024) + outputCost(16_000) + ROUNDING)
  t.equal(of(2_000_000_000, model), of(16_000, model))
  t.equal(of(2_000_000_000, { ...model, maxOutputTokens: 9_000 }), of(18_000, { ...model, maxOutputTokens: 9_000 }))
  t.equal(of(2_000_000_000, UNKNOWN_MODEL), of(2 * 1_048_576, UNKNOWN_MODEL))
})

t.test('an absurd limit stays within what a usage can be, and a ledger can hold', async (t) => {
  const model = { ...UNKNOWN_MODEL, contextWindow: 10_000_000 }
  const ceiling = ceilingOf(offer({ choices: 128, maxOutputTokens: Number.MAX_SAFE_INTEGER }, { model }))
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

t.test('a dearer tier counts from where the input may reach it on, and not below', async (t) => {
  const tiered = withTerms({ tiers: [{ aboveInput: 10_000, rates: price({ input: '2', output: '3' }).rates }] })
  const of = (bodyBytes: number) => ceilingOf(offer({ bodyBytes, maxOutputTokens: 10 }, { price: tiered }))
  t.equal(of(8_976), 10_000n * 1_000n + 10n * 2_000n + ROUNDING, 'ten thousand tokens at most')
  t.equal(of(8_977), 10_001n * 2_000n + 10n * 3_000n + ROUNDING)
})

t.test('the dearest service tier and region an answer may name are part of it, cheaper ones are not', async (t) => {
  const half = { kind: 'factor', factor: { numerator: 1n, denominator: 2n } } as const
  const double = { kind: 'factor', factor: { numerator: 2n, denominator: 1n } } as const
  const of = (terms: Partial<PriceTerms>) => ceilingOf(offer({ maxOutputTokens: 0 }, { price: withTerms(terms) }))
  t.equal(of({ services: new Map([['flex', half]]) }), inputCost(2_024) + ROUNDING)
  t.equal(of({ services: new Map<string, ServiceTerms>([['flex', half], ['priority', double]]) }), inputCost(4_048) + ROUNDING)
  const both = { services: new Map([['priority', double]]), regions: new Map([['us', { numerator: 11n, denominator: 10n }]]) }
  t.equal(of(both), 2_024n * 2_200n + ROUNDING)
})

t.test('searches and calls of tools that have a cost are part of it, 32 of each', async (t) => {
  const of = (rates: Parameters<typeof price>[0]) =>
    ceilingOf(offer({ maxOutputTokens: 0 }, { price: price({ input: '1', output: '2', ...rates }) }))
  t.equal(of({ searches: '0.01' }), inputCost(2_024) + 320_000_000n + ROUNDING)
  t.equal(of({ tool_calls: '0.001' }), inputCost(2_024) + 32_000_000n + ROUNDING)
})

t.test('the least that is billed is part of it', async (t) => {
  const minute = { ...price({ audio_ms: '0.006' }), terms: { ...NO_TERMS, least: { audio_ms: 60_000 } } }
  t.equal(ceilingOf(offer({ bodyBytes: 10 }, { task: 'transcription', price: minute })), 6_000_000n + ROUNDING)
})

t.test('what the operator adds is part of it', async (t) => {
  const markup = { numerator: 23n, denominator: 20n }
  t.equal(ceilingOf(offer({ maxOutputTokens: 0 }, { markup })), (inputCost(2_024) + ROUNDING) * 115n / 100n + 1n)
  t.equal(ceilingOf(offer({}, { markup, price: price({ input: '0', output: '0' }) })), 0n)
  t.equal(expectedOf(offer({}, { markup })), expectedOf(offer()), 'and not of what is compared')
})

t.test('an offer is expected to cost what its tier for that size costs', async (t) => {
  const tiered = withTerms({ tiers: [{ aboveInput: 1_000, rates: price({ input: '2', output: '4' }).rates }] })
  t.equal(expectedOf(offer({ bodyBytes: 2_048 }, { price: tiered })), expectedOf(offer({ bodyBytes: 2_048 })))
  const plain = expectedOf(offer({ bodyBytes: 4_096 })) ?? NaN
  t.equal(expectedOf(offer({ bodyBytes: 4_096 }, { price: tiered })), 2 * plain)
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
    ['rerank', price({ search_units: '1' }), true],
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

const anyRate: fc.Arbitrary<Rate> = fc.record({
  nanoUsd: fc.bigInt({ min: 0n, max: 10n ** 12n }), per: fc.constantFrom(1n, 7n, 60_000n, 1_000_000n, 10n ** 9n)
})
const anyRates = fc.dictionary(fc.constantFrom(...USAGE_KINDS), anyRate)
const anyFactor: fc.Arbitrary<Factor> = fc.record({
  numerator: fc.bigInt({ min: 1n, max: 500n }), denominator: fc.constantFrom(1n, 3n, 100n)
})
const anyTier = fc.record({ aboveInput: fc.integer({ min: 1, max: 400_000 }), rates: anyRates })
const anyTiers = fc.array(anyTier, { maxLength: 3 })
  .map((tiers) => tiers.sort((one, other) => one.aboveInput - other.aboveInput))
const anyService = fc.oneof(
  anyFactor.map((factor) => ({ kind: 'factor' as const, factor })),
  fc.record({ kind: fc.constant('rates' as const), rates: anyRates, tiers: anyTiers })
)
const anyTerms: fc.Arbitrary<PriceTerms> = fc.record({
  tiers: anyTiers,
  services: fc.dictionary(fc.constantFrom('flex', 'priority'), anyService).map((all) => new Map(Object.entries(all))),
  regions: fc.dictionary(fc.constantFrom('us', 'eu'), anyFactor).map((all) => new Map(Object.entries(all))),
  least: fc.constantFrom({}, { audio_ms: 10_000 }, { characters: 50, audio_ms: 60_000_000 })
})
const NEEDED = ['input', 'output', 'audio_input', 'audio_output', 'image_output'] as const
const anyPrice: fc.Arbitrary<Price> = fc.record({
  version: fc.constant('v'),
  // What a chat has to have for its cost to be known, mostly.
  rates: fc.tuple(anyRates, fc.dictionary(fc.constantFrom<UsageKind[]>(...NEEDED), anyRate))
    .map(([some, needed]) => ({ ...some, ...needed })),
  terms: fc.option(anyTerms, { nil: undefined })
})
const anyCircumstances: fc.Arbitrary<Circumstances> = fc.record({
  service: fc.constantFrom('flex', 'priority', 'scale'), region: fc.constantFrom('us', 'eu', 'mars')
}, { requiredKeys: [] })
const limit = fc.option(fc.integer({ min: 1, max: 200_000 }), { nil: undefined })
const anyOffer = fc.record({
  task: fc.constantFrom(...TASKS),
  price: anyPrice,
  markup: fc.option(anyFactor.filter(({ numerator, denominator }) => numerator >= denominator), { nil: undefined }),
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
  const longest = 2 * Math.max(window, model.maxOutputTokens ?? 0)
  const output = choices * Math.min(longest, maxOutputTokens ?? model.maxOutputTokens ?? window)
  const hasOutput = !['embedding', 'moderation', 'rerank'].includes(task)
  return {
    ...split(INPUT_KINDS, input, shares),
    ...(hasOutput && split(OUTPUT_KINDS, output, shares)),
    ...otherUsage(task, envelope),
    searches: (shares[0] ?? 0) * 3,
    tool_calls: (shares[1] ?? 0) * 3
  }
}

function otherUsage (task: Task, { bodyBytes, choices, characters }: Envelope): Usage {
  if (task === 'speech') return { characters: characters ?? bodyBytes }
  if (task === 'transcription') return { audio_ms: bodyBytes * 2 }
  return task === 'image' ? { images: choices } : task === 'rerank' ? { search_units: 1 } : {}
}

t.test('property: nothing that is consistent with the ask costs more than its ceiling, whatever the answer tells', async (t) => {
  let compared = 0
  let withTerms = 0
  const anyShares = fc.array(fc.nat({ max: 9 }), { minLength: 9, maxLength: 9 })
  fc.assert(fc.property(anyOffer, anyShares, anyCircumstances, (asked, shares, circumstances) => {
    const ceiling = ceilingOf(asked)
    const measured = { usage: consistentUsage(asked, shares), reportedCost: undefined, isTold: true, circumstances }
    const { markup } = asked
    const { amount, markup: added = 0n } = costOf(measured, asked.price, { ceiling: undefined, isFree: false, markup })
    if (ceiling === undefined || amount === undefined) return true
    compared++
    if (asked.price.terms) withTerms++
    return amount + added <= ceiling
  }), { numRuns: 8_000 })
  t.ok(compared > 800 && withTerms > 400, `${compared} were compared, ${withTerms} of them with terms`)
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
