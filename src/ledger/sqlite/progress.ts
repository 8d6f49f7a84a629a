// What is known of an attempt while it runs, written into its open row now and then: after `kill -9` it is still there.
//
// What must hold: nobody waits for it and nothing depends on it. It changes a running attempt only, never one that was
// settled meanwhile; a fault of its own is its own (group-commit.ts); what the store refuses is dropped, because the
// next second brings a newer one. A settlement writes over all of it.

import type { Database } from 'better-sqlite3'
import type { AttemptProgress } from '../ledger.ts'
import { otherUsage } from './columns.ts'
import type { Work } from './group-commit.ts'
import { attemptId, LONGEST_UPSTREAM_ID } from './rows.ts'

// `computed_nano_usd` of a row that is booked at its bound: what was seen of it costs so much at the most.
const NOTE = `
  UPDATE attempts SET delivered_bytes = ?, upstream_id = ?, computed_nano_usd = ?,
    input = ?, cache_read = ?, cache_write = ?, output = ?, reasoning = ?, other_usage = ?
  WHERE id = ? AND outcome IS NULL`

/** Writes what is known into the row of attempt `number`; nothing, when that is not running. */
export type NoteProgress = (row: number, number: number, seen: AttemptProgress) => void

export function createProgressNotes (sqlite: Database): NoteProgress {
  const note = sqlite.prepare(NOTE)
  return (row, number, { deliveredBytes, upstreamId, seenCost, usage }) => {
    note.run(
      deliveredBytes, upstreamId?.slice(0, LONGEST_UPSTREAM_ID), seenCost,
      usage.input, usage.cache_read, usage.cache_write, usage.output, usage.reasoning, otherUsage(usage),
      attemptId(row, number))
  }
}

/** Of the attempt that runs when it is asked for: a later one has its own. */
export class Progressing implements Work {
  readonly mayBeKept = false
  readonly #note: NoteProgress
  readonly #place: readonly [row: number, number: number]
  readonly #seen: AttemptProgress

  constructor (note: NoteProgress, place: readonly [row: number, number: number], seen: AttemptProgress) {
    this.#note = note
    this.#place = place
    this.#seen = seen
  }

  apply (): void {
    this.#note(...this.#place, this.#seen)
  }

  undo (): void {}
  done (): void {}
  failed (): void {}
  kept (): void {}
}
