// Usage objects as two dozen servers tell them, to disjoint counts; what was not told stays not told.

import fc from 'fast-check'
import t from 'tap'
import type { JsonObject, JsonValue } from '../../src/core/json.ts'
import { inputTokens, outputTokens, type Measured, type UsageKind } from '../../src/core/usage.ts'
import { measure } from '../../src/exchange/measure.ts'
import { readUsage } from '../../src/wire/openai-chat/usage.ts'
import { envelope } from '../routing/samples.ts'

const told = (usage: Measured['usage'], reportedCost?: bigint): Measured => ({ usage, reportedCost, isTold: true })
const NOTHING: Measured = { usage: {}, reportedCost: undefined, isTold: false }
const doubted = (kind: UsageKind): Measured => ({ ...NOTHING, doubt: `told a count of ${kind} that cannot be true` })

t.test('the two totals alone are input and output', async (t) => {
  t.same(readUsage({ prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 }), told({ input: 12, output: 5 }))
})

t.test('OpenAI: the details are parts of the totals, and the kinds are disjoint', async (t) => {
  t.same(readUsage({
    prompt_tokens: 1_000,
    completion_tokens: 300,
    total_tokens: 1_300,
    prompt_tokens_details: {
      cached_tokens: 600, cache_write_tokens: 100, audio_tokens: 50, image_tokens: 25, text_tokens: 925
    },
    completion_tokens_details: {
      reasoning_tokens: 120, audio_tokens: 30, accepted_prediction_tokens: 4, rejected_prediction_tokens: 2
    }
  }), told({
    input: 225,
    cache_read: 600,
    cache_write: 100,
    audio_input: 50,
    image_input: 25,
    output: 150,
    reasoning: 120,
    audio_output: 30
  }))
})

t.test('details that are null, empty or absent tell nothing, and zero is told as zero', async (t) => {
  const totals = { prompt_tokens: 9, completion_tokens: 1 }
  t.same(readUsage({ ...totals, prompt_tokens_details: null, completion_tokens_details: {} }),
    told({ input: 9, output: 1 }))
  t.same(readUsage({
    ...totals,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: null },
    completion_tokens_details: { reasoning_tokens: 0 }
  }), told({ input: 9, cache_read: 0, output: 1, reasoning: 0 }))
})

t.test('DeepSeek tells cache hits and misses, with the total or without', async (t) => {
  const hits = { prompt_cache_hit_tokens: 80, prompt_cache_miss_tokens: 20, completion_tokens: 5 }
  t.same(readUsage({ ...hits, prompt_tokens: 100 }), told({ input: 20, cache_read: 80, output: 5 }))
  t.same(readUsage(hits), told({ input: 20, cache_read: 80, output: 5 }))
})

t.test('xAI counts reasoning beside the completion: the total proves it', async (t) => {
  const details = { completion_tokens_details: { reasoning_tokens: 40 } }
  t.same(readUsage({ prompt_tokens: 10, completion_tokens: 50, total_tokens: 100, ...details }),
    told({ input: 10, output: 50, reasoning: 40 }))
  t.same(readUsage({ prompt_tokens: 10, completion_tokens: 90, total_tokens: 100, ...details }),
    told({ input: 10, output: 50, reasoning: 40 }), 'inside, as at OpenAI')
  t.same(readUsage({ prompt_tokens: 10, completion_tokens: 30, ...details }),
    told({ input: 10, output: 30, reasoning: 40 }), 'a part is never larger than its whole')
  t.same(readUsage({ prompt_tokens: 10, completion_tokens: 50, ...details }),
    told({ input: 10, output: 10, reasoning: 40 }), 'without proof it is inside')
})

