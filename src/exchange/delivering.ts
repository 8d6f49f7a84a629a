// What delivering an answer needs of its exchange.

import type { AttemptProgress } from '../ledger/ledger.ts'
import type { Additions } from '../wire/format.ts'
import type { Ask } from './ask.ts'
import type { Attempted } from './attempted.ts'
import type { Ending, Priced } from './books.ts'
import type { ClientStream } from './client-stream.ts'
import type { Outlet } from './outlet.ts'
import type { ExchangeParts } from './parts.ts'
import type { Turn } from './turns.ts'

export interface Delivering {
  readonly ask: Ask
  readonly parts: ExchangeParts
  readonly outlet: Outlet
  readonly client: ClientStream
  /** Every attempt so far. */
  readonly attempts: readonly Attempted[]
  readonly id: string
  /** Why nothing more is to be done: the client left, or the broker has to go. */
  readonly stop: 'client_gone' | 'draining' | undefined
  /** Notes what is known of the running attempt. */
  note (seen: AttemptProgress): void
  /** The one settlement. */
  settle (ending: Ending, attempted: Attempted, cost: Priced): Promise<void>
  /** What every answer carries; `attempted` undefined: nobody has answered yet. */
  headers (attempted: Attempted | undefined): string[]
  additions (turn: Turn, cost: Priced, attempts: number): Additions
  /** The provider as the rows name it. */
  providerName (turn: Turn): string
}
