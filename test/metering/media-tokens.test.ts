// Images and recordings: the bound is never below what a provider bills by its own formula, resizing included.

import fc from 'fast-check'
import t from 'tap'
import type { ImageInput, ImageSize } from '../../src/core/media.ts'
import { mediaFamilyOf } from '../../src/metering/media-families.ts'
import { mostMediaTokens } from '../../src/metering/media-tokens.ts'

function image (size: ImageSize | undefined, isLowDetail = false): ImageInput {
  return { kind: 'image', isLowDetail, size }
}

const FRAME = 64
const most = (modelId: string, size: ImageSize | undefined, isLowDetail = false) =>
  (mostMediaTokens([image(size, isLowDetail)], modelId) ?? NaN) - FRAME
const px = (widthPx: number, heightPx: number) => ({ widthPx, heightPx })

// What the vendors' pages say, step by step, as they would bill it.

function shrunk (size: ImageSize, scale: number): ImageSize {
  const side = (px: number) => Math.max(1, Math.round(px * scale))
  return scale >= 1 ? size : px(side(size.widthPx), side(size.heightPx))
}
const longest = ({ widthPx, heightPx }: ImageSize) => Math.max(widthPx, heightPx)
const shortest = ({ widthPx, heightPx }: ImageSize) => Math.min(widthPx, heightPx)
const squares = ({ widthPx, heightPx }: ImageSize, side: number) =>
  Math.ceil(widthPx / side) * Math.ceil(heightPx / side)

const tileBill = (base: number, tile: number) => (size: ImageSize) => {
  const inSquare = shrunk(size, 2_048 / longest(size))
  return base + tile * squares(shrunk(inSquare, 768 / shortest(inSquare)), 512)
}

/** The two factors of the page, then whole pixels. */
const patchBill = (budget: number, factor: number) => (size: ImageSize) => {
  if (squares(size, 32) <= budget) return squares(size, 32) * factor
  const { widthPx, heightPx } = size
  const shrink = Math.sqrt(1_024 * budget / (widthPx * heightPx))
  const fit = (side: number) => Math.floor(side * shrink / 32) / (side * shrink / 32)
  const adjusted = shrink * Math.min(fit(widthPx), fit(heightPx))
  const small = px(Math.max(1, Math.floor(widthPx * adjusted)), Math.max(1, Math.floor(heightPx * adjusted)))
  return Math.min(budget, squares(small, 32)) * factor
}

const claudeBill = (longestPx: number, mostTokens: number) => (size: ImageSize) => {
  const fits = shrunk(size, longestPx / longest(size))
  const tokens = squares(fits, 28)
  return tokens <= mostTokens ? tokens : Math.min(mostTokens, squares(shrunk(fits, Math.sqrt(mostTokens / tokens)), 28))
}

const geminiBill = (size: ImageSize) => {
  if (longest(size) <= 384) return 258
  const fits = shrunk(size, 3_072 / longest(size))
  return 258 * squares(fits, Math.min(768, Math.max(256, Math.floor(shortest(fits) / 1.5))))
}

const BILLS: ReadonlyArray<readonly [modelId: string, bill: (size: ImageSize) => number]> = [
  ['gpt-4o', tileBill(85, 170)],
  ['gpt-4.1-2025-04-14', tileBill(85, 170)],
  ['gpt-4o-mini', tileBill(2_833, 5_667)],
  ['o3', tileBill(75, 150)],
  ['gpt-5', tileBill(70, 140)],
  ['gpt-4.1-mini', patchBill(1_536, 1.62)],
  ['gpt-5-nano', patchBill(1_536, 2.46)],
  ['o4-mini', patchBill(1_536, 1.72)],
  ['gpt-5.2', patchBill(1_536, 1.2)],
  ['gpt-5.4-mini', patchBill(2_500, 1.2)],
  ['openai/gpt-5.4', patchBill(2_500, 1.2)],
  ['gpt-5.5', patchBill(10_000, 1.2)],
  ['gpt-5.6-sol', patchBill(Infinity, 1.2)],
  ['claude-3-5-sonnet-20241022', claudeBill(1_568, 1_568)],
  ['anthropic/claude-opus-4.6', (size) => Math.min(1_600, size.widthPx * size.heightPx / 750)],
  ['claude-opus-4-7', claudeBill(2_576, 4_784)],
  ['claude-sonnet-5', claudeBill(2_576, 4_784)],
  ['google/gemini-2.5-flash', geminiBill],
  ['gemini-3-flash-preview', () => 2_240]
]

