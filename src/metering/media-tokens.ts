// The tokens that images and recordings can come to at the most, for models whose way of counting is known.

import type { MediaInput } from '../core/media.ts'
import { mediaFamilyOf, type MediaFamily } from './media-families.ts'

/** Marks around an image or a recording, and the rounding of its length: none that was seen takes more than 20. */
const FRAME_TOKENS = 64

/** Upper bound; undefined: none is known for this model. */
export function mostMediaTokens (inputs: readonly MediaInput[], modelId: string | undefined): number | undefined {
  const family = modelId === undefined ? undefined : mediaFamilyOf(modelId)
  if (!family) return undefined
  const sum = inputs.reduce((sum, input) => sum + FRAME_TOKENS + tokensOf(input, family), 0)
  return sum < Infinity ? sum : undefined
}

/** Infinity: no bound is known. */
function tokensOf (input: MediaInput, { image, tokensPerSecond }: MediaFamily): number {
  if (input.kind === 'image') return image ? image(input) : Infinity
  return tokensPerSecond === undefined ? Infinity : Math.ceil(input.mostMs * tokensPerSecond / 1_000)
}
