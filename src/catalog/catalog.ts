// Models, backends and prices as one immutable snapshot, swapped whole on reload.

import type { Need, Task, WireName } from '../core/ask.ts'
import type { DeadlineOverrides } from '../core/deadlines.ts'
import type { Rate } from '../core/money.ts'
import type { StreamMode } from '../core/stream-mode.ts'
import type { UsageKind } from '../core/usage.ts'

/** Rates by usage kind. A kind without a rate has no known price; see metering/cost.ts for the fallbacks. */
export interface Price {
  /** First 16 hex digits of the SHA-256 over the canonical spelling of the rates: names this price for ever. */
  readonly version: string
  readonly rates: { readonly [kind in UsageKind]?: Rate }
}

/** One way to serve one model. */
export interface Backend {
  /** `<provider>:<upstream model id>`, e.g. `openrouter:openai/gpt-4o`. */
  readonly id: string
  readonly provider: string
  /** The id the provider knows the model by. */
  readonly modelId: string
  /** Sparse integers, lowest first. */
  readonly priority: number
  readonly price: Price | undefined
  /** Tokens, where this provider allows others than the model's; undefined: as the model says. */
  readonly contextWindow?: number | undefined
  readonly maxOutputTokens?: number | undefined
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
