// What an exchange waits for and may have to stop waiting for.

export interface Stoppable {
  /** Ends it now. */
  abandon (): void
  /** The client left: goes on for the sake of the usage alone. False: there is nothing to learn. */
  detach (): boolean
}
