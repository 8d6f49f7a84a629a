// Costs in JSON to a price, by the reader of modelsconfig.yml: one spelling, one set of checks.

import type { JsonObject, JsonValue } from '../core/json.ts'
import type { Price } from './catalog.ts'
import { createReport } from './config-error.ts'
import { fieldOf, knownMembersOf } from './fields.ts'
import { PRICE_KEYS, priceOf } from './price-rows.ts'
import type { YamlNode } from './yaml-tree.ts'

/** `doubt`: it can be read and is most likely a mistake. */
export type ReadCosts =
  | { readonly kind: 'price', readonly price: Price }
  | { readonly kind: 'doubt', readonly price: Price, readonly reason: string }
  | { readonly kind: 'unreadable', readonly reason: string }

const DEEPEST = 5
const MOST_MEMBERS = 100

/** Numbers are taken by their shortest spelling, which is how they were written as long as it has 15 digits. */
export function readCosts (costs: JsonValue | undefined): ReadCosts {
  const node = nodeOf(costs, 0)
  if (node?.kind !== 'map') return { kind: 'unreadable', reason: 'its costs are not an object of costs' }
  const report = createReport('costs')
  const members = knownMembersOf(fieldOf(node, { line: 1, path: '' }, report), PRICE_KEYS, report)
  const price = priceOf(members, report)
  const mistakes = mistakesOf(report)
  if (mistakes.length > 0) return { kind: 'unreadable', reason: mistakes.join('; ') }
  if (!price) return { kind: 'unreadable', reason: 'it has no cost' }
  const doubts = report.warnings().map(withoutPlace)
  return doubts.length === 0 ? { kind: 'price', price } : { kind: 'doubt', price, reason: doubts.join('; ') }
}

function mistakesOf (report: ReturnType<typeof createReport>): string[] {
  try {
    report.throwRefusals()
    return []
  } catch (error) {
    return (error as Error).message.split('\n').map(withoutPlace)
  }
}

/** There is no file and no line: what remains is `input_cost: "-1" is not a cost: …`. */
function withoutPlace (sentence: string): string {
  return sentence.replace(/^costs:\d+: /, '')
}

/** Undefined: too deep, too wide, or no JSON. */
function nodeOf (value: JsonValue | undefined, depth: number): YamlNode | undefined {
  if (value === undefined || depth > DEEPEST) return undefined
  if (typeof value === 'string') return { kind: 'scalar', text: value, isPlain: false, line: 1 }
  if (value === null || typeof value !== 'object') return { kind: 'scalar', text: String(value), isPlain: true, line: 1 }
  return Array.isArray(value) ? listOf(value, depth) : mapOf(value, depth)
}

function listOf (values: readonly JsonValue[], depth: number): YamlNode | undefined {
  const items = values.flatMap((item) => nodeOf(item, depth + 1) ?? [])
  return items.length === values.length && items.length <= MOST_MEMBERS ? { kind: 'list', items, line: 1 } : undefined
}

function mapOf (value: JsonObject, depth: number): YamlNode | undefined {
  const members = Object.entries(value)
  const entries = members.flatMap(([key, member]) => {
    const node = nodeOf(member, depth + 1)
    return node ? [{ key, line: 1, value: node }] : []
  })
  return entries.length === members.length && entries.length <= MOST_MEMBERS ? { kind: 'map', entries, line: 1 } : undefined
}
