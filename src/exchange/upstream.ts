// The one door to providers. Push-style, because a relay that pulls through async iterators costs 2-4x per chunk.

import type { Readable } from 'node:stream'

export interface UpstreamCall {
  readonly method: 'POST' | 'GET'
  /** Absolute URL, built from configuration only; never from an answer. */
  readonly url: URL
  /** Flat name, value list. Built from an allow-list; holds the credential. */
  readonly headers: string[]
  readonly body: Buffer | Readable
}

export type UpstreamFailure =
  /** Nothing of the request reached the provider. */
  | { readonly kind: 'unreachable', readonly reason: string }
  /** A deadline passed. */
  | { readonly kind: 'stalled', readonly afterMs: number, readonly reason: string }
  /** The connection or the HTTP framing broke after the request was sent. */
  | { readonly kind: 'broken', readonly reason: string }

/** Response headers, names lower case. */
export type UpstreamHeaders = Record<string, string | string[] | undefined>

/**
 * Hears one call. Deadlines are the listener's business: it cancels what takes too long. After `onEnd` or `onFailure`
 * nothing else comes; after `cancel` nothing at all.
 */
export interface UpstreamListener {
  /** A connection is there and the request goes out on it: from here on the provider may be at work. */
  onSent? (): void
  /** Final response headers (1xx never show). Names lower case. */
  onHead (status: number, headers: UpstreamHeaders): void
  onData (chunk: Buffer): void
  onEnd (): void
  onFailure (failure: UpstreamFailure): void
}

export interface UpstreamHandle {
  /** Stops reading until `resume`: back-pressure. */
  pause (): void
  resume (): void
  /** Ends the call at once and frees its connection. Idempotent; harmless after the end. */
  cancel (): void
}

export interface Upstream {
  send (call: UpstreamCall, listener: UpstreamListener): UpstreamHandle
  close (): Promise<void>
}
