// Client keys with their limits, as those who administer see and change them: over HTTP and beside the commands.
//
// What must hold: a key and its limit are one transaction, so that nobody, of this process or another, ever meets a key
// without the limit it was to have. What is changed is read inside of that transaction: of two changes at once the
// second one sees the first.

import type { Budget, BudgetWindow, CalendarStep } from '../budgets/budget.ts'
import { isKeyLimit, keyBudget } from '../budgets/key-budget.ts'
import type { SqliteBudgets } from '../budgets/sqlite-budgets.ts'
import { windowWords } from '../budgets/words.ts'
import { GatewayError } from '../core/errors.ts'
import type { HashedKey, KeyChanges, KeyPage, KeyStore } from '../keys/keys.ts'
import type { Account, BudgetStanding, PeriodUse } from '../ledger/account.ts'
import { refused, type KeyWish, type LimitReset } from './key-wish.ts'

export interface ClientKey extends HashedKey {
  /** Undefined: no limit of its own. */
  readonly limit: BudgetStanding | undefined
  readonly use: PeriodUse
}

export interface ClientKeysParts {
  readonly keys: KeyStore
  readonly budgets: SqliteBudgets
  readonly account: Pick<Account, 'use' | 'uses'>
  /** Runs all of it or nothing. @throws GatewayError `ledger_unavailable` */
  readonly transact: <Result>(change: () => Result) => Result
}

const STEPS: { readonly [reset in LimitReset]: CalendarStep } = { daily: 'day', weekly: 'week', monthly: 'month' }
const HASH = /^[0-9a-f]{64}$/
const UNUSED: PeriodUse = { ever: 0n, today: 0n, week: 0n, month: 0n, unpricedRequests: 0 }

export class ClientKeys {
  readonly #parts: ClientKeysParts

  constructor (parts: ClientKeysParts) {
    this.#parts = parts
  }

  /** Oldest first, so that keys made meanwhile do not move the pages. */
  page (page: KeyPage): ClientKey[] {
    const { keys, account } = this.#parts
    const found = keys.page(page)
    const uses = found.length === 0 ? undefined : account.uses()
    return found.map((key) => this.#shown(key, uses?.get(key.record.id) ?? UNUSED))
  }

  /** @throws GatewayError `unknown_client_key` */
  find (hash: string): ClientKey {
    const key = this.#inForce(hash)
    return this.#shown(key, this.#parts.account.use(key.record.id))
  }

  /** The id behind a hash, of a key that was deleted, too. @throws GatewayError `unknown_client_key` */
  idOf (hash: string): string {
    return this.#known(hash).record.id
  }

  /** @throws GatewayError `invalid_body`, `too_many_keys` */
  create (wish: KeyWish): { readonly token: string, readonly key: ClientKey } {
    const { name } = wish
    if (name === undefined) throw refused('name', 'Give the key a "name".')
    const { keys, transact } = this.#parts
    const { token, ...key } = transact(() => {
      const made = keys.create({
        name,
        expiresAtMs: wish.expiresAtMs ?? undefined,
        creatorUser: wish.creatorUser ?? undefined,
        externalUser: wish.externalUser ?? undefined,
        hasByokInLimit: wish.hasByokInLimit ?? false,
        origins: wish.origins
      })
      this.#setLimit(made.record.id, wish)
      return made
    })
    return { token, key: this.#shown(key, UNUSED) }
  }

  /** Members of the wish that are undefined stay as they are. @throws GatewayError as `find` and `create` */
  change (hash: string, wish: KeyWish): ClientKey {
    const { keys, transact, account } = this.#parts
    const changed = transact(() => {
      const key = this.#inForce(hash)
      this.#setLimit(key.record.id, wish)
      return keys.change(key, changesOf(wish))
    })
    return this.#shown(changed, account.use(changed.record.id))
  }

  /** Its rows and its use stay. A key that is gone already is as wished. @throws GatewayError `unknown_client_key` */
  remove (hash: string): void {
    const { keys, budgets, transact } = this.#parts
    transact(() => {
      const { record: { id } } = this.#known(hash)
      if (keys.revoke(id)) budgets.remove(id)
    })
  }

  #known (hash: string): HashedKey {
    const key = HASH.test(hash) ? this.#parts.keys.byHash(hash) : undefined
    if (!key) throw new GatewayError('unknown_client_key')
    return key
  }

  #inForce (hash: string): HashedKey {
    const key = this.#known(hash)
    if (key.record.revokedAtMs !== undefined) throw new GatewayError('unknown_client_key')
    return key
  }

  /** One whose sums mean something else, because its window changed, begins to count anew: see SqliteBudgets. */
  #setLimit (id: string, wish: KeyWish): void {
    const before = this.#limitOf(id)
    const limit = wish.limit === undefined ? before?.limit : wish.limit
    if (limit === undefined || limit === null) return this.#unlimit(before, wish)
    const window = windowOf(wish.limitReset, before)
    if (before?.limit === limit && windowWords(before.window) === windowWords(window)) return
    this.#parts.budgets.set({ ...before ?? keyBudget(id, limit, window), limit, window })
  }

  #unlimit (before: Budget | undefined, { limitReset }: KeyWish): void {
    if (limitReset) throw refused('limit_reset', '"limit_reset" needs a "limit" that comes back.')
    if (before) this.#parts.budgets.remove(before.name)
  }

  #limitOf (id: string): Budget | undefined {
    const budget = this.#parts.budgets.find(id)
    return budget && isKeyLimit(budget) ? budget : undefined
  }

  #shown (key: HashedKey, use: PeriodUse): ClientKey {
    const budget = this.#limitOf(key.record.id)
    return { ...key, limit: budget && { budget, state: this.#parts.budgets.stateOf(budget) }, use }
  }
}

/** Not mentioned: as it was. */
function windowOf (reset: LimitReset | null | undefined, before: Budget | undefined): BudgetWindow {
  if (reset === undefined && before) return before.window
  return reset ? { kind: 'calendar', every: STEPS[reset], timeZone: 'UTC' } : { kind: 'total' }
}

function changesOf ({ name, isDisabled, expiresAtMs, hasByokInLimit }: KeyWish): KeyChanges {
  return {
    ...name !== undefined && { name },
    ...isDisabled !== undefined && { isDisabled },
    ...expiresAtMs !== undefined && { expiresAtMs: expiresAtMs ?? undefined },
    ...hasByokInLimit !== undefined && { hasByokInLimit }
  }
}
