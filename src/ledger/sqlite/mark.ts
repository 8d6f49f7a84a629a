// `settled_below`: how far back recovery after a crash has to look, so that it never reads ten million rows.

import type { Database } from 'better-sqlite3'

export interface Mark {
  /** Recovery is done: everything below `row` is settled, and the mark may move from now on. */
  start (row: number): void
  /** Moves the mark towards the oldest open row now and then; part of the transaction of other work. */
  write (oldestOpen: number): void
  /** The transaction was committed. */
  keep (): void
}

/** How many rows the mark may lag behind. */
const LAG = 4_096

export function createMark (sqlite: Database): Mark {
  const update = sqlite.prepare("UPDATE marks SET value = max(value, ?) WHERE name = 'settled_below'")
  let committed = Infinity
  let written = Infinity
  return {
    start (row) { committed = written = row },
    write (oldestOpen) {
      written = committed
      if (oldestOpen - committed < LAG) return
      update.run(oldestOpen)
      written = oldestOpen
    },
    keep () { committed = written }
  }
}
