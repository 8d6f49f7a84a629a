// The word behind the colon of a model's name: how its backends are ordered, or what comes with it.
//
// `:free`, `:thinking` and `:extended` are no such words: they name other models, which have rows of their own.
// https://openrouter.ai/docs/guides/routing/model-variants/nitro

import type { SortMetric } from '../core/wishes.ts'

export interface Suffix {
  /** With its colons, for OpenRouter. */
  readonly text: string
  readonly sort: SortMetric | undefined
  /** With web search, which only OpenRouter adds to a model. */
  readonly isOnline: boolean
}

const SORTS: { readonly [word: string]: SortMetric } = { nitro: 'throughput', floor: 'price', exacto: 'exacto' }
const ONLINE = 'online'
/** Two of them mean something together; a name is no place for more. */
const MOST_WORDS = 3

/** The name without its last words that are suffixes; undefined: it has none. */
export function cutSuffix (name: string): { readonly base: string, readonly suffix: Suffix } | undefined {
  let base = name
  let sort: SortMetric | undefined
  let isOnline = false
  for (let words = 0; words < MOST_WORDS; words++) {
    const colon = base.lastIndexOf(':')
    const word = base.slice(colon + 1)
    if (colon <= 0 || (word !== ONLINE && !Object.hasOwn(SORTS, word))) break
    if (word === ONLINE) isOnline = true
    else sort ??= SORTS[word]
    base = base.slice(0, colon)
  }
  if (base === name) return undefined
  // Web search stands last: what a request may cost is judged by it (metering/estimate.ts).
  const order = name.slice(base.length).replaceAll(`:${ONLINE}`, '')
  return { base, suffix: { text: isOnline ? `${order}:${ONLINE}` : order, sort, isOnline } }
}
