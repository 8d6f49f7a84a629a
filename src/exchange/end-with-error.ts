// An exchange that ends in an error: settled first, then told in the way that is still open. A client that has nothing
// yet is refused, a stream that has begun is broken off in-band, and one that left hears nothing.

import { GatewayError } from '../core/errors.ts'
import type { Plan } from '../routing/plan.ts'
import type { Books, Ending } from './books.ts'
import type { StreamDelivery } from './deliver-stream.ts'
import type { Delivering } from './delivering.ts'
import { openrouterMetadata } from './openrouter-metadata.ts'
import { refuse } from './refuse.ts'
import { noteUnanswered } from './unserved.ts'

export interface Unfinished {
  readonly books: Pick<Books, 'hasRow' | 'report'>
  readonly delivery: Pick<StreamDelivery, 'release' | 'breakOff'>
  /** Undefined: it did not come to one. */
  readonly plan: Plan | undefined
  /** Settles the row where one is open, and lets go of what the exchange holds. */
  readonly settle: (ending: Ending) => Promise<void>
}

/** `cause`: what was thrown; anything but a GatewayError is a bug of ours. */
export async function endWithError (run: Delivering, cause: unknown, unfinished: Unfinished): Promise<void> {
  const { ask, attempts, client, outlet, parts } = run
  const { books, delivery, plan, settle } = unfinished
  const error = cause instanceof GatewayError ? cause : new GatewayError('internal', {}, { cause })
  if (error.code === 'internal') parts.alarm('an exchange failed on a bug of the broker', cause)
  const last = attempts[attempts.length - 1]
  const status = client.isBegun && error.code !== 'client_gone' ? 200 : error.status
  if (!books.hasRow) books.report({ status, error: error.code }, [], undefined)
  await settle({ status, error: error.code })
  delivery.release()
  noteUnanswered(outlet, error, attempts, client.isBegun)
  if (error.code === 'client_gone') return client.cut(undefined)
  if (client.isBegun) return delivery.breakOff(error)
  client.release()
  const metadata = openrouterMetadata(run, plan, undefined)
  refuse(outlet, ask, error, { id: run.id, attempts, provider: last && run.providerName(last.turn), metadata })
}
