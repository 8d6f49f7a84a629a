// Answers kept for clients that send one request twice under one Idempotency-Key.
//
// DESIGN. What must hold:
// - At most one dispatch: the row of a key is inserted in the transaction of its exchange's intent (P1), and keys are
//   unique. Whoever finds the row sends nothing, also after `kill -9`: a row without an ending says that the outcome is
//   not known, never that nothing happened.
// - What may be replayed is on disk before the client gets its last byte.
// - The store is bounded: bodies together by a limit, the oldest go first; rows by their age. A row that lost its body
//   stays until it expires, because it still says that the request was made.
// - Neither the client's key nor its request is kept, only digests of them.

/** How long a key means one request, in ms. */
export const IDEMPOTENT_MS = 24 * 60 * 60 * 1000

/** A request under a key, as digests. */
export interface IdempotentRequest {
  /** SHA-256 of the principal and the key. */
  readonly key: Buffer
  /** SHA-256 of method, path and body. */
  readonly request: Buffer
}

/** What a client was given. */
export interface KeptAnswer {
  /** `cut`: the connection broke where the body ends here. */
  readonly ending: 'whole' | 'cut'
  readonly status: number
  /** Flat name, value list. */
  readonly headers: readonly string[]
  /** Undefined: too long to keep, or given up for later answers. */
  readonly body: Buffer | undefined
}

/** A request that was made under a key. */
export interface Remembered {
  readonly request: Buffer
  /** Generation id. */
  readonly exchange: string
  /** Undefined: it runs, or nobody knows how it ended. */
  readonly answer: KeptAnswer | undefined
}

export interface IdempotentAnswers {
  /** What was made under the key within the last 24 h. */
  find (key: Buffer): Remembered | undefined
  /** Resolves when the answer is committed. @throws GatewayError `ledger_unavailable`: the outcome stays unknown. */
  keep (key: Buffer, answer: KeptAnswer): Promise<void>
  /** Another request may be made under the key. @throws as `keep`. */
  free (key: Buffer): Promise<void>
}
