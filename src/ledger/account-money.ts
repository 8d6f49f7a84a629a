// Money as OpenRouter's account routes have it: JSON numbers of US dollars.

import { formatUsd, type NanoUsd } from '../core/money.ts'

/** Exact to the nano-dollar below nine million dollars; the texts that stand beside it are always exact. */
export function dollars (amount: NanoUsd): number {
  return Number(formatUsd(amount))
}
