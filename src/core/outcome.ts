// What an attempt came to. Health, failover, ledger and log all read this value and nothing else.

export type Outcome =
  /** The first event (or the whole plain answer) is in hand. */
  | { readonly kind: 'answered', readonly status: number }
  /** The request itself was refused (4xx that no other backend would judge differently). */
  | { readonly kind: 'refused', readonly status: number, readonly reason: string }
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
  /** A deadline passed before the first event. */
  | { readonly kind: 'stalled', readonly afterMs: number, readonly reason: string }
  /** The client left. */
  | { readonly kind: 'abandoned' }
  /** After the commit point the stream broke. */
  | { readonly kind: 'cut', readonly reason: string }

export type OutcomeKind = Outcome['kind']

interface OutcomeRule {
  /** What the exchange does next while nothing was delivered. */
  readonly next: 'commit' | 'stop' | 'next'
  /** Who caused it: decides what health and the credential pool learn. */
  readonly blame: 'nobody' | 'client' | 'operator' | 'provider'
}

export const OUTCOME_RULES: { readonly [kind in OutcomeKind]: OutcomeRule } = {
  answered: { next: 'commit', blame: 'nobody' },
  refused: { next: 'stop', blame: 'client' },
  unauthorised: { next: 'next', blame: 'operator' },
  declined: { next: 'next', blame: 'nobody' },
  throttled: { next: 'next', blame: 'nobody' },
  failed: { next: 'next', blame: 'provider' },
  unreachable: { next: 'next', blame: 'provider' },
  stalled: { next: 'next', blame: 'provider' },
  abandoned: { next: 'stop', blame: 'nobody' },
  cut: { next: 'stop', blame: 'provider' }
}
