// Rows as bytes: what seals are made over.
//
// What must hold: two different rows never have the same bytes. Each value says its kind, integers have eight bytes,
// texts and blobs their length in front, and texts are read as they lie in the file, valid UTF-8 or not. Columns at the
// end that are NULL are left out, so that a migration may add columns to sealed tables.

import { hash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { crc32 } from 'node:zlib'

/** Tables whose rows are written once and sealed in the order of their ids. Their place here is part of the bytes. */
export const DICTIONARIES = ['names', 'plans', 'prices', 'backends', 'budget_sets', 'adjustments'] as const
const TABLES = [...DICTIONARIES, 'exchanges', 'attempts'] as const
export type Dictionary = typeof DICTIONARIES[number]
export type SealedTable = typeof TABLES[number]

export interface SealedRow {
  readonly table: SealedTable
  readonly id: number
}

type Value = number | bigint | string | Buffer | null
/** Values as they are read, id first: numbers and strings, or bigints and blobs where a row of the read needs them. */
type Values = readonly Value[]

/**
 * A digest only names the row that was changed in a block whose chain says that one was. Two bytes miss it once in
 * 65,536 times: then the block is named. Seals from before have four; both are the end of the same number.
 */
const DIGEST_BYTES = 2
const OLDER_DIGEST_BYTES = 4

/** Bytes of one digest, where there are `digests` of `rows` rows. */
export function digestBytes (digests: Buffer, rows: number): number {
  return digests.length === rows * OLDER_DIGEST_BYTES ? OLDER_DIGEST_BYTES : DIGEST_BYTES
}
const FIRST_BYTES = 64 * 1024
const WORD = 2 ** 32
const UNDECODED = '\ufffd'
/** Bytes of UTF-8 for one UTF-16 unit. */
const MOST_BYTES_PER_UNIT = 3

/** Reads rows of [first, end) in the order of ids, `most` at the most (-1: all). */
export type ReadRows = (first: number, end: number, most: number) => Values[]

/** Readers of all sealed tables, with every column a table has. */
export function createRowReaders (sqlite: Database): { readonly [table in SealedTable]: ReadRows } {
  const columns = sqlite.prepare<[string], { name: string, type: string }>(
    'SELECT name, type FROM pragma_table_info(?) ORDER BY cid')
  const reader = (table: SealedTable): ReadRows => {
    const named = columns.all(table)
    // `+?`: by a bare `LIMIT ?` SQLite plans, and prepares the statement anew for each value: a third of the time.
    const select = (values: readonly string[]) => sqlite.prepare<[number, number, number], Values>(
      `SELECT ${values.join(', ')} FROM ${table} WHERE id >= ? AND id < ? ORDER BY id LIMIT +?`).raw()
    const read = select(named.map(({ name }) => name))
    const readExact = select(named.map(exactly)).safeIntegers()
    return (first, end, most) => {
      const rows = read.all(first, end, most)
      return rows.every(isExact) ? rows : readExact.all(first, end, most)
    }
  }
  return Object.fromEntries(TABLES.map((table) => [table, reader(table)])) as { [table in SealedTable]: ReadRows }
}

/** A column with no type of its own may hold text as well. */
function exactly ({ name, type }: { readonly name: string, readonly type: string }): string {
  const bytes = `CAST(${name} AS BLOB)`
  return type === 'TEXT' ? bytes : type === 'ANY' ? `iif(typeof(${name}) = 'text', ${bytes}, ${name})` : name
}

/** Reading all rows as bigints and blobs took twice the time. */
function isExact (values: Values): boolean {
  return values.every(isExactValue)
}

/** An integer that was rounded is never one this small, and text that is not UTF-8 has the mark of its decoding. */
function isExactValue (value: Value): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value)
  return typeof value !== 'string' || !value.includes(UNDECODED)
}

/** The rows of one block, with their bytes one behind the other in a buffer that is used again. */
export class BlockBytes {
  readonly rows: SealedRow[] = []
  #buffer = Buffer.allocUnsafe(FIRST_BYTES)
  #length = 0
  #digests: number[] = []

  clear (): void {
    this.rows.length = this.#length = this.#digests.length = 0
  }

  add (table: SealedTable, values: Values): void {
    const start = this.#length
    let count = values.length
    while (values[count - 1] === null) count--
    this.#reserve(2)
    this.#length = this.#buffer.writeUInt8(TABLES.indexOf(table), this.#length)
    this.#length = this.#buffer.writeUInt8(count, this.#length)
    for (let at = 0; at < count; at++) this.#addValue(values[at] ?? null)
    this.#digests.push(crc32(this.#buffer.subarray(start, this.#length)))
    this.rows.push({ table, id: Number(values[0]) })
  }

  /** The end of the CRC-32 of each row; `size` bytes of it. */
  digests (size = DIGEST_BYTES): Buffer {
    const bytes = Buffer.allocUnsafe(this.#digests.length * size)
    for (const [at, digest] of this.#digests.entries()) bytes.writeUIntBE(digest % 256 ** size, at * size, size)
    return bytes
  }

  /** SHA-256 over all rows. */
  hash (): Buffer {
    return hash('sha256', this.#buffer.subarray(0, this.#length), 'buffer')
  }

  #addValue (value: Value): void {
    if (value === null) this.#addNull()
    else if (typeof value === 'number') this.#addNumber(value)
    else if (typeof value === 'bigint') this.#addBigint(value)
    else if (typeof value === 'string') this.#addText(value)
    else this.#addBytes(value)
  }

  #addNull (): void {
    this.#reserve(1)
    this.#length = this.#buffer.writeUInt8(0, this.#length)
  }

  /** The same eight bytes as of a bigint. */
  #addNumber (value: number): void {
    this.#reserve(9)
    this.#length = this.#buffer.writeUInt8(1, this.#length)
    this.#length = this.#buffer.writeInt32BE(Math.floor(value / WORD), this.#length)
    this.#length = this.#buffer.writeUInt32BE(value >>> 0, this.#length)
  }

  #addBigint (value: bigint): void {
    this.#reserve(9)
    this.#length = this.#buffer.writeUInt8(1, this.#length)
    this.#length = this.#buffer.writeBigInt64BE(value, this.#length)
  }

  #addText (value: string): void {
    this.#reserve(5 + value.length * MOST_BYTES_PER_UNIT)
    const bytes = this.#buffer.write(value, this.#length + 5)
    this.#length = this.#buffer.writeUInt8(2, this.#length)
    this.#length = this.#buffer.writeUInt32BE(bytes, this.#length) + bytes
  }

  #addBytes (value: Buffer): void {
    this.#reserve(5 + value.length)
    this.#length = this.#buffer.writeUInt8(2, this.#length)
    this.#length = this.#buffer.writeUInt32BE(value.length, this.#length)
    this.#length += value.copy(this.#buffer, this.#length)
  }

  #reserve (bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(2 * (this.#length + bytes))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

const WORDS: { readonly [table in SealedTable]: string } = {
  names: 'name',
  plans: 'plan',
  prices: 'price',
  backends: 'backend',
  budget_sets: 'budget set',
  adjustments: 'adjustment',
  exchanges: 'exchange',
  attempts: 'attempt'
}

/** `exchange 123`, `attempt 2 of exchange 123`, `name 7`. */
export function rowInWords ({ table, id }: SealedRow): string {
  return table === 'attempts' ? `attempt ${id % 256} of exchange ${Math.floor(id / 256)}` : `${WORDS[table]} ${id}`
}
