// The model list as clients see it: OpenRouter's model object and OpenAI's in one, built once per catalog.
//
// OpenRouter's SDK throws away the whole list when one model lacks a member it requires, so every member is there,
// null where nothing is known; OpenAI's SDK reads `id`, `object`, `created` and `owned_by`.
// https://openrouter.ai/docs/api-reference/models/get-models and https://platform.openai.com/docs/api-reference/models

import type { Task } from '../core/ask.ts'
import { secondsOf, type DeadlineSeconds } from '../core/deadline-words.ts'
import type { StreamMode } from '../core/stream-mode.ts'
import { AUTO_MODELS } from './auto-models.ts'
import { ALL_PARAMETERS, ANY_ARCHITECTURE, architectureOf, parametersOf } from './card-abilities.ts'
import { pricingOf, UNKNOWN_PRICING, type CardPricing } from './card-pricing.ts'
import type { Catalog, Model, Tier } from './catalog.ts'
import type { CardArchitecture, CardBenchmarks, CardReasoning, ListedCard } from './listed-card.ts'
import { nearestNames } from './nearest.ts'

export interface ModelCard {
  readonly id: string
  readonly object: 'model'
  /** Unix seconds. */
  readonly created: number
  readonly owned_by: string
  readonly canonical_slug: string
  readonly name: string
  readonly description?: string
  readonly hugging_face_id: string | null
  readonly knowledge_cutoff: string | null
  readonly expiration_date: string | null
  readonly context_length: number | null
  readonly architecture: CardArchitecture
  readonly pricing: CardPricing
  readonly top_provider: {
    readonly context_length: number | null
    readonly max_completion_tokens: number | null
    readonly is_moderated: boolean
  }
  readonly per_request_limits: null
  readonly supported_parameters: readonly string[]
  readonly default_parameters: ListedCard['default_parameters']
  readonly supported_voices: readonly string[] | null
  readonly links: { readonly details: string }
  readonly reasoning?: CardReasoning
  readonly benchmarks?: CardBenchmarks
  readonly alias_target?: { readonly name: string, readonly slug: string }
  /** What only this broker knows. */
  readonly x_aibroker: {
    readonly tier: Tier | null
    readonly tasks: readonly Task[]
    readonly aliases: readonly string[]
    readonly providers: readonly string[]
    /** Here and below only what the file sets for the model; absent otherwise. */
    readonly stream_mode?: StreamMode
    readonly timeouts?: DeadlineSeconds
  }
}

export interface ListedModel {
  readonly card: ModelCard
  /** Undefined: a name that chooses a model. */
  readonly model: Model | undefined
  /** The card as JSON, written once. */
  readonly json: string
}

export interface ModelList {
  /** Models in the order of the file, then `auto` and its kind. */
  readonly models: readonly ListedModel[]
  /** By name or alias. */
  find (name: string): ListedModel | undefined
  /** Names a client may have meant. */
  nearest (name: string): readonly string[]
}

const MOST_HINTS = 3

/** How many models the list has, without building it. */
export function countOf ({ models }: Catalog): number {
  return models.size + AUTO_MODELS.length
}

const lists = new WeakMap<Catalog, ModelList>()

/** The list of this catalog; the first call builds it. */
export function modelListOf (catalog: Catalog): ModelList {
  const known = lists.get(catalog)
  if (known) return known
  const list = buildList(catalog)
  lists.set(catalog, list)
  return list
}

function buildList (catalog: Catalog): ModelList {
  const own = [...catalog.models.values()].map((model) => listed(cardOf(model, catalog.createdAtS), model))
  const auto = AUTO_MODELS.map((name) => listed(autoCard(name, catalog.createdAtS), undefined))
  const models = [...own, ...auto]
  const byName = new Map(models.map((model) => [model.card.id, model]))
  for (const [alias, { name }] of catalog.names) {
    const model = byName.get(name)
    if (model) byName.set(alias, model)
  }
  return {
    models,
    find: (name) => byName.get(name),
    nearest: (name) => nearestNames(name, byName.keys(), MOST_HINTS)
  }
}

function listed (card: ModelCard, model: Model | undefined): ListedModel {
  return { card, model, json: JSON.stringify(card) }
}

function cardOf (model: Model, created: number): ModelCard {
  const { name, displayName, contextWindow = null, tier, aliases, backends, deadlines, streamMode, listed } = model
  const slug = [name, ...aliases].find((name) => name.includes('/')) ?? name
  return {
    ...blankCard(name, displayName, created),
    owned_by: authorIn(slug) ?? backends[0]?.provider ?? 'aibroker',
    canonical_slug: slug,
    architecture: architectureOf(model),
    supported_parameters: parametersOf(model),
    ...listed && factsOf(model, listed),
    context_length: contextWindow,
    pricing: pricingOf(model),
    top_provider: topProviderOf(model),
    x_aibroker: {
      tier,
      tasks: [...model.tasks],
      aliases,
      providers: [...new Set(backends.map(({ provider }) => provider))],
      ...(streamMode && { stream_mode: streamMode }),
      ...(deadlines && { timeouts: secondsOf(deadlines) })
    }
  }
}

/** `openai` of `openai/gpt-4o`; a leading "~" means the latest of a family, and is no part of the author's name. */
function authorIn (slug: string): string | undefined {
  return /^~?([^/]+)\//.exec(slug)?.[1]
}

/** What the live list knows. Of a model of the file only what the file has no word for: its own word counts. */
function factsOf ({ isLive }: Model, { is_moderated: _, ...listed }: ListedCard): Partial<ModelCard> {
  if (isLive) return listed
  const { name, architecture, supported_parameters: parameters, default_parameters: defaults, ...facts } = listed
  return facts
}

/** Sizes as the first backend has them, which may be others than the model's. */
function topProviderOf (model: Model): ModelCard['top_provider'] {
  const { contextWindow, maxOutputTokens, backends: [first], isLive, listed } = model
  return {
    context_length: first?.contextWindow ?? contextWindow ?? null,
    max_completion_tokens: first?.maxOutputTokens ?? maxOutputTokens ?? null,
    is_moderated: (isLive && listed?.is_moderated) ?? false
  }
}

/** What it can do depends on the model it chooses, so it claims everything a request may need to find out. */
function autoCard (name: string, created: number): ModelCard {
  return { ...blankCard(name, name, created), supported_parameters: ALL_PARAMETERS }
}

function blankCard (name: string, displayName: string, created: number): ModelCard {
  return {
    id: name,
    object: 'model',
    created,
    owned_by: 'aibroker',
    canonical_slug: name,
    name: displayName,
    hugging_face_id: null,
    knowledge_cutoff: null,
    expiration_date: null,
    context_length: null,
    architecture: ANY_ARCHITECTURE,
    pricing: UNKNOWN_PRICING,
    top_provider: { context_length: null, max_completion_tokens: null, is_moderated: false },
    per_request_limits: null,
    supported_parameters: [],
    default_parameters: null,
    supported_voices: null,
    links: { details: `/api/v1/models/${encodeURI(name)}/endpoints` },
    x_aibroker: { tier: null, tasks: ['chat', 'completion'], aliases: [], providers: [] }
  }
}
