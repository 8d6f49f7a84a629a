// A price as one canonical line of text, and the version that names it.
//
// DESIGN. The books refer to prices by version for ever, so two things must hold: one price has one spelling, whatever
// decimals it was written in, and the version is the digest of that spelling. Rates are reduced fractions of nano-USD
// for one unit, in the order of the usage kinds; names in the order of their letters. Parts of the day stay in the
// order in which they count, which is part of what they say. What a price does not have leaves no trace: a price of
// rates alone is spelled, and named, as it was before there were tiers.
//
//   input=2500/1;output=10000/1
//   input=3000/1|hours 2200-0600 input=1500/1|hours 2200-0600 above 200000 input=2000/1
//   input=3000/1;output=15000/1|tier 200000 input=6000/1;output=45000/2|service flex 1/2|least audio_ms=10000

import { createHash } from 'node:crypto'
import { reduced, type Factor } from '../core/money.ts'
import { USAGE_KINDS } from '../core/usage.ts'
import type { Price, PriceHours, PriceTerms, PriceTier, Rates, ServiceTerms } from './catalog.ts'
import { spellHours } from './price-hours.ts'

/** A frozen price with its document and its version. */
export function makePrice (rates: Rates, terms?: PriceTerms): Price {
  const document = documentOf(rates, terms)
  const version = createHash('sha256').update(document).digest('hex').slice(0, 16)
  return Object.freeze({ version, rates: Object.freeze(rates), terms: terms && Object.freeze(terms), document })
}

export function documentOf (rates: Rates, terms?: PriceTerms): string {
  if (!terms) return spellRates(rates)
  const services = byName(terms.services).flatMap(([name, service]) => spellService(name, service))
  const regions = byName(terms.regions).map(([name, factor]) => `region ${name} ${spellFactor(factor)}`)
  const least = USAGE_KINDS.filter((kind) => terms.least[kind] !== undefined).map((kind) => `${kind}=${terms.least[kind]}`)
  return [
    spellRates(rates),
    ...terms.tiers.map((tier) => `tier ${spellTier(tier)}`),
    ...(terms.hours ?? []).map(spellPart),
    ...services,
    ...regions,
    ...least.length > 0 ? [`least ${least.join(';')}`] : []
  ].join('|')
}

function spellPart ({ startMinute, endMinute, aboveInput, rates }: PriceHours): string {
  const above = aboveInput === undefined ? '' : `above ${aboveInput} `
  return `hours ${spellHours(startMinute, endMinute)} ${above}${spellRates(rates)}`
}

function spellService (name: string, service: ServiceTerms): string[] {
  if (service.kind === 'factor') return [`service ${name} ${spellFactor(service.factor)}`]
  return [
    `service ${name} ${spellRates(service.rates)}`,
    ...service.tiers.map((tier) => `service ${name} tier ${spellTier(tier)}`)
  ]
}

function spellTier ({ aboveInput, rates }: PriceTier): string {
  return `${aboveInput} ${spellRates(rates)}`
}

function spellRates (rates: Rates): string {
  return USAGE_KINDS.flatMap((kind) => {
    const rate = rates[kind]
    if (!rate) return []
    const { nanoUsd, per } = reduced(rate)
    return [`${kind}=${nanoUsd}/${per}`]
  }).join(';')
}

function spellFactor ({ numerator, denominator }: Factor): string {
  return `${numerator}/${denominator}`
}

function byName<Value> (map: ReadonlyMap<string, Value>): Array<[string, Value]> {
  return [...map].sort(([one], [other]) => one < other ? -1 : 1)
}
