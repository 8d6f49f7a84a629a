// The lines of a bill as a table, for people.

import { plain, table, type Column } from './plain-text.ts'

export interface BillRow {
  readonly kind: string
  readonly count: number
  /** What one, or a million, of the kind costs; absent: not recorded. */
  readonly rate?: string
  readonly cost_usd: string
}

interface AppliedRow {
  readonly above_input: number | null
  readonly service_tier: string | null
  readonly region: string | null
  readonly utc_hours: string | null
  readonly is_service_tier_priced: boolean | null
}

const KIND: Column = { title: 'line', align: 'left' }
const COUNT: Column = { title: 'count', align: 'right' }
const RATE: Column = { title: 'rate USD', align: 'right' }
const COST: Column = { title: 'cost USD', align: 'right' }

export function billTable (rows: readonly BillRow[], total: string): string {
  const hasRates = rows.some(({ rate }) => rate !== undefined)
  const cells = rows.map(({ kind, count, rate = '', cost_usd: cost }) =>
    hasRates ? [kind, String(count), rate, cost] : [kind, String(count), cost])
  const columns = hasRates ? [KIND, COUNT, RATE, COST] : [KIND, COUNT, COST]
  return table(columns, cells, hasRates ? ['total', '', '', total] : ['total', '', total])
}

/** `tier above 200000 input tokens, service tier flex`; '' for the plain rates. */
export function appliedText (applied: AppliedRow | null): string {
  if (!applied) return ''
  const { above_input: tier, service_tier: service, region, utc_hours: hours } = applied
  return [
    tier === null ? [] : `tier above ${tier} input tokens`,
    service === null ? [] : `service tier ${plain(service)}${applied.is_service_tier_priced ? '' : ' (at the plain rates: not in the price)'}`,
    region === null ? [] : `region ${plain(region)}`,
    hours === null ? [] : `sent within ${plain(hours)} UTC`
  ].flat().join(', ')
}
