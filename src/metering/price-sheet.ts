// A price made ready for use: fallbacks applied, worst rates picked. Once per price, not per request.

import type { Price, Rates } from '../catalog/catalog.ts'
import { reduced, type Rate } from '../core/money.ts'
import { INPUT_KINDS, OUTPUT_KINDS, USAGE_KINDS, type UsageKind } from '../core/usage.ts'

/** What a kind is counted in. One answer may be counted in several units; a price says which of them are billed. */
export type Unit = 'tokens' | Exclude<UsageKind, TokenKind>
type TokenKind = 'input' | 'cache_read' | 'cache_write' | 'cache_write_1h' | 'audio_input' | 'cached_audio_input' |
  'image_input' | 'cached_image_input' | 'video_input' | 'output' | 'reasoning' | 'audio_output' | 'image_output'

const TOKEN_KINDS: ReadonlySet<string> = new Set([...INPUT_KINDS, ...OUTPUT_KINDS])

export function isToken (kind: UsageKind): kind is TokenKind {
  return TOKEN_KINDS.has(kind)
}

export function unitOf (kind: UsageKind): Unit {
  return isToken(kind) ? 'tokens' : kind
}

/** Billed on top of what an answer is made of, and never instead of it. */
export const EXTRAS: ReadonlySet<Unit> = new Set<Unit>(['requests', 'searches', 'tool_calls'])

/**
 * Whose rate a kind takes when it has none of its own. Audio and generated images cost many times what text does, so
 * nothing stands in for them: without their own rate they are not priced.
 */
const FALLBACKS: { readonly [kind in UsageKind]?: UsageKind } = {
  cache_read: 'input',
  cache_write: 'input',
  cache_write_1h: 'cache_write',
  cached_audio_input: 'audio_input',
  image_input: 'input',
  cached_image_input: 'image_input',
  video_input: 'input',
  reasoning: 'output'
}

export interface BilledKind {
  readonly kind: UsageKind
  /** In lowest terms. */
  readonly rate: Rate
  /** Less than that is billed as that; 0: nothing is. */
  readonly least: number
}

export interface PriceSheet {
  /** Rates with the fallbacks applied. */
  readonly rates: Rates
  /** The same in the order of the kinds. */
  readonly billed: readonly BilledKind[]
  /** Units the price has a rate for. */
  readonly units: ReadonlySet<Unit>
  /** Whether it bills nothing but extras. */
  readonly isOfExtras: boolean
  /** The highest rate a token could be billed at, by direction; undefined: no rate at all. */
  readonly worstInput: Rate | undefined
  readonly worstOutput: Rate | undefined
  /** Nano-USD of one unit as a plain number: good for comparing offers, never for an amount of money. */
  readonly weights: { readonly [kind in UsageKind]?: number }
}

const sheets = new WeakMap<Price, PriceSheet>()

/** The sheet of the rates as they are, whatever the terms. */
export function sheetOf (price: Price): PriceSheet {
  const known = sheets.get(price)
  if (known) return known
  const sheet = makeSheet(price.rates, price.terms?.least)
  sheets.set(price, sheet)
  return sheet
}

export function makeSheet (own: Rates, least: { readonly [kind in UsageKind]?: number } = {}): PriceSheet {
  const rates: { [kind in UsageKind]?: Rate } = {}
  const weights: { [kind in UsageKind]?: number } = {}
  const billed: BilledKind[] = []
  const units = new Set<Unit>()
  for (const kind of USAGE_KINDS) {
    const rate = rateFor(kind, own)
    if (!rate) continue
    rates[kind] = rate
    weights[kind] = Number(rate.nanoUsd) / Number(rate.per)
    billed.push({ kind, rate: reduced(rate), least: least[kind] ?? 0 })
    units.add(unitOf(kind))
  }
  return {
    rates,
    billed,
    units,
    isOfExtras: [...units].every((unit) => EXTRAS.has(unit)),
    worstInput: worstOf(INPUT_KINDS, rates),
    worstOutput: worstOf(OUTPUT_KINDS, rates),
    weights
  }
}

function rateFor (kind: UsageKind, rates: Rates): Rate | undefined {
  for (let at: UsageKind | undefined = kind; at !== undefined; at = FALLBACKS[at]) {
    const rate = rates[at]
    if (rate) return rate
  }
  return undefined
}

function worstOf (kinds: readonly UsageKind[], rates: Rates): Rate | undefined {
  return kinds.reduce<Rate | undefined>((worst, kind) => dearer(worst, rates[kind]), undefined)
}

/** The one that costs more for a unit; the first of equal ones. */
export function dearer (one: Rate | undefined, other: Rate | undefined): Rate | undefined {
  if (!one || !other) return one ?? other
  return other.nanoUsd * one.per > one.nanoUsd * other.per ? other : one
}
