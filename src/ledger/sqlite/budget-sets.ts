// The sets of windows that exchanges count in, stored once each: `exchanges.budgets` refers to them.

import type { Database } from 'better-sqlite3'

/** One window of one budget. */
export interface WindowPlace {
  readonly budgetId: number
  readonly startMs: number
}

export interface BudgetSets {
  /** `places` ascending by budget. */
  idOf (places: readonly WindowPlace[]): number
  placesOf (id: number): WindowPlace[]
  /** The transaction was rolled back: what was learnt in it does not exist. */
  forget (): void
}

/** Sets in memory; each is as many windows long as a request has budgets. */
const MOST_SETS = 2_000

export function createBudgetSets (sqlite: Database): BudgetSets {
  const known = new Map<string, number>()
  const find = sqlite.prepare<[string], number>('SELECT id FROM budget_sets WHERE text = ?').pluck()
  const insert = sqlite.prepare<[string]>('INSERT INTO budget_sets (text) VALUES (?)')
  const read = sqlite.prepare<[number], string>('SELECT text FROM budget_sets WHERE id = ?').pluck()
  return {
    idOf (places) {
      const text = textOf(places)
      const before = known.get(text)
      if (before !== undefined) return before
      const id = find.get(text) ?? Number(insert.run(text).lastInsertRowid)
      if (known.size >= MOST_SETS) known.clear() // most are of windows that are over
      known.set(text, id)
      return id
    },
    placesOf: (id) => readPlaces(read.get(id)),
    forget () { known.clear() }
  }
}

/** JSON of pairs, so that SQL can read it, too. */
function textOf (places: readonly WindowPlace[]): string {
  let text = ''
  for (const { budgetId, startMs } of places) text += `${text === '' ? '' : ','}[${budgetId},${startMs}]`
  return `[${text}]`
}

/** Undefined: no such set. */
export function readPlaces (text: string | undefined): WindowPlace[] {
  if (text === undefined) return []
  return (JSON.parse(text) as Array<[number, number]>).map(([budgetId, startMs]) => ({ budgetId, startMs }))
}
