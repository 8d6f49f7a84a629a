// How providers count the tokens of an image, as formulas that are never below what they bill.
//
// DESIGN. A formula is a vendor's own, with its resizing taken at its widest: where the vendor shrinks an image, the
// bound is the smaller of the whole image's tokens and of the most that are left after shrinking, so that no rounding
// of theirs has to be done again here. Without a size it is the most that any image can come to; Infinity where the
// vendor names no limit. `detail: "low"` counts only where the vendor bills it as less.

import type { ImageInput } from '../core/media.ts'

/** Upper bound of the tokens of one image. */
export type ImageFormula = (image: ImageInput) => number

const MOST_TILES = 8

/**
 * Tiles of 512 px, behind a fit into 2048 x 2048 px and a shortest side of 768 px. Small images are not enlarged by
 * today's models, but the description reads as if they were: so each has two rows, and two to four columns.
 * https://platform.openai.com/docs/guides/images-vision#tile-based-image-tokenization
 */
export function tiles (baseTokens: number, tileTokens: number): ImageFormula {
  return ({ isLowDetail, size }) => {
    if (isLowDetail) return baseTokens
    if (!size) return baseTokens + MOST_TILES * tileTokens
    const { widthPx, heightPx } = size
    const longPx = 768 * Math.max(widthPx, heightPx) / Math.min(widthPx, heightPx)
    return baseTokens + 2 * between(2, Math.ceil(longPx / 512), 4) * tileTokens
  }
}

/**
 * Patches of 32 px, no more than the budget, times a factor. `detail: "low"` is not billed as less.
 * https://platform.openai.com/docs/guides/images-vision#patch-based-image-tokenization
 */
export function patches (budget: number, factor: number): ImageFormula {
  return ({ size }) => {
    const count = size ? squares(32, size.widthPx, size.heightPx) : Infinity
    return Math.ceil(Math.min(count, budget) * factor)
  }
}

/**
 * Patches of 28 px; before that it was pixels by 750, which is a little more. Larger images are shrunk to `most`.
 * https://platform.claude.com/docs/en/build-with-claude/vision#evaluate-image-size
 */
export function claudePatches (most: number): ImageFormula {
  return ({ size }) => {
    if (!size) return most
    const { widthPx, heightPx } = size
    return Math.min(most, Math.max(squares(28, widthPx, heightPx), Math.ceil(widthPx * heightPx / 750)))
  }
}

const GEMINI_TILE_TOKENS = 258
/** A strip of 3072 px in tiles of 256 px and two rows. */
const MOST_GEMINI_TILES = 24
/** Larger images are shrunk, and how the new size is rounded can make a tile more of it. */
const GEMINI_LONGEST_PX = 3_072

/**
 * 258 tokens for a small image, else for each tile; a tile is two thirds of the shorter side, from 256 to 768 px.
 * https://ai.google.dev/gemini-api/docs/image-understanding#token_calculation
 */
export const geminiTiles: ImageFormula = ({ size }) => {
  const { widthPx, heightPx } = size ?? { widthPx: Infinity, heightPx: Infinity }
  if (Math.max(widthPx, heightPx) > GEMINI_LONGEST_PX) return MOST_GEMINI_TILES * GEMINI_TILE_TOKENS
  if (widthPx <= 384 && heightPx <= 384) return GEMINI_TILE_TOKENS
  const tilePx = between(256, Math.floor(Math.min(widthPx, heightPx) / 1.5), 768)
  return Math.min(MOST_GEMINI_TILES, squares(tilePx, widthPx, heightPx)) * GEMINI_TILE_TOKENS
}

/** The same for every image: the most that any setting allows. */
export function atMost (tokens: number): ImageFormula {
  return () => tokens
}

function squares (sidePx: number, widthPx: number, heightPx: number): number {
  return Math.ceil(widthPx / sidePx) * Math.ceil(heightPx / sidePx)
}

function between (least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}