const anySide = fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: 65_535 }))
const anySize = fc.record({ widthPx: anySide, heightPx: anySide })

for (const [modelId, bill] of BILLS) {
  t.test(`property: ${modelId} bills no image of known size for more than its bound`, async () => {
    fc.assert(fc.property(anySize, (size) => bill(size) <= most(modelId, size)), { numRuns: 3_000 })
  })

  t.test(`property: ${modelId} bills no image of unknown size for more than its bound`, async (t) => {
    if (mostMediaTokens([image(undefined)], modelId) === undefined) return t.match(modelId, /^gpt-5\.6/, 'no limit is published')
    fc.assert(fc.property(anySize, (size) => bill(size) <= most(modelId, undefined)), { numRuns: 3_000 })
  })
}

t.test('the examples of the vendors\' pages', async (t) => {
  t.equal(most('gpt-4o', px(1_024, 1_024)), 765)
  t.equal(most('gpt-4o', px(2_048, 4_096)), 1_105)
  t.equal(most('gpt-4o', px(4_096, 8_192), true), 85)
  t.equal(most('gpt-4.1-mini', px(1_024, 1_024)), Math.ceil(1_024 * 1.62))
  t.equal(most('claude-3-haiku-20240307', px(1_000, 1_000)), 1_334)
  t.equal(most('gemini-2.0-flash-001', px(384, 384)), 258)
  t.equal(most('gemini-2.5-pro', px(960, 540)), 6 * 258)
})

t.test('low detail is billed as less only by models that count tiles', async (t) => {
  t.equal(most('gpt-4.1-mini', px(1_024, 1_024), true), most('gpt-4.1-mini', px(1_024, 1_024)))
  t.equal(most('claude-opus-4-5-20251101', undefined, true), 1_600)
  t.equal(most('gpt-4o-mini', undefined, true), 2_833)
})

t.test('models that nobody documents have no family, nor have variants that add text of their own', async (t) => {
  for (const id of [
    'gpt-4o-2', 'gpt-4o:online', 'my-gpt-4o', 'gpt-4o-search-preview', 'ft:gpt-4o:acme', 'gpt-5.1', 'gpt-6', 'claude-6',
    'claude-opus-6', 'gemini-4-pro', 'gemini-2.5-flash:online', 'llava', '', '/'
  ]) t.equal(mediaFamilyOf(id), undefined, id)
  for (const id of [
    'claude-3-opus-latest', 'claude-3.5-haiku', 'claude-3-7-sonnet-20250219', 'claude-sonnet-4-20250514', 'claude-opus-4.1',
    'claude-haiku-4.5', 'claude-opus-4.8', 'claude-fable-5', 'claude-sonnet-5.5', 'gemini-3.1-pro-preview', 'gpt-4o-2024-08-06'
  ]) t.ok(mediaFamilyOf(id)?.image, id)
})

t.test('recordings are bounded by their length, for models that take them', async (t) => {
  const audio = (modelId: string) => mostMediaTokens([{ kind: 'audio', mostMs: 10_001 }], modelId)
  t.equal(audio('gpt-audio'), FRAME + 201)
  t.equal(audio('gpt-4o-mini-audio-preview-2024-12-17'), FRAME + 201)
  t.equal(audio('gemini-2.5-flash'), FRAME + 321)
  t.equal(audio('gpt-4o'), undefined)
  t.equal(audio('claude-opus-4-7'), undefined)
  t.equal(mostMediaTokens([image(px(1, 1))], 'gpt-audio'), undefined)
})

t.test('one input without a bound leaves all of them without', async (t) => {
  const inputs = [image(px(100, 100)), { kind: 'audio' as const, mostMs: 10 }]
  t.equal(mostMediaTokens(inputs, 'gpt-4o'), undefined)
  t.ok((mostMediaTokens(inputs, 'gemini-2.5-flash') ?? 0) > 258)
})
