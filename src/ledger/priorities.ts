// Priorities of providers that were set live: they stay over those of the file until they are cleared.

export interface SetPriority {
  readonly provider: string
  /** From 0 to `HIGHEST_PRIORITY`, as in the file; the lowest is first. */
  readonly priority: number
  readonly setAtMs: number
}

export const HIGHEST_PRIORITY = 1_000_000

/** As many rows as there are names of providers: whoever sets one has looked the name up. */
export interface PriorityStore {
  /** By the name of the provider. */
  all (): readonly SetPriority[]
  /** @throws GatewayError `ledger_unavailable` */
  set (row: SetPriority): void
  /** False: there was none. @throws GatewayError `ledger_unavailable` */
  clear (provider: string): boolean
  /** Another number as soon as another process has written to the file. */
  version (): number
}
