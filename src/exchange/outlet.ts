// Where an answer goes: all that an exchange knows of the client's connection.

export interface Outlet {
  /** Flat name, value list. Called once. After it there is no failover: this is the commit point. */
  begin (status: number, headers: string[]): void
  /** False: the client is slower than the provider; wait for `onDrain`. */
  write (bytes: Buffer): boolean
  /** Complete, HTTP-clean end. */
  end (bytes?: Buffer): void
  /** Ends the connection without the closing chunk, so that a truncated body can never look complete (P6). */
  cut (): void
  /** Hears every time the client caught up. Set once. */
  onDrain (listener: () => void): void
  /** Hears once when the client left before the answer ended; at once when it already has. Set once. */
  onGone (listener: () => void): void
  /** Hears once when nothing of the answer waits here any more: it went out, or never will. At once when so already. */
  onClosed (listener: () => void): void
  /** No provider has taken the request that is about to be refused or cut. */
  noteUnserved? (): void
  /** The refusal that follows is about the broker: what a provider made of the request nobody has heard. */
  noteInterrupted? (): void
}
