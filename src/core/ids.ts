// Ids that carry their row. `gen-<unix s>-<20 alnum>`: the first 8 of the 20 are the row number in base 36 and the
// last 12 are random, so a lookup needs no index over text and still cannot be guessed.

import { randomFillSync } from 'node:crypto'

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
const TAG_LENGTH = 12
const ROW_LENGTH = 8
const GENERATION_ID = /^gen-(\d{1,12})-([0-9a-z]{8})([0-9a-zA-Z]{12})$/

/** Fills the array with random bytes; injected so that tests can repeat a run. */
export type RandomBytes = (bytes: Uint8Array) => void

export const systemRandom: RandomBytes = (bytes) => { randomFillSync(bytes) }

/** Random numbers in [0, 1), for chance that no secret hangs on: jitter, sampling. */
export function createUnitSource (random: RandomBytes): () => number {
  const word = new Uint32Array(1)
  const bytes = new Uint8Array(word.buffer)
  return () => {
    random(bytes)
    return (word[0] ?? 0) / 2 ** 32
  }
}

/** Random alphanumeric tags, drawn from a pool so that a request costs no call into the random source. */
export function createTagSource (random: RandomBytes): () => string {
  const pool = new Uint8Array(TAG_LENGTH * 512)
  let used = pool.length
  return () => {
    if (used === pool.length) {
      random(pool)
      used = 0
    }
    let tag = ''
    for (const end = used + TAG_LENGTH; used < end; used++) tag += ALPHABET[(pool[used] ?? 0) % ALPHABET.length]
    return tag
  }
}

/** The public id of the exchange in ledger row `row`, created at `createdAtMs`. */
export function generationId (row: number, tag: string, createdAtMs: number): string {
  return `gen-${Math.floor(createdAtMs / 1000)}-${row.toString(36).padStart(ROW_LENGTH, '0')}${tag}`
}

/** Row and tag of a generation id, or undefined when it is not one of ours. */
export function readGenerationId (id: string): { row: number, tag: string } | undefined {
  const match = GENERATION_ID.exec(id)
  if (!match) return undefined
  return { row: Number.parseInt(match[2] ?? '', 36), tag: match[3] ?? '' }
}
