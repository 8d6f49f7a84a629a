// What an attempt came to. Health, failover, ledger and log all read this value and nothing else.

export type Outcome =
  /** The first event (or the whole plain answer) is in hand. */
  | { readonly kind: 'answered', readonly status: number }
  /** The request itself was refused (4xx that no other backend would judge differently, but for a remedy). */
  | { readonly kind: 'refused', readonly status: number, readonly reason: string, readonly remedy?: Remedy }
  /** 401: our credential is not known. */
  | { readonly kind: 'unauthorised', readonly status: number, readonly reason: string }
  /**
   * 402/403: this credential may not have this answered. Nobody can tell whether that is about the account (not paid
   * for), the model (not allowed) or the request (flagged input, a max_tokens the credit does not cover), so others
   * are asked, and only repetition counts against the credential.
   */
  | { readonly kind: 'declined', readonly status: number, readonly reason: string }
  /** 429, with the wait the provider asked for when it said one. */
  | { readonly kind: 'throttled', readonly status: number, readonly retryAfterMs: number | undefined, readonly reason: string }
  /** The provider failed: 5xx, an empty or broken answer, an error event before content. */
  | { readonly kind: 'failed', readonly status: number, readonly reason: string }
  /** Nothing was sent: name, connection or TLS failed. */
  | { readonly kind: 'unreachable', readonly reason: string }
  /** A deadline passed while nothing was delivered. */
  | { readonly kind: 'stalled', readonly afterMs: number, readonly reason: string }
  /** The client left. */
  | { readonly kind: 'abandoned' }
  /** After its first output the stream broke; `isSilent`: it did not break, it stopped coming. */
  | { readonly kind: 'cut', readonly reason: string, readonly isSilent?: boolean }

export type OutcomeKind = Outcome['kind']

/** What another backend would need to take a request that this one refused. */
export type Remedy = 'larger_window' | 'other_policy' | 'other_backend'

interface OutcomeRule {
  /** What the exchange does next while nothing was delivered. */
  readonly next: 'commit' | 'stop' | 'next'
  /**
   * Whether the same backend may be asked once more: `first`, after a moment, before others are; `last`, when nobody
   * else is left. A backend that was silent is never asked twice in one exchange: that would double the silence.
   */
  readonly again: 'first' | 'last' | 'never'
  /** Who caused it: decides what health and the credential pool learn. */
  readonly blame: 'nobody' | 'client' | 'operator' | 'provider'
}

export const OUTCOME_RULES: { readonly [kind in OutcomeKind]: OutcomeRule } = {
  answered: { next: 'commit', again: 'never', blame: 'nobody' },
  refused: { next: 'stop', again: 'never', blame: 'client' },
  unauthorised: { next: 'next', again: 'never', blame: 'operator' },
  declined: { next: 'next', again: 'never', blame: 'nobody' },
  throttled: { next: 'next', again: 'never', blame: 'nobody' },
  failed: { next: 'next', again: 'first', blame: 'provider' },
  unreachable: { next: 'next', again: 'last', blame: 'provider' },
  stalled: { next: 'next', again: 'never', blame: 'provider' },
  abandoned: { next: 'stop', again: 'never', blame: 'nobody' },
  cut: { next: 'next', again: 'last', blame: 'provider' }
}
