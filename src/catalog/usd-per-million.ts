// A card's price as a number: for comparing and sorting only, never for money.

const MILLION = 1_000_000

/** USD per million tokens of a card's USD per token; undefined: not known ("-1"). */
export function usdPerMillion (perToken: string): number | undefined {
  const usd = Number(perToken)
  return usd >= 0 ? usd * MILLION : undefined
}
