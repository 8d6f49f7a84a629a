// Requests with an Idempotency-Key: who may send one, who gets the kept answer, and who has to wait or to think.
//
// DESIGN. A key is claimed here, in memory, before anything is read or written for it, and given back when its answer
// is committed or its request turned out to be unserved: of two requests at once, one is sent. Its row (the ledger's
// idempotency.ts) takes over where this process ends. A request is unserved while no provider has taken it
// (unserved.ts); then its key is free again. Otherwise the answer it got is the answer of its key, whatever it was.

import { GatewayError } from '../core/errors.ts'
import type { IdempotentAnswers, IdempotentRequest, KeptAnswer } from '../ledger/idempotency.ts'
import type { Drains } from './drains.ts'
import type { HeldBytes } from './holder.ts'
import type { Outlet } from './outlet.ts'
import { Recorder, type Recorded } from './recorder.ts'

export interface ReplayParts {
  readonly answers: IdempotentAnswers
  /** Bytes of the longest answer that is kept. */
  readonly limitBytes: number
  /** All answers together while they are being recorded. */
  readonly held: HeldBytes
  readonly drains: Drains
  alarm (message: string, error: unknown): void
}

export type Claim =
  /** The answer is there: `tell` gives it as it was, and one that was cut ends cut (P6). */
  | { readonly kind: 'kept', tell (client: Outlet): void }
  /** Hand `record(outlet)` to the exchange: its end gives the key back. */
  | { readonly kind: 'claimed', record (client: Outlet): Outlet }

const IN_FLIGHT_RETRY_S = 1

export class Replays {
  readonly #parts: ReplayParts
  /** Digests of the requests that run, by key. */
  readonly #running = new Map<string, Buffer>()

  constructor (parts: ReplayParts) {
    this.#parts = parts
  }

  /**
   * What becomes of a request.
   * @throws GatewayError `idempotency_mismatch`, `_in_flight`, `_unknown` or `_not_kept`.
   */
  claim ({ key, request }: IdempotentRequest): Claim {
    const id = key.toString('base64')
    const running = this.#running.get(id)
    if (running) {
      refuseOther(running, request)
      throw new GatewayError('idempotency_in_flight', {}, { retryAfterS: IN_FLIGHT_RETRY_S })
    }
    const found = this.#parts.answers.find(key)
    if (found) {
      refuseOther(found.request, request)
      const answer = answerOf(found.answer, found.exchange)
      return { kind: 'kept', tell: (client) => { tell(answer, client) } }
    }
    this.#running.set(id, request)
    const end = (recorded: Recorded) => this.#end({ id, key }, recorded)
    return { kind: 'claimed', record: (client) => new Recorder(client, { ...this.#parts, end }) }
  }

  /** Resolves when the key is given back; whatever the store says, the client gets its answer. */
  async #end ({ id, key }: { readonly id: string, readonly key: Buffer }, recorded: Recorded): Promise<void> {
    const { answers, alarm } = this.#parts
    try {
      if (recorded.kind === 'answered') await answers.keep(key, recorded.answer)
      if (recorded.kind === 'unserved') await answers.free(key)
    } catch (error) {
      alarm('the answer to a request with an Idempotency-Key could not be kept; its outcome counts as unknown', error)
    } finally {
      this.#running.delete(id)
    }
  }
}

interface WholeAnswer extends KeptAnswer {
  readonly body: Buffer
}

function tell ({ ending, status, headers, body }: WholeAnswer, client: Outlet): void {
  const replayed = [...headers, 'x-aibroker-idempotent-replay', 'true']
  // Another try under this key can only bring the same again.
  if (status >= 400 && !headers.includes('x-should-retry')) replayed.push('x-should-retry', 'false')
  client.begin(status, replayed)
  if (ending === 'whole') return client.end(body)
  client.write(body)
  client.cut()
}

function refuseOther (earlier: Buffer, request: Buffer): void {
  if (!earlier.equals(request)) throw new GatewayError('idempotency_mismatch')
}

function answerOf (answer: KeptAnswer | undefined, exchange: string): WholeAnswer {
  const facts = { metadata: { exchange } }
  if (!answer) throw new GatewayError('idempotency_unknown', { exchange }, facts)
  const { body } = answer
  if (!body) throw new GatewayError('idempotency_not_kept', { exchange }, facts)
  return { ...answer, body }
}
