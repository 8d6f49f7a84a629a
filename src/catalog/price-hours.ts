// Prices by the time of day as written in the file, and as they are spelled: hours and minutes of UTC, four digits.

import type { PriceHours } from './catalog.ts'
import type { Report } from './config-error.ts'
import { COST_KEYS, readOwnRates } from './cost-keys.ts'
import { countOf, itemsOf, knownMembersOf, shown, textOf, type Field } from './fields.ts'

const HOURS_KEYS = ['utc_start', 'utc_end', 'above_input', ...Object.keys(COST_KEYS)]
/** The ceiling of a request looks at every part of a day that they make, in every tier. */
const MOST_HOURS = 8
const MOST_TOKENS = 1_000_000_000
const HOUR_MINUTES = 60
export const DAY_MINUTES = 24 * HOUR_MINUTES
/** `600` and `0600` are six in the morning, as in OpenRouter's list. */
const CLOCK = /^\d{1,4}$/

/** Undefined: none are given. Their order is kept: of several that hold at a time the last one counts, kind by kind. */
export function readHours (field: Field | undefined, report: Report): readonly PriceHours[] | undefined {
  const items = itemsOf(field, report)
  if (items.length > MOST_HOURS) field?.refuse(`has ${items.length} parts of the day, more than ${MOST_HOURS}`)
  const hours = items.flatMap((item) => readPart(item, report) ?? [])
  return hours.length === 0 ? undefined : Object.freeze(hours)
}

function readPart (item: Field, report: Report): PriceHours | undefined {
  const members = knownMembersOf(item, HOURS_KEYS, report)
  const startMinute = readMinute(item, members, 'utc_start')
  const endMinute = readMinute(item, members, 'utc_end')
  const aboveInput = countOf(members.get('above_input'), 1, MOST_TOKENS)
  const rates = readOwnRates(item, members)
  if (startMinute === undefined || endMinute === undefined || !rates) return undefined
  if (startMinute === endMinute) return item.refuse('begins when it ends: is it meant for no time or for all of it?')
  return Object.freeze({ startMinute, endMinute, aboveInput, rates })
}

function readMinute (
  item: Field, members: ReadonlyMap<string, Field>, key: 'utc_start' | 'utc_end'
): number | undefined {
  const field = members.get(key)
  if (!field) return item.refuse(`has no ${key}: hours and minutes of UTC, such as 0600`)
  const text = textOf(field)
  if (text === undefined) return undefined
  const minute = CLOCK.test(text) ? minuteOf(Number(text)) : undefined
  if (minute !== undefined && (minute < DAY_MINUTES || key === 'utc_end')) return minute % DAY_MINUTES
  return field.refuse(`"${shown(text)}" is no time of the day: write hours and minutes of UTC, such as 0600 or 2230`)
}

/** 2230 to 1350; 2400 is the end of the day. */
function minuteOf (clock: number): number | undefined {
  const minutes = clock % 100
  const minute = Math.floor(clock / 100) * HOUR_MINUTES + minutes
  return minutes < HOUR_MINUTES && minute <= DAY_MINUTES ? minute : undefined
}

/** 1350 to 2230, as OpenRouter writes it. */
export function clockNumberOf (minute: number): number {
  return Math.floor(minute / HOUR_MINUTES) * 100 + minute % HOUR_MINUTES
}

/** `2200-0600` */
export function spellHours (startMinute: number, endMinute: number): string {
  return [startMinute, endMinute].map((minute) => String(clockNumberOf(minute)).padStart(4, '0')).join('-')
}
