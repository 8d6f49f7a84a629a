// Values of the flags that describe budgets. Commander turns what these throw into "option … argument … is invalid".

import { InvalidArgumentError } from 'commander'
import { isIP } from 'node:net'
import { isTimeZone } from '../core/time-zone.ts'
import { readBudget } from './flag-values.ts'
import { CommandFailure } from './failure.ts'
import type { BudgetUnit, CalendarStep, Scope, ScopeKind } from '../budgets/budget.ts'
import type { NanoUsd } from '../core/money.ts'

// Not imported: a command loads nothing of the broker before it runs. The compiler holds them to the originals.
const SCOPES: { readonly [kind in ScopeKind]: string } = {
  global: 'global',
  key: 'key:<id of a client key>',
  team: 'team:<name>',
  project: 'project:<name>',
  model: 'model:<public name>',
  ip: 'ip:<address>'
}
const UNITS: { readonly [unit in BudgetUnit]: true } = { usd: true, tokens: true, requests: true }
const STEPS: { readonly [step in CalendarStep]: true } = { hour: true, day: true, week: true, month: true, year: true }

const LABEL = /^[\p{L}\p{N}][\p{L}\p{N} ._:@/#-]{0,127}$/u
/** A key made here, or one the operator gave in the environment. */
const KEY_ID = /^(key_\w{1,64}|operator#\d{1,6})$/

interface ScopeValue {
  readonly isValue: (text: string) => boolean
  readonly wants: string
}

const NAMED: ScopeValue = {
  isValue: (text) => LABEL.test(text), wants: 'a name of at most 128 letters, digits, spaces and ._:@/#-'
}
const VALUES: { readonly [kind in ScopeKind]?: ScopeValue } = {
  key: { isValue: (text) => KEY_ID.test(text), wants: 'the id of a key (key_…), as "aibroker token list" shows it' },
  ip: { isValue: (text) => text === 'unix' || isIP(text) !== 0, wants: 'an address, or unix for sockets' }
}

const MOST_UNITS = 10n ** 15n
const MOST_THRESHOLDS = 10
const LARGEST_SHARE = 10

/** `5/month` on a key. */
export interface KeyBudget {
  readonly limit: NanoUsd
  /** Undefined: in all. */
  readonly every: CalendarStep | undefined
}

/** A name of a budget, team or project: no line breaks, no escapes. */
export function readLabel (text: string): string {
  if (!LABEL.test(text)) throw new InvalidArgumentError('Give a name of at most 128 letters, digits, spaces and ._:@/#-')
  return text
}

/** The value of a wrong scope is not repeated: it may be a token. */
export function readScope (text: string): Scope {
  const colon = text.indexOf(':')
  const word = colon < 0 ? text : text.slice(0, colon)
  const value = colon < 0 ? '' : text.slice(colon + 1)
  const kind = keyOf(SCOPES, word)
  if (!kind || (kind === 'global') !== (value === '')) {
    throw new CommandFailure('wrong_usage', `--scope must be one of ${Object.values(SCOPES).join(', ')}`)
  }
  const { isValue, wants } = VALUES[kind] ?? NAMED
  if (kind === 'global' || isValue(value)) return { kind, value }
  throw new CommandFailure('wrong_usage', `--scope ${kind}: wants ${wants}`)
}

export function readUnit (text: string): BudgetUnit {
  return keyOf(UNITS, text) ?? refuse(`Give one of ${Object.keys(UNITS).join(', ')}.`)
}

export function readStep (text: string): CalendarStep {
  return keyOf(STEPS, text) ?? refuse(`Give one of ${Object.keys(STEPS).join(', ')}.`)
}

/** OpenRouter's words for calendar steps of UTC. */
const RESETS = { daily: true, weekly: true, monthly: true }
export type LimitReset = keyof typeof RESETS

export function readLimitReset (text: string): LimitReset {
  return keyOf(RESETS, text) ?? refuse(`Give one of ${Object.keys(RESETS).join(', ')}.`)
}

export function readTimeZone (text: string): string {
  if (!isTimeZone(text)) throw new InvalidArgumentError('Give an IANA time zone like Europe/Berlin, or UTC.')
  return text
}

/** `0.5,0.8,1`: ascending shares of the limit; `none` for none. */
export function readThresholds (text: string): readonly number[] {
  if (text === 'none') return []
  const shares = text.split(',').map((share) => /^\d{1,2}(\.\d{1,4})?$/.test(share.trim()) ? Number(share) : 0)
  const isSound = shares.length <= MOST_THRESHOLDS && shares.every((share) => share > 0 && share <= LARGEST_SHARE)
  if (!isSound) throw new InvalidArgumentError('Give shares of the limit like 0.5,0.8,1, or none.')
  return [...new Set(shares)].sort((one, other) => one - other)
}

/** The limit in its unit. @throws CommandFailure */
export function readLimit (unit: BudgetUnit, text: string): bigint {
  if (unit === 'usd') {
    try {
      return readBudget(text)
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error
      throw new CommandFailure('wrong_usage', `--limit: ${error.message}`, error)
    }
  }
  const count = /^\d{1,16}$/.test(text) ? BigInt(text) : undefined
  if (count === undefined || count > MOST_UNITS) {
    throw new CommandFailure('wrong_usage', `--limit must be a whole number of ${unit}, at most ${MOST_UNITS}`)
  }
  return count
}

/** `5`, `$5`, `5/month`. */
export function readKeyBudget (text: string): KeyBudget {
  const [amount = '', step, ...rest] = text.split('/')
  const every = step === undefined ? undefined : keyOf(STEPS, step)
  if (rest.length > 0 || (step !== undefined && !every)) {
    throw new InvalidArgumentError(`Give US dollars like 5, or 5/month with one of ${Object.keys(STEPS).join(', ')}.`)
  }
  return { limit: readBudget(amount), every }
}

function keyOf<Key extends string> (table: { readonly [key in Key]: unknown }, text: string): Key | undefined {
  return Object.hasOwn(table, text) ? text as Key : undefined
}

function refuse (sentence: string): never {
  throw new InvalidArgumentError(sentence)
}
