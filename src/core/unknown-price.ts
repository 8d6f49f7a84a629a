// What becomes of requests whose cost nobody knows: a decision, never a zero (P5).

/**
 * `deny`: such backends are left out. `assume_ceiling`: they are booked, and reserved in budgets, at what the dearest
 * model of the catalog could cost. `allow_unmetered`: they are used, and their rows say `unpriced`.
 */
export const UNKNOWN_PRICE_POLICIES = ['deny', 'assume_ceiling', 'allow_unmetered'] as const
export type UnknownPrice = typeof UNKNOWN_PRICE_POLICIES[number]
