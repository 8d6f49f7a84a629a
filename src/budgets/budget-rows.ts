// Budgets as rows of `budgets` (005-budgets.sql), read and written whole.

import type { Database } from 'better-sqlite3'
import type { Budget, BudgetTerms, BudgetUnit, BudgetWindow, Scope, ScopeKind } from './budget.ts'
import { reachMs } from './span.ts'

interface Row {
  readonly id: bigint
  readonly name: string
  readonly scope: ScopeKind
  readonly scopeValue: string
  readonly unit: BudgetUnit
  readonly amount: bigint
  readonly window: string
  readonly thresholds: string
  readonly isSoft: bigint
  readonly mayClamp: bigint
  readonly createdAtMs: bigint
}

const SELECT = `
  SELECT id, name, scope, scope_value AS scopeValue, unit, amount, window, thresholds, is_soft AS isSoft,
    may_clamp AS mayClamp, created_at_ms AS createdAtMs
  FROM budgets`
// Ten thousand budgets take 80 ms to read; to look through them in SQL takes 1 ms.
const OF_SCOPES = `
  ${SELECT} WHERE closed_at_ms IS NULL AND (scope, scope_value) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))
  ORDER BY id`
const INSERT = `
  INSERT INTO budgets (name, scope, scope_value, unit, amount, window, reach_ms, thresholds, is_soft, may_clamp,
    created_at_ms)
  VALUES (@name, @scope, @scopeValue, @unit, @amount, @window, @reachMs, @thresholds, @isSoft, @mayClamp, @createdAtMs)`
const UPDATE = `
  UPDATE budgets SET amount = @amount, thresholds = @thresholds, is_soft = @isSoft, may_clamp = @mayClamp
  WHERE id = @id`
const CLOSE = 'UPDATE budgets SET closed_at_ms = ? WHERE name = ? AND closed_at_ms IS NULL'

export interface BudgetRows {
  /** Those in force, oldest first. */
  open (): Budget[]
  /** Those in force of any of the scopes, oldest first. */
  ofScopes (scopes: readonly Scope[]): Budget[]
  /** The one of that name in force. */
  byName (name: string): Budget | undefined
  /** One that may be closed. */
  byId (id: number): Budget | undefined
  insert (terms: BudgetTerms, createdAtMs: number): number
  /** Writes what may change in a row: amount, thresholds, softness and clamping. */
  update (id: number, terms: BudgetTerms): void
  /** False: no such budget in force. */
  close (name: string, atMs: number): boolean
}

/** Needs the table: run the migrations first. */
export function openBudgetRows (database: Database): BudgetRows {
  const open = database.prepare<[], Row>(`${SELECT} WHERE closed_at_ms IS NULL ORDER BY id`).safeIntegers()
  const ofScopes = database.prepare<[string], Row>(OF_SCOPES).safeIntegers()
  const byName = database.prepare<[string], Row>(`${SELECT} WHERE name = ? AND closed_at_ms IS NULL`).safeIntegers()
  const byId = database.prepare<[number], Row>(`${SELECT} WHERE id = ?`).safeIntegers()
  const insert = database.prepare(INSERT)
  const update = database.prepare(UPDATE)
  const close = database.prepare<[number, string]>(CLOSE)
  return {
    open: () => open.all().map(readRow),
    ofScopes: (scopes) => ofScopes.all(JSON.stringify(scopes.map(({ kind, value }) => [kind, value]))).map(readRow),
    byName (name) {
      const row = byName.get(name)
      return row && readRow(row)
    },
    byId (id) {
      const row = byId.get(id)
      return row && readRow(row)
    },
    insert: (terms, createdAtMs) => Number(insert.run({ ...writeRow(terms), createdAtMs }).lastInsertRowid),
    update: (id, terms) => { update.run({ ...changesOf(terms), id }) },
    close: (name, atMs) => close.run(atMs, name).changes === 1
  }
}

function readRow (row: Row): Budget {
  return Object.freeze({
    id: Number(row.id),
    name: row.name,
    scope: { kind: row.scope, value: row.scopeValue },
    unit: row.unit,
    limit: row.amount,
    window: JSON.parse(row.window) as BudgetWindow,
    thresholds: JSON.parse(row.thresholds) as number[],
    isSoft: row.isSoft === 1n,
    mayClamp: row.mayClamp === 1n,
    createdAtMs: Number(row.createdAtMs)
  })
}

function writeRow (terms: BudgetTerms) {
  const { name, scope, unit, window } = terms
  return {
    name,
    scope: scope.kind,
    scopeValue: scope.value,
    unit,
    window: JSON.stringify(window),
    reachMs: reachMs(window),
    ...changesOf(terms)
  }
}

function changesOf ({ limit, thresholds, isSoft, mayClamp }: BudgetTerms) {
  return {
    amount: limit, thresholds: JSON.stringify(thresholds), isSoft: isSoft ? 1 : 0, mayClamp: mayClamp ? 1 : 0
  }
}
