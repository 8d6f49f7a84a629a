// Texts that repeat in every row, stored once: names, backends and plans, with the ids in use kept in memory.
//
// An id learnt inside a transaction that is rolled back does not exist, so ids are provisional until `keep`.

import { createHash } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import type { AttemptIntent } from '../ledger.ts'

export interface BackendId {
  readonly id: number
  /** Ids of names. */
  readonly provider: number
  readonly model: number
}

export interface Dictionary {
  /** Id of a short text; longer ones are cut at 256 characters. */
  name (text: string): number
  /** Id of a text, or 0 for undefined. */
  optionalName (text: string | undefined): number
  backend (attempt: AttemptIntent): BackendId
  plan (text: string): number
  /** The transaction was committed: what was learnt in it stays. */
  keep (): void
  /** The transaction was rolled back: what was learnt in it is forgotten. */
  forget (): void
}

const LONGEST_NAME = 256
/** Ids in memory per kind. Clients choose names and plans vary, so the oldest make room. */
const MOST_NAMES = 20_000
const MOST_BACKENDS = 2_000
const MOST_PLANS = 1_000

export function createDictionary (sqlite: Database): Dictionary {
  const names = new IdCache<number>(MOST_NAMES)
  const backends = new IdCache<BackendId>(MOST_BACKENDS)
  const plans = new IdCache<number>(MOST_PLANS)
  const storeName = rowIdOf(sqlite, 'names', ['text'])
  const storeBackend = rowIdOf(sqlite, 'backends', ['provider', 'model', 'model_id', 'credential', 'price_version'])
  const findPlan = sqlite.prepare<[Buffer], number>('SELECT id FROM plans WHERE digest = ?').pluck()
  const insertPlan = sqlite.prepare<[Buffer, string]>('INSERT INTO plans (digest, text) VALUES (?, ?)')

  const name = (text: string): number => {
    const short = shorten(text)
    return names.get(short) ?? names.learn(short, storeName(short))
  }

  const learnBackend = (attempt: AttemptIntent, modelId: string): BackendId => {
    const provider = name(attempt.provider)
    const model = name(attempt.model)
    const id = storeBackend(provider, model, modelId, attempt.credentialId ?? '', attempt.priceVersion ?? '')
    return { id, provider, model }
  }

  const learnPlan = (text: string): number => {
    const digest = createHash('sha256').update(text).digest().subarray(0, 16)
    return findPlan.get(digest) ?? Number(insertPlan.run(digest, text).lastInsertRowid)
  }

  return {
    name,
    optionalName: (text) => text === undefined ? 0 : name(text),
    backend (attempt) {
      const { provider, model, credentialId = '', priceVersion = '' } = attempt
      const modelId = shorten(attempt.modelId)
      const key = `${provider}\n${model}\n${modelId}\n${credentialId}\n${priceVersion}`
      return backends.get(key) ?? backends.learn(key, learnBackend(attempt, modelId))
    },
    plan: (text) => plans.get(text) ?? plans.learn(text, learnPlan(text)),
    keep () { for (const cache of [names, backends, plans]) cache.keep() },
    forget () { for (const cache of [names, backends, plans]) cache.forget() }
  }
}

/** Copied when cut: a slice would keep the whole text of the client in memory for as long as its id. */
function shorten (text: string): string {
  return text.length <= LONGEST_NAME ? text : Buffer.from(text.slice(0, LONGEST_NAME)).toString()
}

/** Finds the row with these values in these (unique) columns, or makes it. Columns are constants of this file. */
function rowIdOf (sqlite: Database, table: string, columns: readonly string[]) {
  const where = columns.map((column) => `${column} = ?`).join(' AND ')
  const find = sqlite.prepare<unknown[], number>(`SELECT id FROM ${table} WHERE ${where}`).pluck()
  const insert = sqlite.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
  return (...values: Array<string | number>): number =>
    find.get(...values) ?? Number(insert.run(...values).lastInsertRowid)
}

class IdCache<Id> {
  readonly #ids = new Map<string, Id>()
  readonly #most: number
  #provisional: string[] = []

  constructor (most: number) {
    this.#most = most
  }

  get (key: string): Id | undefined {
    return this.#ids.get(key)
  }

  learn (key: string, id: Id): Id {
    if (this.#ids.size >= this.#most) this.#ids.delete(this.#ids.keys().next().value ?? '')
    this.#ids.set(key, id)
    this.#provisional.push(key)
    return id
  }

  keep (): void {
    if (this.#provisional.length > 0) this.#provisional = []
  }

  forget (): void {
    for (const key of this.#provisional) this.#ids.delete(key)
    this.#provisional = []
  }
}