t.test('a part that is larger than its whole cannot be true', async (t) => {
  const totals = { prompt_tokens: 10, completion_tokens: 5 }
  for (const part of ['cached_tokens', 'cache_write_tokens', 'audio_tokens', 'image_tokens']) {
    t.same(readUsage({ ...totals, prompt_tokens_details: { [part]: 11 } }), doubted('input'), part)
    t.match(readUsage({ ...totals, prompt_tokens_details: { [part]: 10 } }), { isTold: true }, part)
  }
  for (const part of ['audio_tokens', 'image_tokens']) {
    t.same(readUsage({ ...totals, completion_tokens_details: { [part]: 6 } }), doubted('output'), part)
  }
})

t.test('reasoning that is larger than the completion cannot be true where the total has no room for both', async (t) => {
  const usage = (total: number) => readUsage({
    prompt_tokens: 10, completion_tokens: 5, total_tokens: total, completion_tokens_details: { reasoning_tokens: 7 }
  })
  t.same(usage(15), doubted('output'), 'the provider counts it inside')
  t.same(usage(21), doubted('output'))
  t.same(usage(22), told({ input: 10, output: 5, reasoning: 7 }), 'and here beside')
})

t.test('parts that overlap leave nothing, not less', async (t) => {
  const details = { cached_tokens: 9, image_tokens: 8 }
  t.same(readUsage({ prompt_tokens: 10, completion_tokens: 1, prompt_tokens_details: details }),
    told({ input: 0, cache_read: 9, image_input: 8, output: 1 }), 'the image was cached')
})

t.test('numbers in strings are numbers', async (t) => {
  t.same(readUsage({ prompt_tokens: '12', completion_tokens: '5', prompt_tokens_details: { cached_tokens: '2' } }),
    told({ input: 10, cache_read: 2, output: 5 }))
})

t.test('P5 usage that is told in part is not told', async (t) => {
  t.same(readUsage({}), NOTHING)
  t.same(readUsage({ prompt_tokens: null, completion_tokens: null }), NOTHING)
  t.same(readUsage({ total_tokens: 17 }), NOTHING)
  t.same(readUsage({ prompt_tokens: 12 }), { ...NOTHING, usage: { input: 12 } })
  t.same(readUsage({ completion_tokens: 5 }), { ...NOTHING, usage: { output: 5 } })
})

t.test('P5 one impossible count discredits all of it, the money included', async (t) => {
  const sound = { prompt_tokens: 12, completion_tokens: 5, cost: 0.01 }
  const impossible: readonly JsonValue[] = [-1, 1.5, 1_000_000_001, 1e300, 'many', '-3', '1.5', '', true, [], {}]
  for (const count of impossible) {
    t.same(readUsage({ ...sound, prompt_tokens: count }), doubted('input'), JSON.stringify(count))
    const details = { reasoning_tokens: count }
    t.match(readUsage({ ...sound, completion_tokens_details: details }), NOTHING, JSON.stringify(count))
  }
})

t.test('money is read from its decimal spelling, exactly, and rounded half up to a nano-dollar', async (t) => {
  const cases: ReadonlyArray<readonly [cost: JsonValue, nanoUsd: bigint | undefined]> = [
    [0.00014, 140_000n],
    [0, 0n],
    ['0.00014', 140_000n],
    [1.4e-7, 140n],
    ['1.4E-07', 140n],
    [0.1, 100_000_000n],
    [12.345678901, 12_345_678_901n],
    [0.00018749999999999998, 187_500n], // the noise of a float sum
    [4.9e-10, 0n],
    [5e-10, 1n],
    [1e-30, 0n],
    ['0.0000000005', 1n],
    [null, undefined],
    [-0.5, undefined],
    ['free', undefined],
    ['', undefined],
    [10_000, 10_000_000_000_000n],
    [10_000.01, undefined], // not the cost of one request
    [999_999.9, undefined],
    [1e300, undefined],
    [true, undefined],
    [{ total_cost: 0.006, input_tokens_cost: 0.001 }, 6_000_000n], // Perplexity
    [{}, undefined]
  ]
  for (const [cost, nanoUsd] of cases) {
    const { reportedCost } = readUsage({ prompt_tokens: 1, completion_tokens: 1, cost })
    t.equal(reportedCost, nanoUsd, JSON.stringify(cost))
  }
})

