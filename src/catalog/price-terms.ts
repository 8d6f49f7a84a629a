// What changes a cost, as written in the file: tiers by input, hours of the day, service tiers, regions, least
// billed quantities.

import { readFactor, type Factor } from '../core/money.ts'
import type { UsageKind } from '../core/usage.ts'
import type { PriceTerms, PriceTier, ServiceTerms } from './catalog.ts'
import type { Report } from './config-error.ts'
import { COST_KEYS, decimalOf, readOwnRates } from './cost-keys.ts'
import { countOf, itemsOf, knownMembersOf, membersOf, shown, textOf, type Field } from './fields.ts'
import { readHours } from './price-hours.ts'

const COSTS = Object.keys(COST_KEYS)
const TIER_KEYS = ['above_input', ...COSTS]
const SERVICE_KEYS = ['tiers', ...COSTS]
const MOST_TOKENS = 1_000_000_000
/** Of each list: the ceiling of a request looks at all their combinations. Vendors have four at the most. */
const MOST_TERMS = 8
const LARGEST_FACTOR = 100n
/** As providers spell them; part of the books, where ";", ":" and "=" mean something. */
const TERM_NAME = /^[A-Za-z][\w.-]{0,39}$/

interface LeastKey {
  readonly kind: UsageKind
  /** The kind's units in one of the key's. */
  readonly units: number
}

const LEAST_KEYS: { readonly [key: string]: LeastKey } = {
  least_seconds: { kind: 'audio_ms', units: 1_000 },
  least_characters: { kind: 'characters', units: 1 }
}
const MOST_LEAST = 1_000_000

export const TERM_KEYS: readonly string[] = ['tiers', 'hours', 'service_tiers', 'regions', ...Object.keys(LEAST_KEYS)]

/** Undefined: none of them is given. Wrong ones are in the report. */
export function readTerms (members: ReadonlyMap<string, Field>, report: Report): PriceTerms | undefined {
  if (!TERM_KEYS.some((key) => members.has(key))) return undefined
  const hours = readHours(members.get('hours'), report)
  return {
    ...hours && { hours },
    tiers: Object.freeze(readTiers(members.get('tiers'), report)),
    services: readServices(members.get('service_tiers'), report),
    regions: readRegions(members.get('regions'), report),
    least: Object.freeze(readLeast(members))
  }
}

/** A factor that costs nothing by accident is refused; what is free has costs of 0. */
export function factorOf (field: Field | undefined, least = 0n): Factor | undefined {
  const text = textOf(field)
  if (!field || text === undefined) return undefined
  const factor = decimalOf(text, readFactor)
  const isFit = factor && factor.numerator > 0n && factor.numerator >= least * factor.denominator &&
    factor.numerator <= LARGEST_FACTOR * factor.denominator
  if (isFit) return factor
  const range = least === 0n ? 'above 0' : `from ${least}`
  return field.refuse(`"${shown(text)}" is not a factor: write a decimal number ${range} to ${LARGEST_FACTOR}, such as 1.1`)
}

function readTiers (field: Field | undefined, report: Report): PriceTier[] {
  const items = itemsOf(field, report)
  if (items.length > MOST_TERMS) field?.refuse(`has ${items.length} tiers, more than ${MOST_TERMS}`)
  const tiers = items.flatMap((item) => readTier(item, report) ?? [])
  return tiers.sort((one, other) => one.tier.aboveInput - other.tier.aboveInput).map(({ tier, item }, at, sorted) => {
    if (sorted[at - 1]?.tier.aboveInput === tier.aboveInput) item.refuse(`above_input ${tier.aboveInput} is there twice`)
    return tier
  })
}

function readTier (item: Field, report: Report): { readonly tier: PriceTier, readonly item: Field } | undefined {
  const members = knownMembersOf(item, TIER_KEYS, report)
  const limit = members.get('above_input')
  if (!limit) return item.refuse('has no above_input: the number of input tokens above which it counts')
  const aboveInput = countOf(limit, 1, MOST_TOKENS)
  const rates = readOwnRates(item, members)
  return aboveInput === undefined || !rates ? undefined : { tier: Object.freeze({ aboveInput, rates }), item }
}

function readServices (field: Field | undefined, report: Report): ReadonlyMap<string, ServiceTerms> {
  return readNamed(field, report, (member): ServiceTerms | undefined => {
    if (member.node.kind !== 'map') {
      const factor = factorOf(member)
      return factor && Object.freeze({ kind: 'factor', factor })
    }
    const members = knownMembersOf(member, SERVICE_KEYS, report)
    const rates = readOwnRates(member, members)
    const tiers = Object.freeze(readTiers(members.get('tiers'), report))
    return rates && Object.freeze({ kind: 'rates', rates, tiers })
  })
}

function readRegions (field: Field | undefined, report: Report): ReadonlyMap<string, Factor> {
  return readNamed(field, report, (member) => factorOf(member))
}

function readNamed<Value> (
  field: Field | undefined, report: Report, read: (member: Field) => Value | undefined
): ReadonlyMap<string, Value> {
  const named = new Map<string, Value>()
  if (!field) return named
  const members = membersOf(field, report)
  if (members.size > MOST_TERMS) field.refuse(`has ${members.size} names, more than ${MOST_TERMS}`)
  for (const [name, member] of members) {
    if (!TERM_NAME.test(name)) member.refuse(`"${shown(name)}" is no name that a provider tells: use letters, digits and . _ -`)
    const value = read(member)
    if (value !== undefined) named.set(name, value)
  }
  return named
}

function readLeast (members: ReadonlyMap<string, Field>): PriceTerms['least'] {
  const least: { [kind in UsageKind]?: number } = {}
  for (const [key, { kind, units }] of Object.entries(LEAST_KEYS)) {
    const count = countOf(members.get(key), 1, MOST_LEAST)
    if (count !== undefined) least[kind] = count * units
  }
  return least
}
