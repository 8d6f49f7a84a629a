// Who takes a stream block by block: the client itself, or somebody who holds it back.

export interface Client {
  /** Whole events. False: slower than the provider; wait for `onDrain`. */
  write (block: Buffer): boolean
  /** Hears every time the client caught up. Set anew for every relay. */
  onDrain (listener: () => void): void
}
