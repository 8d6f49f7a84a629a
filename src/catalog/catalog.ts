// Models, backends and prices as one immutable snapshot, swapped whole on reload.

import type { Need, Task, WireName } from '../core/ask.ts'
import type { DeadlineOverrides } from '../core/deadlines.ts'
import type { Factor, Rate } from '../core/money.ts'
import type { StreamMode } from '../core/stream-mode.ts'
import type { UsageKind } from '../core/usage.ts'
import type { BackendFacts } from './backend-facts.ts'
import type { ListedCard } from './listed-card.ts'

/** A kind without a rate has no known price; see metering/price-sheet.ts for the fallbacks. */
export type Rates = { readonly [kind in UsageKind]?: Rate }

/** A price, immutable: what changes gets another version. */
export interface Price {
  /** First 16 hex digits of the SHA-256 of the document: names this price for ever. */
  readonly version: string
  readonly rates: Rates
  /** Undefined: the rates are all there is to it, as with most prices. */
  readonly terms?: PriceTerms | undefined
  /** The whole price in its canonical spelling (price-document.ts). Undefined: not kept in the books. */
  readonly document?: string | undefined
  /** The part of the day, `2200-0600`, whose terms are in the rates already. Undefined: no hours are in them. */
  readonly hours?: string | undefined
}

/** What makes a price more than its rates. Empty lists and maps where there is nothing. */
export interface PriceTerms {
  /** Lowest limit first. */
  readonly tiers: readonly PriceTier[]
  /** By the name that the provider tells in its answer: `flex`, `priority`. Names that are not here cost the rates. */
  readonly services: ReadonlyMap<string, ServiceTerms>
  /** All rates times this, by the region told in the answer. */
  readonly regions: ReadonlyMap<string, Factor>
  /** Less than this of a kind is billed as this, once any of it was told. */
  readonly least: { readonly [kind in UsageKind]?: number }
  /** What else it costs in parts of the day, in the order in which they count. Undefined: the same all day. */
  readonly hours?: readonly PriceHours[] | undefined
}

/** For requests sent within a part of each day, over the rates of the price and its tiers; of several the last wins. */
export interface PriceHours {
  /** Minutes of the day, UTC, from the first one on. */
  readonly startMinute: number
  /** Up to this one and without it; before `startMinute`: it is of the next day. Never equal. */
  readonly endMinute: number
  /** Only with more input tokens than that; undefined: always. */
  readonly aboveInput: number | undefined
  /** Kinds that are absent keep theirs. */
  readonly rates: Rates
}

/** For requests with more than `aboveInput` input tokens, cached ones included: the whole request costs these rates. */
export interface PriceTier {
  readonly aboveInput: number
  /** Over the rates of the price; kinds that are absent keep theirs. */
  readonly rates: Rates
}

/** `rates` are over those of the price and its tiers, and its own tiers are over them. */
export type ServiceTerms =
  | { readonly kind: 'factor', readonly factor: Factor }
  | { readonly kind: 'rates', readonly rates: Rates, readonly tiers: readonly PriceTier[] }

/** One way to serve one model. */
export interface Backend {
  /** `<provider>:<upstream model id>`, e.g. `openrouter:openai/gpt-4o`; `…/flex` and `…/priority` for those tiers. */
  readonly id: string
  readonly provider: string
  /** The id the provider knows the model by. */
  readonly modelId: string
  /** Sparse integers, lowest first. */
  readonly priority: number
  readonly price: Price | undefined
  /** What the operator takes for each dollar of cost, at least 1; undefined: as the provider's entry says, else 1. */
  readonly markup?: Factor | undefined
  /** Tokens, where this provider allows others than the model's; undefined: as the model says. */
  readonly contextWindow?: number | undefined
  readonly maxOutputTokens?: number | undefined
  /** Undefined: nothing is told, by its row or by its provider's entry. */
  readonly facts?: BackendFacts | undefined
}

export const TIERS = ['economy', 'standard', 'premium'] as const
export type Tier = typeof TIERS[number]

export interface Model {
  /** The public name clients ask for. */
  readonly name: string
  readonly displayName: string
  readonly tier: Tier
  readonly tasks: ReadonlySet<Task>
  readonly capabilities: ReadonlySet<Need | 'reasoning'>
  /** Tokens; undefined: not known, never refused for size. */
  readonly contextWindow: number | undefined
  readonly maxOutputTokens: number | undefined
  /** Over the provider's and the broker's own; undefined: none of its own. */
  readonly deadlines?: DeadlineOverrides | undefined
  /** For requests and keys that choose none; undefined: `live`. */
  readonly streamMode?: StreamMode | undefined
  readonly aliases: readonly string[]
  readonly backends: readonly Backend[]
  /** What a provider's live list says of it, for its card; undefined: no list names it. */
  readonly listed?: ListedCard | undefined
  /** Not of the file, but of a provider's live list: the file, and a provider asked by its own name, come first. */
  readonly isLive?: true
  /** Served to those who name it; `auto` passes it by. */
  readonly isByNameOnly?: true
}

/** A provider of the file: one of the built-in ones changed, or a new one. */
export interface ProviderEntry {
  readonly id: string
  readonly wire: WireName | undefined
  readonly baseUrl: string | undefined
  /** `none`, `env:NAME`, `file:PATH`, `command:[…]`, …; undefined: as the built-in provider says. */
  readonly credential: string | undefined
  readonly priority: number | undefined
  /** Over the broker's own, under those of a model. */
  readonly deadlines?: DeadlineOverrides | undefined
  /** For backends without a markup of their own; undefined: 1. */
  readonly markup?: Factor | undefined
  /** For backends that do not say otherwise. */
  readonly facts?: BackendFacts | undefined
}

export interface Catalog {
  /** First 16 hex digits of the SHA-256 of the file: in rows and explanations, to tell which catalog was used. */
  readonly version: string
  /** Unix seconds the file was last changed; the `created` of models. */
  readonly createdAtS: number
  readonly models: ReadonlyMap<string, Model>
  /** Names and aliases to models; the lookup clients use. */
  readonly names: ReadonlyMap<string, Model>
  readonly providers: ReadonlyMap<string, ProviderEntry>
  /** Prices by `<provider>:<model id>` of every backend in the file, for requests that name a backend directly. */
  readonly prices: ReadonlyMap<string, Price>
}
