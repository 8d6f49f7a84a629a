// Members of somebody else's JSON, checked and bounded one by one: what is not as it should be counts as not there.

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'

type Told = JsonValue | undefined

const CONTROL = /\p{Cc}/u
const EVERY_CONTROL = /\p{Cc}+/gu
/** Of lists of words: nothing real is near it. */
const MOST_WORDS = 100
const LONGEST_WORD = 100

/** One line of at most `longest` characters. */
export function lineOf (told: Told, longest: number): string | undefined {
  return typeof told === 'string' && told !== '' && told.length <= longest && !CONTROL.test(told) ? told : undefined
}

/** Prose: cut where it is too long, line breaks and their kind become blanks. */
export function proseOf (told: Told, longest: number): string | undefined {
  return typeof told === 'string' ? told.slice(0, longest).replace(EVERY_CONTROL, ' ') : undefined
}

/** A whole number from `least` to `most`. */
export function countOf (told: Told, least: number, most: number): number | undefined {
  return typeof told === 'number' && Number.isSafeInteger(told) && told >= least && told <= most ? told : undefined
}

export function numberOf (told: Told): number | undefined {
  return typeof told === 'number' && Number.isFinite(told) ? told : undefined
}

export function flagOf (told: Told): boolean | undefined {
  return typeof told === 'boolean' ? told : undefined
}

/** The words of a list, each once; undefined: it is no list, or too long a one. */
export function wordsOf (told: Told): readonly string[] | undefined {
  if (!Array.isArray(told) || told.length > MOST_WORDS) return undefined
  return [...new Set(told.flatMap((word) => lineOf(word, LONGEST_WORD) ?? []))]
}

/** Members that are numbers or null, by name; undefined: it is no object, or too wide. */
export function numbersOf (told: Told): { readonly [name: string]: number | null } | undefined {
  const members = asObject(told)
  if (!members || Object.keys(members).length > MOST_WORDS) return undefined
  return Object.fromEntries(Object.entries(members).flatMap(([name, value]) => {
    const number = value === null ? null : numberOf(value)
    return number === undefined || lineOf(name, LONGEST_WORD) === undefined ? [] : [[name, number]]
  }))
}

/** The objects of a list of at most `most`. */
export function rowsOf (told: Told, most: number): readonly JsonObject[] | undefined {
  if (!Array.isArray(told) || told.length > most) return undefined
  return told.map(asObject).filter((row) => row !== undefined)
}

export type Present<Members> = { [name in keyof Members]?: Exclude<Members[name], undefined> }

/** Without the members that are undefined. */
export function present<Members extends object> (members: Members): Present<Members> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as never
}
