// `usage_hourly`: sums gathered during a transaction and written once per bucket just before its commit.
//
// What must hold (P4): a bucket is equal to the sum over the settled exchanges of its hour, address and key. Requests
// count under the model and provider of the last attempt (the requested model and provider '' when there was none);
// usage and money count under those of the attempt that used them, so that a provider's sums match its invoice.

import type { Database } from 'better-sqlite3'
import { USAGE_KINDS, type Usage } from '../../core/usage.ts'
import type { NanoUsd } from '../../core/money.ts'
import { changedHoursOf } from './changed-hours.ts'
import { COUNTS_OF_ATTEMPT, OWN_KINDS, RARE_KINDS, SUM_COLUMNS, usageOf } from './columns.ts'

/** What places an exchange in a bucket. Numbers are ids of names. */
export interface Counted {
  readonly createdAtMs: number
  readonly ip: number
  readonly key: number
  readonly requestedModel: number
}

export interface Rollup {
  /** Counts a settled exchange with the only attempt it had. */
  countOne (exchange: Counted, backend: BackendNames, ended: AttemptSums, isError: boolean): void
  /** Counts a settled exchange from its rows, however many attempts it had. */
  countRows (row: number, exchange: Counted, isError: boolean): void
  /** Writes what was counted; part of the transaction. */
  write (): void
  /** Drops what was counted and not written: the transaction is gone. */
  clear (): void
}

interface BackendNames {
  readonly provider: number
  readonly model: number
}

interface AttemptSums {
  readonly usage: Usage
  readonly cost: NanoUsd | undefined
}

interface Bucket {
  readonly place: readonly [hour: number, ip: number, key: number, model: number, provider: number]
  requests: number
  errors: number
  unpriced: number
  readonly counts: number[]
  cost: bigint
  firstMs: number
  lastMs: number
}

type AttemptRow = [provider: number, model: number, cost: bigint | null, ...counts: Array<number | null>]

export const HOUR_MS = 3_600_000
const PLACE = ['hour', 'ip', 'key', 'model', 'provider']
const ADDED = ['requests', 'errors', 'unpriced', ...OWN_KINDS.map((at) => SUM_COLUMNS[at] ?? ''), 'cost_nano_usd']
const ALL = [...ADDED, 'first_after_ms', 'last_after_ms', ...PLACE, 'rare']
const AT_PLACE = PLACE.map((column) => `${column} = ?`).join(' AND ')

// What nearly every bucket gets, in a bucket that is nearly always there.
const ADD_USUAL = `
  UPDATE usage_hourly SET ${ADDED.map((column) => `${column} = ${column} + ?`).join(', ')},
    first_after_ms = min(first_after_ms, ?), last_after_ms = max(last_after_ms, ?)
  WHERE ${AT_PLACE}`
const INSERT = `INSERT INTO usage_hourly (${ALL.join(', ')}) VALUES (${ALL.map(() => '?').join(', ')})`
const RARE = `SELECT rare FROM usage_hourly WHERE ${AT_PLACE}`
const SET_RARE = `UPDATE usage_hourly SET rare = ? WHERE ${AT_PLACE}`

const ATTEMPTS = `
  SELECT b.provider, b.model, a.cost_nano_usd, ${COUNTS_OF_ATTEMPT.join(', ')}
  FROM attempts a JOIN backends b ON b.id = a.backend
  WHERE a.id BETWEEN :row * 256 AND :row * 256 + 255 ORDER BY a.id`

