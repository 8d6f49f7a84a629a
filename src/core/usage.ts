// What an answer consumed, counted by kind. A kind that is absent was not told, which is not the same as zero.

import type { NanoUsd } from './money.ts'

/**
 * The kinds are disjoint: `input` is fresh input only, `output` excludes reasoning, so that
 * cost = sum over kinds of count x rate. Units: tokens, unless the name says otherwise; `searches` are web searches and
 * `tool_calls` other calls that the provider made on its side, `search_units` are the unit reranking is sold in.
 */
export const USAGE_KINDS = [
  'input', 'cache_read', 'cache_write', 'cache_write_1h',
  'audio_input', 'cached_audio_input', 'image_input', 'cached_image_input', 'video_input',
  'output', 'reasoning', 'audio_output', 'image_output',
  'characters', 'audio_ms', 'images', 'pages', 'search_units',
  'searches', 'tool_calls', 'requests'
] as const

export type UsageKind = typeof USAGE_KINDS[number]

/** More of anything than one request can consume: such a count is a mistake of whoever told it. */
export const MOST_UNITS = 1_000_000_000

/** Counts by kind; each a non-negative safe integer. */
export type Usage = { readonly [kind in UsageKind]?: number }

/** Tokens that went in; of the cached ones each is counted once, by what it is. */
export const INPUT_KINDS: readonly UsageKind[] = [
  'input', 'cache_read', 'cache_write', 'cache_write_1h',
  'audio_input', 'cached_audio_input', 'image_input', 'cached_image_input', 'video_input'
]
/** Tokens that came out. */
export const OUTPUT_KINDS: readonly UsageKind[] = ['output', 'reasoning', 'audio_output', 'image_output']

/** All input tokens, cached ones included (OpenAI's `prompt_tokens`); undefined when none was told. */
export function inputTokens (usage: Usage): number | undefined {
  return sumOf(usage, INPUT_KINDS)
}

/** All output tokens, reasoning included (OpenAI's `completion_tokens`); undefined when none was told. */
export function outputTokens (usage: Usage): number | undefined {
  return sumOf(usage, OUTPUT_KINDS)
}

function sumOf (usage: Usage, kinds: readonly UsageKind[]): number | undefined {
  let sum: number | undefined
  for (const kind of kinds) {
    const count = usage[kind]
    if (count !== undefined) sum = (sum ?? 0) + count
  }
  return sum
}

/** How the cost of an attempt is known, best first. See the README section "Cost grades". */
export const COST_GRADES = ['reported', 'counted', 'bounded', 'unpriced', 'free'] as const
export type CostGrade = typeof COST_GRADES[number]

/** Under which of its prices a provider served, in its own words. Absent: not told, or the plain one. */
export interface Circumstances {
  /** `flex`, `priority`, `batch`; `fast` for a speed that costs more. */
  readonly service?: string
  /** Where the model ran, when that was not left open: `us`. */
  readonly region?: string
}

/** What is known of the consumption of one attempt at its end. */
export interface Measured {
  readonly usage: Usage
  /** Money the provider itself reported (OpenRouter `usage.cost`); wins over the computed amount. */
  readonly reportedCost: NanoUsd | undefined
  /**
   * Whether the provider told the whole usage. False: token counts in `usage` may be a part of it and price nothing;
   * counts in other units are our own, made from the request or the answer.
   */
  readonly isTold: boolean
  /** Not told, and yet all token counts are there: they are our own, of the whole request and its whole answer. */
  readonly isCounted?: boolean
  /** As the answer told them, never as the request asked; absent: nothing out of the ordinary. */
  readonly circumstances?: Circumstances
  /** Why what the provider told is not trusted, in words that follow its name; then nothing of it is kept. */
  readonly doubt?: string
}

export const NOTHING_TOLD: Measured = { usage: {}, reportedCost: undefined, isTold: false }
