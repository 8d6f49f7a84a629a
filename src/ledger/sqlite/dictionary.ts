// Texts that repeat in every row, stored once: names, backends and plans, with the ids in use kept in memory.
//
// An id learnt inside a transaction that is rolled back does not exist. That is rare, so everything is forgotten then:
// what exists is read again when it is needed.

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
  /** The transaction was rolled back: what was learnt in it does not exist. */
  forget (): void
}

const LONGEST_NAME = 256
/** Ids in memory per kind. Clients choose names and plans vary, so the oldest make room. */
const MOST_NAMES = 20_000
const MOST_MODELS = 2_000
const MOST_OF_MODEL = 50
const MOST_PLANS = 1_000

export function createDictionary (sqlite: Database): Dictionary {
  const names = new IdCache<string, number>(MOST_NAMES)
  const storeName = rowIdOf(sqlite, 'names', ['text'])

  const name = (text: string): number => {
    const short = shorten(text)
    return names.get(short) ?? names.learn(short, storeName(short))
  }

  const backends = backendIds(sqlite, name)
  const plans = planIds(sqlite)
  return {
    name,
    optionalName: (text) => text === undefined ? 0 : name(text),
    backend: backends.idOf,
    plan: plans.idOf,
    forget () {
      names.clear()
      backends.forget()
      plans.forget()
    }
  }
}

interface KnownBackend {
  readonly attempt: AttemptIntent
  readonly id: BackendId
}

/** By model id, and among the few of one model by comparing: a key made of all five texts costs twice as much. */
function backendIds (sqlite: Database, name: Dictionary['name']) {
  const known = new IdCache<string, KnownBackend[]>(MOST_MODELS)
  const store = rowIdOf(sqlite, 'backends', ['provider', 'model', 'model_id', 'credential', 'price_version'])
  const storePrice = sqlite.prepare<[string, string, number]>(
    'INSERT INTO prices (version, document, first_used_at_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')

  const learn = (attempt: AttemptIntent): BackendId => {
    const modelId = shorten(attempt.modelId)
    const provider = name(attempt.provider)
    const model = name(attempt.model)
    const id = store(provider, model, modelId, attempt.credentialId ?? '', attempt.priceVersion ?? '')
    const { priceVersion, priceDocument } = attempt
    if (priceVersion !== undefined && priceDocument !== undefined) {
      storePrice.run(priceVersion, priceDocument, attempt.startedAtMs)
    }
    const backend = { id, provider, model }
    if (modelId !== attempt.modelId) return backend // a client's invention: not worth a place in memory
    const sameModel = known.get(modelId) ?? known.learn(modelId, [])
    if (sameModel.length >= MOST_OF_MODEL) sameModel.length = 0 // prices have changed many times
    sameModel.push({ attempt, id: backend })
    return backend
  }

  return {
    idOf (attempt: AttemptIntent): BackendId {
      const found = known.get(attempt.modelId)?.find((one) => isSameBackend(one.attempt, attempt))
      return found?.id ?? learn(attempt)
    },
    forget () { known.clear() }
  }
}

function isSameBackend (one: AttemptIntent, other: AttemptIntent): boolean {
  return one.credentialId === other.credentialId && one.model === other.model && one.provider === other.provider &&
    one.priceVersion === other.priceVersion
}

/** A plan arrives as a fresh text: comparing it with the last one of its length costs a tenth of hashing it. */
function planIds (sqlite: Database) {
  const known = new IdCache<string, number>(MOST_PLANS)
  const lastOfLength = new IdCache<number, { readonly text: string, readonly id: number }>(MOST_PLANS)
  const find = sqlite.prepare<[Buffer], number>('SELECT id FROM plans WHERE digest = ?').pluck()
  const insert = sqlite.prepare<[Buffer, string]>('INSERT INTO plans (digest, text) VALUES (?, ?)')

  const store = (text: string): number => {
    const digest = createHash('sha256').update(text).digest().subarray(0, 16)
    return find.get(digest) ?? Number(insert.run(digest, text).lastInsertRowid)
  }

  return {
    idOf (text: string): number {
      const last = lastOfLength.get(text.length)
      if (last?.text === text) return last.id
      const id = known.get(text) ?? known.learn(text, store(text))
      lastOfLength.learn(text.length, { text, id })
      return id
    },
    forget () {
      known.clear()
      lastOfLength.clear()
    }
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

/** A map of bounded size. */
class IdCache<Key, Id> {
  readonly #ids = new Map<Key, Id>()
  readonly #most: number

  constructor (most: number) {
    this.#most = most
  }

  get (key: Key): Id | undefined {
    return this.#ids.get(key)
  }

  learn (key: Key, id: Id): Id {
    if (this.#ids.size >= this.#most && !this.#ids.has(key)) this.#ids.delete(this.#ids.keys().next().value as Key)
    this.#ids.set(key, id)
    return id
  }

  clear (): void {
    this.#ids.clear()
  }
}
