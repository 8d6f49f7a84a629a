// A price made ready for use: fallbacks applied, worst rates picked. Once per price, not per request.

import type { Price } from '../catalog/catalog.ts'
import type { Rate } from '../core/money.ts'
import { USAGE_KINDS, type UsageKind } from '../core/usage.ts'

/** What a kind is counted in. One answer may be counted in several units; a price says which of them are billed. */
export type Unit = 'tokens' | 'characters' | 'audio_ms' | 'images' | 'requests'

export const UNIT_OF: { readonly [kind in UsageKind]: Unit } = {
  input: 'tokens',
  cache_read: 'tokens',
  cache_write: 'tokens',
  cache_write_1h: 'tokens',
  audio_input: 'tokens',
  image_input: 'tokens',
  output: 'tokens',
  reasoning: 'tokens',
  audio_output: 'tokens',
  image_output: 'tokens',
  characters: 'characters',
  audio_ms: 'audio_ms',
  images: 'images',
  requests: 'requests'
}

/**
 * Whose rate a kind takes when it has none of its own. Audio and generated images cost many times what text does, so
 * nothing stands in for them: without their own rate they are not priced.
 */
const FALLBACKS: { readonly [kind in UsageKind]?: UsageKind } = {
  cache_read: 'input',
  cache_write: 'input',
  cache_write_1h: 'cache_write',
  image_input: 'input',
  reasoning: 'output'
}

/** What a token that went in, or came out, may turn out to be billed as. */
const INPUT_KINDS: readonly UsageKind[] =
  ['input', 'cache_read', 'cache_write', 'cache_write_1h', 'audio_input', 'image_input']
const OUTPUT_KINDS: readonly UsageKind[] = ['output', 'reasoning', 'audio_output', 'image_output']

export interface PriceSheet {
  /** Rates with the fallbacks applied. */
  readonly rates: Price['rates']
  /** Units the price has a rate for. */
  readonly units: ReadonlySet<Unit>
  /** The highest rate a token could be billed at, by direction; undefined: no rate at all. */
  readonly worstInput: Rate | undefined
  readonly worstOutput: Rate | undefined
  /** Nano-USD of one unit as a plain number: good for comparing offers, never for an amount of money. */
  readonly weights: { readonly [kind in UsageKind]?: number }
}

const sheets = new WeakMap<Price, PriceSheet>()

export function sheetOf (price: Price): PriceSheet {
  const known = sheets.get(price)
  if (known) return known
  const sheet = makeSheet(price)
  sheets.set(price, sheet)
  return sheet
}

function makeSheet (price: Price): PriceSheet {
  const rates: { [kind in UsageKind]?: Rate } = {}
  const weights: { [kind in UsageKind]?: number } = {}
  const units = new Set<Unit>()
  for (const kind of USAGE_KINDS) {
    const rate = rateFor(kind, price)
    if (!rate) continue
    rates[kind] = rate
    weights[kind] = Number(rate.nanoUsd) / Number(rate.per)
    units.add(UNIT_OF[kind])
  }
  return { rates, units, worstInput: worstOf(INPUT_KINDS, rates), worstOutput: worstOf(OUTPUT_KINDS, rates), weights }
}

function rateFor (kind: UsageKind, price: Price): Rate | undefined {
  for (let at: UsageKind | undefined = kind; at !== undefined; at = FALLBACKS[at]) {
    const rate = price.rates[at]
    if (rate) return rate
  }
  return undefined
}

function worstOf (kinds: readonly UsageKind[], rates: Price['rates']): Rate | undefined {
  let worst: Rate | undefined
  for (const kind of kinds) {
    const rate = rates[kind]
    if (rate && (!worst || rate.nanoUsd * worst.per > worst.nanoUsd * rate.per)) worst = rate
  }
  return worst
}
