// Which hours of `usage_hourly` a connection has changed, and when: for reports that keep what they have read.
//
// What must hold: whoever changes sums of hours notes it here, in the same synchronous stretch as its transaction, so a
// report, which runs between transactions, knows of every change of its own connection. What others commit shows in
// `PRAGMA data_version`. A note too many costs a report some milliseconds; a note too few would make it wrong.

import type { Database } from 'better-sqlite3'

/** Hours that are remembered one by one; beyond, everything counts as changed. */
const MOST_HOURS = 1_000

export interface ChangedHours {
  note (hour: number): void
  /** The number of the last change. */
  last (): number
  /** Hours changed after change number `since`; undefined: too many to tell. */
  after (since: number): number[] | undefined
}

const byConnection = new WeakMap<Database, ChangedHours>()

/** One for each connection, so that writers and reports need not be introduced to each other. */
export function changedHoursOf (sqlite: Database): ChangedHours {
  const known = byConnection.get(sqlite)
  if (known) return known
  const made = createChangedHours()
  byConnection.set(sqlite, made)
  return made
}

function createChangedHours (): ChangedHours {
  const changes = new Map<number, number>()
  let last = 0
  let forgotten = 0
  return {
    note (hour) {
      if (changes.size >= MOST_HOURS) {
        changes.clear()
        forgotten = last
      }
      changes.set(hour, ++last)
    },
    last: () => last,
    after: (since) => since < forgotten
      ? undefined
      : [...changes].filter(([, number]) => number > since).map(([hour]) => hour)
  }
}
