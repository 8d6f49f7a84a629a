// A running broker under observation: its books read through a connection of their own, its credentials counted, and
// promises for what happens inside, so that no test has to wait by the clock.

import Database from 'better-sqlite3'
import { join } from 'node:path'
import type { Outlet } from '../../src/exchange/outlet.ts'
import type { Gateway } from '../../src/gateway.ts'
import type { VerifyReport } from '../../src/ledger/verify.ts'
import { verifyLedger } from '../../src/ledger/sqlite/verify.ts'
import { systemClock, type Clock } from '../../src/core/clock.ts'
import type { TestGateway } from '../helper.ts'

export interface AttemptRow {
  readonly number: number
  /** Null: running. */
  readonly outcome: string | null
  readonly upstreamStatus: number | null
}

export interface ExchangeRow {
  readonly row: number
  /** Null: running. */
  readonly status: number | null
  readonly error: string | null
  readonly attempts: readonly AttemptRow[]
}

export interface Observed {
  /** What is committed now, oldest first: read by a connection that sees nothing else. */
  rows (): ExchangeRow[]
  verify (): VerifyReport
  /** Credentials taken and not given back. */
  readonly busy: number
  /** Exchanges begun so far. */
  readonly begun: number
  /** Resolves when so many exchanges have returned to their route. */
  ended (count: number): Promise<void>
  /** Resolves when the broker noticed so many clients that left early. */
  gone (count: number): Promise<void>
  /** Called when an answer begins: its head is about to be written. */
  onBegin: (() => void) | undefined
}

const EXCHANGES = `SELECT e.id AS row, e.status, x.text AS error FROM exchanges e LEFT JOIN names x ON x.id = e.error
  ORDER BY e.id`
const ATTEMPTS = `SELECT a.number, o.text AS outcome, a.upstream_status AS upstreamStatus
  FROM attempts a LEFT JOIN names o ON o.id = a.outcome WHERE a.exchange = ? ORDER BY a.number`

/** Runs `look` on the broker's file through a read-only connection, which is closed again. */
export function look<Value> (home: string, look: (sqlite: Database.Database) => Value): Value {
  const sqlite = new Database(join(home, 'aibroker.db'), { readonly: true })
  try {
    return look(sqlite)
  } finally {
    sqlite.close()
  }
}

export function rowsOf (home: string): ExchangeRow[] {
  return look(home, (sqlite) => {
    const attempts = sqlite.prepare<[number], AttemptRow>(ATTEMPTS)
    return sqlite.prepare<[], Omit<ExchangeRow, 'attempts'>>(EXCHANGES).all()
      .map((row) => ({ ...row, attempts: attempts.all(row.row) }))
  })
}

/** Call it before the first request. */
export function observe (broker: TestGateway): Observed {
  const gateway = broker.gateway as { -readonly [part in keyof Gateway]: Gateway[part] }
  const ended = new Counter()
  const gone = new Counter()
  let busy = 0
  let begun = 0
  const { exchange, credentials } = gateway
  const { take, giveBack } = credentials
  credentials.take = (...wanted) => {
    const credential = take(...wanted)
    if (credential) busy++
    return credential
  }
  credentials.giveBack = (credential, outcome) => {
    busy--
    giveBack(credential, outcome)
  }
  const observed: Observed = {
    rows: () => rowsOf(broker.home),
    verify: () => look(broker.home, verifyLedger),
    get busy () { return busy },
    get begun () { return begun },
    ended: (count) => ended.reached(count),
    gone: (count) => gone.reached(count),
    onBegin: undefined
  }
  gateway.exchange = async (ask, outlet) => {
    begun++
    try {
      await exchange(ask, watched(outlet, observed, gone))
    } finally {
      ended.reach()
    }
  }
  return observed
}

function watched (outlet: Outlet, observed: Observed, gone: Counter): Outlet {
  return {
    ...outlet,
    begin (status, headers) {
      observed.onBegin?.()
      outlet.begin(status, headers)
    },
    onGone (listener) {
      outlet.onGone(() => {
        listener()
        gone.reach()
      })
    }
  }
}

/** Counts, and wakes those who wait for a count. */
export class Counter {
  #count = 0
  #waiting: Array<{ count: number, wake: () => void }> = []

  get count (): number {
    return this.#count
  }

  reach (): void {
    this.#count++
    for (const { wake } of this.#waiting.filter(({ count }) => count <= this.#count)) wake()
    this.#waiting = this.#waiting.filter(({ count }) => count > this.#count)
  }

  async reached (count: number): Promise<void> {
    if (count > this.#count) await new Promise<void>((resolve) => { this.#waiting.push({ count, wake: resolve }) })
  }
}

export interface Latch {
  open (): void
  readonly opened: Promise<void>
}

/** Closed until somebody opens it. */
export function latch (): Latch {
  let open = () => {}
  const opened = new Promise<void>((resolve) => { open = resolve })
  return { open, opened }
}

/**
 * A clock that a test can push forward, so that whoever rests after failures is rested. Timers stay real, but for
 * `hasty` ones: waits below a second, like those between two tries, are over at once.
 */
export function leapingClock (pace: 'real' | 'hasty' = 'real'): Clock & { leap (): void } {
  const LEAP_MS = 15 * 60_000
  let leapt = 0
  return {
    ...systemClock,
    monotonicMs: () => systemClock.monotonicMs() + leapt,
    after (delayMs, fn) {
      if (pace === 'real' || delayMs >= 1_000) return systemClock.after(delayMs, fn)
      const immediate = setImmediate(fn)
      return () => { clearImmediate(immediate) }
    },
    leap () { leapt += LEAP_MS }
  }
}

/** Takes the write lock of the broker's database, as a program with a long transaction would; call it to let go. */
export function lockBooks (home: string): () => void {
  const sqlite = new Database(join(home, 'aibroker.db'))
  sqlite.exec('BEGIN IMMEDIATE')
  return () => {
    if (!sqlite.open) return
    sqlite.exec('ROLLBACK')
    sqlite.close()
  }
}
