// Which models count images and recordings how. What is not here is bounded by the window.
//
// DESIGN. A row names models by their ids, and only those that its vendor documents: a model of tomorrow may count
// otherwise, and a bound that is too wide costs less than one that is too low. Where the vendor's page and what was
// billed differ, the larger one stands here.

import { atMost, claudePatches, geminiTiles, patches, tiles, type ImageFormula } from './media-formulas.ts'

export interface MediaFamily {
  /** The whole id of the model, without its author (`openai/`). */
  readonly ids: RegExp
  /** Undefined: it takes no images. */
  readonly image?: ImageFormula
  /** Undefined: it takes no recordings. */
  readonly tokensPerSecond?: number
}

/** Heard: a token each 100 ms; said by the model before: each 50 ms. https://platform.openai.com/docs/guides/realtime-costs */
const OPENAI_AUDIO = 20
/** https://ai.google.dev/gemini-api/docs/audio#technical-details */
const GEMINI_AUDIO = 32

/** https://platform.openai.com/docs/guides/images-vision#calculating-costs */
const OPENAI: readonly MediaFamily[] = [
  { ids: openai('gpt-4o-mini'), image: tiles(2_833, 5_667) },
  { ids: openai('gpt-4o|gpt-4\\.1|gpt-4\\.5-preview|gpt-4-turbo|chatgpt-4o-latest'), image: tiles(85, 170) },
  { ids: openai('o1|o1-pro|o3'), image: tiles(75, 150) },
  { ids: openai('gpt-5|gpt-5-chat-latest'), image: tiles(70, 140) },
  { ids: openai('gpt-4\\.1-mini|gpt-5-mini'), image: patches(1_536, 1.62) },
  { ids: openai('gpt-4\\.1-nano|gpt-5-nano'), image: patches(1_536, 2.46) },
  { ids: openai('o4-mini'), image: patches(1_536, 1.72) },
  { ids: openai('gpt-5\\.2|gpt-5\\.2-chat-latest|gpt-5\\.[23]-codex'), image: patches(1_536, 1.2) },
  // Announced with 1,536 patches, billed with up to 2,500.
  { ids: openai('gpt-5\\.4-mini'), image: patches(2_500, 1.62) },
  { ids: openai('gpt-5\\.4-nano'), image: patches(2_500, 2.46) },
  { ids: openai('gpt-5\\.[45]'), image: patches(10_000, 1.2) }, // `detail: "original"`, which 5.5 takes for `auto` too
  { ids: openai('gpt-5\\.6-(sol|terra|luna)'), image: patches(Infinity, 1.2) }, // not shrunk by default
  { ids: openai('gpt-audio|gpt-audio-mini|gpt-audio-1\\.5|gpt-4o-(mini-)?audio-preview'), tokensPerSecond: OPENAI_AUDIO }
]

/** https://platform.claude.com/docs/en/build-with-claude/vision: about 1,600 tokens, and 4,784 from Opus 4.7 on */
const CLAUDE: readonly MediaFamily[] = [
  { ids: /^claude-(3([.-][57])?-(opus|sonnet|haiku)|(opus|sonnet|haiku)-4([.-][0-6])?)(-\d{8}|-latest)?$/, image: claudePatches(1_600) },
  { ids: /^claude-(opus|sonnet|haiku|fable)-(4[.-][7-9]|5|5[.-]\d)(-\d{8})?$/, image: claudePatches(4_784) }
]

/** https://ai.google.dev/gemini-api/docs/media-resolution#token-counts: 2,240 tokens at `ultra_high` */
const GEMINI: readonly MediaFamily[] = [
  { ids: /^gemini-(1\.5|2\.[05])-[a-z0-9.-]+$/, image: geminiTiles, tokensPerSecond: GEMINI_AUDIO },
  { ids: /^gemini-3(\.\d)?-[a-z0-9.-]+$/, image: atMost(2_240), tokensPerSecond: GEMINI_AUDIO }
]

const FAMILIES = [...OPENAI, ...CLAUDE, ...GEMINI]

/** Undefined: not known how it counts. `openai/gpt-4o` is `gpt-4o`, whoever serves it. */
export function mediaFamilyOf (modelId: string): MediaFamily | undefined {
  const id = modelId.slice(modelId.lastIndexOf('/') + 1)
  return FAMILIES.find(({ ids }) => ids.test(id))
}

/** Each by its name, or by the date of one of its versions. */
function openai (names: string): RegExp {
  return new RegExp(`^(${names})(-\\d{4}-\\d{2}-\\d{2})?$`)
}
