// How much input a request is, for clients that ask before they send: counted where the model's tokenizer is known.
//
// DESIGN. Clients go by the number when they decide to make a talk shorter. An upper bound, a token a byte, would make
// them do so four times too early, so where no tokenizer is known the number is an estimate that is rather too much:
// what o200k_base finds and a quarter more, since the tokenizers of other vendors cut the same text into up to that
// many more pieces. Nothing is reserved or billed by it.

import { encodingOf } from './encodings.ts'
import type { TokenCounter } from './token-counter.ts'

export type Grade = 'counted' | 'estimated'

export interface Estimate {
  readonly tokens: number
  readonly grade: Grade
}

export interface Counted {
  readonly texts: readonly string[]
  readonly messages: number
  /** Images and documents. */
  readonly media: number
}

/** What one count takes. */
const SLICE_CHARACTERS = 200_000
/** 3.2 million characters, counted in less than a second where they are words. */
const MOST_SLICES = 16
const OTHER_TOKENIZERS = 1.25
const USUAL_CHARACTERS_PER_TOKEN = 4
const MESSAGE_TOKENS = 4
/** The largest image that Anthropic reads: https://docs.claude.com/en/docs/build-with-claude/vision */
const MEDIA_TOKENS = 1_600

/** `modelId`: of the backend that would be asked first. Never rejects. */
export async function estimateInput (counter: TokenCounter, modelId: string, input: Counted): Promise<Estimate> {
  const own = encodingOf(modelId)
  const around = input.messages * MESSAGE_TOKENS + input.media * MEDIA_TOKENS
  const words = await countSliced(counter, own ?? 'o200k_base', input.texts)
  if (words === undefined) {
    const characters = input.texts.reduce((sum, text) => sum + text.length, 0)
    return { tokens: around + Math.ceil(characters * OTHER_TOKENIZERS / USUAL_CHARACTERS_PER_TOKEN), grade: 'estimated' }
  }
  if (own && input.media === 0) return { tokens: around + words, grade: 'counted' }
  return { tokens: around + Math.ceil(words * (own ? 1 : OTHER_TOKENIZERS)), grade: 'estimated' }
}

/** Undefined: too much of it, or nobody counts here. */
async function countSliced (
  counter: TokenCounter, encoding: 'o200k_base' | 'cl100k_base', texts: readonly string[]
): Promise<number | undefined> {
  let sum = 0
  const slices = slicesOf(texts)
  if (slices.length > MOST_SLICES) return undefined
  for (const slice of slices) {
    const tokens = await counter.count(encoding, slice)
    if (tokens === undefined) return undefined
    sum += tokens
  }
  return sum
}

/** Lists of texts that are each one count's worth; a border inside of a word costs a token. */
function slicesOf (texts: readonly string[]): string[][] {
  const slices: string[][] = []
  let room = 0
  for (const text of texts) {
    for (let from = 0; from < text.length;) {
      if (room === 0) {
        slices.push([])
        room = SLICE_CHARACTERS
      }
      const piece = text.slice(from, from + room)
      slices[slices.length - 1]?.push(piece)
      room -= piece.length
      from += piece.length
    }
  }
  return slices
}