/** `touch` hears of each hour that is written. */
export function createRollup (sqlite: Database, touch: (hour: number) => void): Rollup {
  const changed = changedHoursOf(sqlite)
  const writeBucket = bucketWriter(sqlite)
  const attemptsOf = sqlite.prepare<[{ row: number }], unknown[]>(ATTEMPTS).raw().safeIntegers()
  const buckets = new Map<string, Bucket>()

  const bucketOf = ({ createdAtMs, ip, key }: Counted, model: number, provider: number): Bucket => {
    const hour = Math.floor(createdAtMs / HOUR_MS)
    const name = `${hour} ${ip} ${key} ${model} ${provider}`
    let bucket = buckets.get(name)
    if (!bucket) buckets.set(name, bucket = emptyBucket([hour, ip, key, model, provider], createdAtMs))
    if (createdAtMs < bucket.firstMs) bucket.firstMs = createdAtMs
    if (createdAtMs > bucket.lastMs) bucket.lastMs = createdAtMs
    return bucket
  }

  return {
    countOne (exchange, backend, ended, isError) {
      const bucket = bucketOf(exchange, backend.model, backend.provider)
      addAttempt(bucket, ended)
      addRequest(bucket, isError, ended.cost === undefined)
    },
    countRows (row, exchange, isError) {
      let last = { model: exchange.requestedModel, provider: 0 }
      let isUnpriced = false
      for (const columns of attemptsOf.iterate({ row })) {
        const attempt = attemptOf(columns)
        last = attempt
        if (attempt.cost === undefined) isUnpriced = true
        addAttempt(bucketOf(exchange, attempt.model, attempt.provider), attempt)
      }
      addRequest(bucketOf(exchange, last.model, last.provider), isError, isUnpriced)
    },
    write () {
      for (const bucket of buckets.values()) {
        writeBucket(bucket)
        touch(bucket.place[0])
        changed.note(bucket.place[0])
      }
      buckets.clear()
    },
    clear () { buckets.clear() }
  }
}

function bucketWriter (sqlite: Database): (bucket: Bucket) => void {
  const addUsual = sqlite.prepare(ADD_USUAL)
  const insert = sqlite.prepare(INSERT)
  const readRare = sqlite.prepare<[...Bucket['place']], string | null>(RARE).pluck()
  const setRare = sqlite.prepare<[string, ...Bucket['place']]>(SET_RARE)
  return ({ place, requests, errors, unpriced, counts, cost, firstMs, lastMs }) => {
    const own = OWN_KINDS.map((at) => counts[at])
    const startMs = place[0] * HOUR_MS
    const values = [requests, errors, unpriced, ...own, cost, firstMs - startMs, lastMs - startMs, ...place]
    const hasRare = RARE_KINDS.some((at) => counts[at] !== 0)
    if (addUsual.run(...values).changes === 0) insert.run(...values, hasRare ? rareText(null, counts) : null)
    else if (hasRare) setRare.run(rareText(readRare.get(...place) ?? null, counts), ...place)
  }
}

/** The text of `rare` with these counts added. @throws when a sum would not be exact */
function rareText (before: string | null, counts: readonly number[]): string {
  const sums = (before === null ? {} : JSON.parse(before)) as { [column: string]: number }
  for (const at of RARE_KINDS) {
    const [column = '', count = 0] = [SUM_COLUMNS[at], counts[at]]
    if (count === 0) continue
    const sum = (sums[column] ?? 0) + count
    if (!Number.isSafeInteger(sum)) throw new RangeError(`the sum of ${column} of an hour is full`)
    sums[column] = sum
  }
  return JSON.stringify(sums)
}

function emptyBucket (place: Bucket['place'], createdAtMs: number): Bucket {
  return {
    place,
    requests: 0,
    errors: 0,
    unpriced: 0,
    counts: new Array<number>(USAGE_KINDS.length).fill(0),
    cost: 0n,
    firstMs: createdAtMs,
    lastMs: createdAtMs
  }
}

function addRequest (bucket: Bucket, isError: boolean, isUnpriced: boolean): void {
  bucket.requests++
  if (isError) bucket.errors++
  if (isUnpriced) bucket.unpriced++
}

function addAttempt (bucket: Bucket, { usage, cost }: AttemptSums): void {
  if (cost !== undefined) bucket.cost += cost
  for (let at = 0; at < USAGE_KINDS.length; at++) {
    const count = usage[USAGE_KINDS[at] as keyof Usage]
    if (count !== undefined) bucket.counts[at] = (bucket.counts[at] ?? 0) + count
  }
}

function attemptOf (columns: unknown[]): BackendNames & AttemptSums {
  const [provider, model, cost, ...counts] = columns as AttemptRow
  return {
    provider: Number(provider),
    model: Number(model),
    cost: cost ?? undefined,
    usage: usageOf(counts.map((count) => count === null ? null : Number(count)))
  }
}
