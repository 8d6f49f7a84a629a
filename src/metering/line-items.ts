// The lines of a bill as one short text of the books, and back.
//
//   tier=200000;input:250000:1500000000;output:800:18000000
//
// First what was applied of the price, where anything was: `tier` (the limit of input tokens that was passed),
// `service` (with a question mark behind a name that the price does not know), `region` and `hours` (the part of the
// day, UTC: `2200-0600`). Then a line for each kind:
// its name, its count as billed, nano-USD. Names hold none of the marks: circumstances.ts lets no other ones in.

import { USAGE_KINDS, type UsageKind } from '../core/usage.ts'
import type { NanoUsd } from '../core/money.ts'
import type { BillLine } from './bill.ts'
import type { Applied } from './price-variants.ts'

export interface LineItem {
  readonly kind: UsageKind
  readonly count: number
  readonly amount: NanoUsd
}

export interface LineItems {
  readonly applied: Partial<Applied>
  readonly lines: readonly LineItem[]
}

const LINE = /^([a-z_0-9]+):(\d{1,10}):(\d{1,20})$/
const MARK = /^(tier|service|region|hours)=([\w.-]+)(\??)$/

/** Undefined: there are no lines. */
export function lineItemsText (lines: readonly BillLine[], applied?: Applied): string | undefined {
  if (lines.length === 0) return undefined
  let text = applied ? marksOf(applied) : ''
  for (const { kind, count, amount } of lines) text += `${text === '' ? '' : ';'}${kind}:${count}:${amount}`
  return text
}

function marksOf ({ tier, service, region, isUnknownService, hours }: Applied): string {
  const marks = [
    tier === undefined ? [] : `tier=${tier}`,
    service === undefined ? [] : `service=${service}${isUnknownService ? '?' : ''}`,
    region === undefined ? [] : `region=${region}`,
    hours === undefined ? [] : `hours=${hours}`
  ]
  return marks.flat().join(';')
}

/** Parts that cannot be read, from a version to come, are left out. */
export function readLineItems (text: string): LineItems {
  const parts = text.split(';')
  const marks = parts.flatMap((part) => markIn(part) ?? [])
  return { applied: Object.assign({}, ...marks), lines: parts.flatMap((part) => lineIn(part) ?? []) }
}

function lineIn (part: string): LineItem | undefined {
  const [, name, count, amount = ''] = LINE.exec(part) ?? []
  const kind = USAGE_KINDS.find((kind) => kind === name)
  return kind && { kind, count: Number(count), amount: BigInt(amount) }
}

function markIn (part: string): Partial<Applied> | undefined {
  const [, mark, value, unknown] = MARK.exec(part) ?? []
  if (mark === 'tier') return { tier: Number(value) }
  if (mark === 'region') return { region: value }
  if (mark === 'hours') return { hours: value }
  return mark === undefined ? undefined : { service: value, isUnknownService: unknown === '?' }
}
