// An order of the eligible backends: a name for the answer, and who comes first.

import type { Row } from '../roster.ts'

/** A backend that passed every filter, with what it will likely cost for the ask. */
export interface Ranked {
  readonly row: Row
  /** Nano-USD as a plain number; Infinity: not known. */
  readonly expected: number
  /** It has to be told the request as another. */
  readonly isTranslated: boolean
}

export interface Policy {
  /** As in `x_aibroker.strategy`. */
  readonly name: string
  /** Negative: `a` first. Zero only for the same backend. */
  readonly compare: (a: Ranked, b: Ranked) => number
  /** Backends of equal priority share the load: see draw.ts. */
  readonly drawsLots?: boolean
}

/** NaN for two unknown costs, which `||` reads as undecided. */
export function byExpected (a: Ranked, b: Ranked): number {
  return a.expected - b.expected
}

/** Of equals those come first that are asked as the client asked. */
export function byPriority (a: Ranked, b: Ranked): number {
  return a.row.priority - b.row.priority || Number(a.isTranslated) - Number(b.isTranslated)
}

/** Neither comes before the other: they share the load. */
export function isEqual (a: Ranked, b: Ranked): boolean {
  return a.row.priority === b.row.priority && a.isTranslated === b.isTranslated
}

/** Makes every order total, and so the same for every request. Code units: no locale, no surprise. */
export function byId (a: Ranked, b: Ranked): number {
  if (a.row.backend.id === b.row.backend.id) return 0
  return a.row.backend.id < b.row.backend.id ? -1 : 1
}
