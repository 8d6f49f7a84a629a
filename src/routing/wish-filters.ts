// Hard constraints that a request brings along: providers by name, what is done with prompts, quality, price.
//
// What must hold: a fact that nobody told never satisfies a demand. A backend at OpenRouter is let through where
// OpenRouter itself keeps the demand, since it is sent the member `provider` as it came.

import { parametersOf } from '../catalog/card-abilities.ts'
import type { Rate } from '../core/money.ts'
import type { MostPrice, ProviderWishes, RoutingWishes } from '../core/wishes.ts'
import { sheetOf } from '../metering/price-sheet.ts'
import type { Filter } from './filter.ts'
import { priceNow, type PriceTimes } from './price-times.ts'
import { isAtOpenRouter, ProviderNames } from './provider-names.ts'
import type { Row } from './roster.ts'

/** One filter, as far as it is about backends of ours. */
type OwnFilter = readonly [code: Filter['code'], excludes: (row: Row) => string | undefined]

/** Backends with a quantization of a family serve those who ask for the family. */
const FAMILIES: { readonly [name: string]: readonly string[] } = { fp4: ['fp4', 'mxfp4', 'nvfp4'], fp8: ['fp8', 'mxfp8'] }
/** One limit, two names. */
const SAME_PARAMETER: { readonly [name: string]: string } =
  { max_completion_tokens: 'max_tokens', max_tokens: 'max_completion_tokens' }

export interface WishedUnder extends Pick<PriceTimes, 'clock'> {
  /** The model was asked for with web search. */
  readonly isOnline: boolean
}

/** `rows`: all backends of the model that is chosen from. */
export function wishFilters (
  wishes: RoutingWishes | undefined, rows: readonly Row[], { isOnline, clock }: WishedUnder
): readonly Filter[] {
  const provider = wishes?.provider
  const own: OwnFilter[] = []
  if (isOnline) own.push(['not_offered', () => 'web search (:online)'])
  if (wishes?.preset !== undefined) own.push(['not_offered', () => 'presets'])
  const [plugin] = wishes?.plugins ?? []
  if (plugin !== undefined) own.push(['not_offered', () => plugin])
  if (provider) own.push(...demandsIn(provider))
  const kept = own.map(([code, excludes]): Filter =>
    ({ code, excludes: (row) => isAtOpenRouter(row) ? undefined : excludes(row) }))
  return provider ? [...nameFilters(provider, rows), ...kept, ...priceFilters(provider, { clock })] : kept
}

function nameFilters ({ only, ignore, order, mayFallBack }: ProviderWishes, rows: readonly Row[]): Filter[] {
  const filters: Filter[] = []
  if (only) filters.push({ code: 'not_in_only', excludes: outside(new ProviderNames(only, rows)) })
  if (ignore) {
    const names = new ProviderNames(ignore, rows)
    filters.push({ code: 'ignored', excludes: (row) => names.placeOf(row) === undefined ? undefined : row.backend.provider })
  }
  if (order && !mayFallBack) filters.push({ code: 'no_fallbacks', excludes: outside(new ProviderNames(order, rows)) })
  return filters
}

function outside (names: ProviderNames): (row: Row) => string | undefined {
  return (row) => names.reachOf(row) === undefined ? row.backend.provider : undefined
}

function demandsIn ({ needsPrivacy, needsZdr, quantizations, parameters }: ProviderWishes): OwnFilter[] {
  const filters: OwnFilter[] = []
  if (needsPrivacy) filters.push(['data_collected', ({ backend: { facts } }) => unless('deny', facts?.dataCollection)])
  if (needsZdr) filters.push(['data_retained', ({ backend: { facts } }) => unless(true, facts?.isZdr)])
  if (quantizations) {
    const wanted = new Set(quantizations.flatMap((name) => FAMILIES[name] ?? [name]))
    filters.push(['other_quantization', ({ backend: { facts: { quantization = 'unknown' } = {} } }) =>
      wanted.has(quantization) ? undefined : quantization])
  }
  if (parameters.length > 0) filters.push(['unsupported_parameter', (row) => missingIn(row, parameters)])
  return filters
}

function unless<T extends string | boolean> (demanded: T, told: T | undefined): string | undefined {
  return told === demanded ? undefined : String(told ?? 'not told')
}

/** The first parameter that the backend is not known to understand. */
function missingIn ({ backend: { facts }, model }: Row, parameters: readonly string[]): string | undefined {
  const known = facts?.supportedParameters ?? parametersOf(model)
  return parameters.find((name) => !known.includes(name) && !known.includes(SAME_PARAMETER[name] ?? name))
}

function priceFilters ({ maxPrice }: ProviderWishes, times: Pick<PriceTimes, 'clock'>): Filter[] {
  return maxPrice ? [{ code: 'above_max_price', excludes: (row) => priceAbove(maxPrice, row, times) }] : []
}

/** What is dearer than it may be, or not known to be cheap enough. */
function priceAbove (most: MostPrice, row: Row, times: Pick<PriceTimes, 'clock'>): string | undefined {
  const { backend, provider } = row
  const price = priceNow(backend.price, times)
  if (provider?.isFree === true) return undefined
  if (!price) return isAtOpenRouter(row) ? undefined : 'an unknown price'
  const { rates } = sheetOf(price)
  const { input, output, audio_input: audio, requests = NOTHING, images = NOTHING } = rates
  const asked = { prompt: input, completion: output, request: requests, image: images, audio }
  const names = Object.keys(most) as Array<keyof MostPrice>
  const dearer = names.find((name) => !isWithin(asked[name], most[name] as Rate))
  if (dearer === undefined) return undefined
  return asked[dearer] ? `a higher ${dearer} price` : `an unknown ${dearer} price`
}

/** A price that bills by the token bills neither requests nor images on top. */
const NOTHING: Rate = { nanoUsd: 0n, per: 1n }

function isWithin (rate: Rate | undefined, most: Rate): boolean {
  return rate !== undefined && rate.nanoUsd * most.per <= most.nanoUsd * rate.per
}
