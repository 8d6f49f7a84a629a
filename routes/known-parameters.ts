// Parameters of a query that a route reads: one that it does not know would be read past in silence.

import { nearestNames } from '../src/catalog/nearest.ts'
import { GatewayError } from '../src/core/errors.ts'

const LONGEST_ECHO = 60

/** @throws GatewayError `invalid_body` for any other, with the nearest one that is known. */
export function refuseOtherParameters (query: object, known: readonly string[]): void {
  const other = Object.keys(query).find((name) => !known.includes(name))
  if (other === undefined) return
  const [near] = nearestNames(other, known, 1)
  const hint = near === undefined ? `Known are ${known.join(', ')}.` : `Did you mean "${near}"?`
  const param = other.slice(0, LONGEST_ECHO)
  throw new GatewayError('invalid_body', { reason: `There is no parameter "${param}" here. ${hint}` }, { param })
}