t.test('OpenRouter with a key of the operator: the fee and the charge of the other provider', async (t) => {
  const usage = (rest: JsonObject) =>
    readUsage({ prompt_tokens: 1, completion_tokens: 1, cost: 0.001, ...rest }).reportedCost
  t.equal(usage({ is_byok: false, cost_details: { upstream_inference_cost: 0.02 } }), 1_000_000n)
  t.equal(usage({ is_byok: true, cost_details: { upstream_inference_cost: 0.02 } }), 21_000_000n)
  const feeOnly = { is_byok: true, cost_details: { upstream_inference_cost: null } }
  t.equal(usage(feeOnly), undefined, 'the fee alone is not the cost')
})

t.test('xAI tells money in ticks, ten billion to the dollar', async (t) => {
  const usage = (ticks: JsonValue) =>
    readUsage({ prompt_tokens: 1, completion_tokens: 1, cost_in_usd_ticks: ticks }).reportedCost
  t.equal(usage(37_756_000), 3_775_600n)
  t.equal(usage(14), 1n)
  t.equal(usage(15), 2n)
  t.equal(usage(null), undefined)
  t.equal(usage(100_000_000_000_001), undefined, 'more than 10,000 dollars')
})

t.test('property: money of up to nine places comes through as it was', async () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 10n ** 13n }), (nanoUsd) => {
    const digits = String(nanoUsd).padStart(10, '0')
    const cost = `${digits.slice(0, -9)}.${digits.slice(-9)}`
    return readUsage({ prompt_tokens: 1, completion_tokens: 1, cost }).reportedCost === nanoUsd &&
      readUsage({ prompt_tokens: 1, completion_tokens: 1, cost: Number(cost) }).reportedCost === nanoUsd
  }))
})

t.test('property: the kinds sum to the totals whenever the parts fit into them', async () => {
  const part = fc.nat({ max: 1_000 })
  const parts = fc.tuple(part, part, part, part)
  fc.assert(fc.property(parts, parts, part, (inParts, outParts, fresh) => {
    const [cached, written, audioIn, imageIn] = inParts
    const [reasoning, audioOut, imageOut, text] = outParts
    const prompt = fresh + cached + written + audioIn + imageIn
    const completion = text + reasoning + audioOut + imageOut
    const { usage, isTold } = readUsage({
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      prompt_tokens_details: {
        cached_tokens: cached, cache_write_tokens: written, audio_tokens: audioIn, image_tokens: imageIn
      },
      completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: audioOut, image_tokens: imageOut }
    })
    return isTold && inputTokens(usage) === prompt && outputTokens(usage) === completion && usage.output === text
  }))
})

t.test('property: whatever is told, no count is negative, fractional or absurd', async () => {
  const name = fc.constantFrom('prompt_tokens', 'completion_tokens', 'total_tokens', 'cost', 'prompt_cache_hit_tokens')
  const count = fc.oneof(fc.nat(), fc.double(), fc.integer(), fc.string(), fc.constant(null), fc.boolean())
  const details = fc.dictionary(fc.constantFrom('cached_tokens', 'reasoning_tokens', 'audio_tokens'), count)
  const usage = fc.tuple(fc.dictionary(name, count), details).map(([top, inner]) =>
    ({ ...top, prompt_tokens_details: inner, completion_tokens_details: inner }) as JsonObject)
  fc.assert(fc.property(usage, (usage) => {
    const { usage: counts, reportedCost } = readUsage(usage)
    return Object.values(counts).every((count) => Number.isInteger(count) && count >= 0 && count <= 1_000_000_000) &&
      (reportedCost === undefined || reportedCost >= 0n)
  }), { numRuns: 2_000 })
})

t.test('embeddings tell their input, some as the total only', async (t) => {
  t.same(measure('embedding', { prompt_tokens: 8, total_tokens: 8 }, envelope()), told({ input: 8 }))
  t.same(measure('embedding', { total_tokens: 8 }, envelope()), told({ input: 8 }))
  t.same(measure('embedding', { object: 'list', data: [] }, envelope()), NOTHING)
})

t.test('transcriptions tell tokens, seconds, or both', async (t) => {
  const read = (usage: JsonObject) => measure('transcription', usage, envelope({ bodyBytes: 500_000 }))
  t.same(read({
    type: 'tokens',
    input_tokens: 14,
    input_token_details: { text_tokens: 4, audio_tokens: 10 },
    output_tokens: 45,
    total_tokens: 59
  }), told({ input: 4, audio_input: 10, output: 45 }))
  t.same(read({ type: 'duration', seconds: 3 }), told({ audio_ms: 3_000 }))
  t.same(read({ seconds: 203.5, prompt_tokens: 4, completion_tokens: 635 }),
    told({ input: 4, output: 635, audio_ms: 203_500 }))
})

t.test('a whole transcript tells its duration, as a number or a string', async (t) => {
  const read = (answer: JsonObject) => measure('transcription', answer, envelope())
  t.same(read({ task: 'transcribe', duration: 8.470000267028809, text: 'hello' }), told({ audio_ms: 8_470 }))
  t.same(read({ duration: '8.47', text: 'hello' }), told({ audio_ms: 8_470 }))
  t.same(read({ text: 'hello' }), NOTHING)
  t.same(read({ duration: 'long' }), doubted('audio_ms'))
  t.same(read({ duration: -1 }), doubted('audio_ms'))
})

t.test('images: tokens with their details, and the number of images', async (t) => {
  t.same(measure('image', {
    input_tokens: 50,
    input_tokens_details: { text_tokens: 10, image_tokens: 40 },
    output_tokens: 1_056,
    output_tokens_details: { image_tokens: 1_000, text_tokens: 56 },
    total_tokens: 1_106
  }, envelope({ choices: 2 })), told({ input: 10, image_input: 40, output: 56, image_output: 1_000, images: 2 }))
  t.same(measure('image', { input_tokens: 5, output_tokens: 1_056 }, envelope()),
    told({ input: 5, output: 0, image_output: 1_056, images: 1 }))
})

t.test('images without usage are counted in the answer; without an answer they are not', async (t) => {
  const two = { created: 1, data: [{ url: 'a' }, { url: 'b' }] }
  t.same(measure('image', two, envelope({ choices: 3 })), { ...NOTHING, usage: { images: 2 } })
  t.same(measure('image', undefined, envelope({ choices: 3 })), NOTHING)
})

t.test('speech is counted in the characters of the request; event streams tell tokens as well', async (t) => {
  const asked = envelope({ characters: 42 })
  t.same(measure('speech', undefined, asked), { ...NOTHING, usage: { characters: 42 } })
  t.same(measure('speech', { input_tokens: 10, output_tokens: 200, total_tokens: 210 }, asked),
    told({ input: 10, audio_output: 200, characters: 42 }))
})

t.test('a moderation is one request, with tokens where they are told', async (t) => {
  t.same(measure('moderation', { id: 'modr-1', results: [] }, envelope()), { ...NOTHING, usage: { requests: 1 } })
  t.same(measure('moderation', { prompt_tokens: 8, completion_tokens: 0 }, envelope()), told({ input: 8, requests: 1 }))
})

t.test('chat and legacy completions without usage tell nothing', async (t) => {
  for (const task of ['chat', 'completion'] as const) {
    t.same(measure(task, undefined, envelope()), NOTHING)
    t.same(measure(task, { id: 'chatcmpl-1', choices: [] }, envelope()), NOTHING)
    t.same(measure(task, { prompt_tokens: 1, completion_tokens: 2 }, envelope()), told({ input: 1, output: 2 }))
  }
})
