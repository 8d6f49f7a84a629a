// Every backend of a catalog beside its provider, worked out once per snapshot and not per request.

import { serviceTierOf, type ServiceTier } from '../catalog/backend-facts.ts'
import type { Backend, Catalog, Model, Price, Tier } from '../catalog/catalog.ts'
import { TASKS, type Task, type Translation } from '../core/ask.ts'
import { dearestOf } from './dearest.ts'
import type { PriorityOverride } from './override.ts'
import type { Providers, ResolvedProvider } from '../providers/registry.ts'

/** A backend as routing sees it. */
export interface Row {
  /** As this backend serves it: with the backend's own window and longest answer where it has them. */
  readonly model: Model
  readonly backend: Backend
  /** Undefined: the file names a provider that nobody knows. */
  readonly provider: ResolvedProvider | undefined
  /** The provider's own priority where it has one, else the backend's; the lowest is first. */
  readonly priority: number
  /** Undefined: that priority is the file's. */
  readonly override: PriorityOverride | undefined
  /** 0: premium. */
  readonly tierRank: number
  /** Undefined: the plain terms. */
  readonly serviceTier: ServiceTier | undefined
  /** It chats, and serves no completions: those have to be told to it as chats. */
  readonly isChatOnly: boolean
}

export interface Roster {
  /** Whether several backends of one priority serve the model, so that chance decides. */
  sharesLoad (model: Model): boolean
  /** The same, where one of them also reads a prompt from its cache for less. */
  sharesCache (model: Model): boolean
  rowsOf (model: Model): readonly Row[]
  /** Backends of every model that serves the task, each once: what `auto` chooses from. */
  serving (task: Task): readonly Row[]
  /** The dearest input and output of all prices in the file, as one price; undefined: it has none by the token. */
  dearest (): Price | undefined
  /**
   * The row of the file a backend has: by its id, else by one that differs in upper and lower case alone. Most
   * providers take either, and a budget of a model must not be left by spelling it another way.
   */
  rowOf (backendId: string): Row | undefined
}

const TIER_RANKS: { readonly [tier in Tier]: number } = { premium: 0, standard: 1, economy: 2 }

/** The rows of a model that is not of the file, too. */
export function rowsOf (model: Model, providers: Providers): Row[] {
  return model.backends.map((backend) => {
    const provider = providers.get(backend.provider)
    const serves = (task: Task) => model.tasks.has(task) && provider?.tasks.includes(task) === true
    return {
      model: modelAt(backend, model),
      backend,
      provider,
      isChatOnly: serves('chat') && !(serves('completion') && !provider?.chatOnlyModels?.test(backend.modelId)),
      priority: provider?.priority ?? backend.priority,
      override: overrideOf(backend, provider),
      tierRank: TIER_RANKS[model.tier],
      serviceTier: serviceTierOf(backend.facts)
    }
  })
}

function overrideOf ({ priority }: Backend, provider: ResolvedProvider | undefined): PriorityOverride | undefined {
  if (provider?.overruled === undefined) return undefined
  return { live: provider.priority ?? priority, file: provider.overruled.priority ?? priority }
}

/** Completions can be told as chats. */
export function servesTask ({ tasks }: Model, task: Task): boolean {
  return tasks.has(task) || (task === 'completion' && tasks.has('chat'))
}

/** How the backend is told a request of that task; undefined: as it came. */
export function translationAt ({ isChatOnly }: Row, task: Task): Translation | undefined {
  return isChatOnly && task === 'completion' ? 'completion_over_chat' : undefined
}

/** The very model, where the backend says nothing else: a catalog holds hundreds and a copy would be made of each. */
function modelAt ({ contextWindow, maxOutputTokens }: Backend, model: Model): Model {
  if (contextWindow === undefined && maxOutputTokens === undefined) return model
  return {
    ...model,
    contextWindow: contextWindow ?? model.contextWindow,
    maxOutputTokens: maxOutputTokens ?? model.maxOutputTokens
  }
}

export function createRoster (catalog: Catalog, providers: Providers): Roster {
  const byModel = new Map<Model, readonly Row[]>()
  const byBackend = new Map<string, Row>()
  const sharing = new Map<Model, { readonly isCaching: boolean }>()
  for (const model of catalog.models.values()) {
    const rows = rowsOf(model, providers)
    byModel.set(model, rows)
    const equals = rows.length < 2 ? [] : equalsIn(rows)
    if (equals.length > 0) sharing.set(model, { isCaching: equals.some(({ backend }) => hasCheapCache(backend.price)) })
    for (const row of rows) if (!byBackend.has(row.backend.id)) byBackend.set(row.backend.id, row)
  }
  // Of two spellings in the file the first one counts.
  const bySpelling = new Map([...byBackend].toReversed().map(([id, row]) => [id.toLowerCase(), row]))
  const all = [...byModel.values()].flat()
  let dearest: Price | undefined
  const byTask = new Map(TASKS.map((task) => [task, servingOnce(all, task)]))
  return {
    sharesLoad: (model) => sharing.has(model),
    sharesCache: (model) => sharing.get(model)?.isCaching === true,
    rowsOf: (model) => byModel.get(model) ?? rowsOf(model, providers),
    serving: (task) => byTask.get(task) ?? [],
    dearest () {
      dearest ??= dearestOf(catalog)
      return dearest
    },
    rowOf: (backendId) => byBackend.get(backendId) ?? bySpelling.get(backendId.toLowerCase())
  }
}

/** Backends that another one has the same priority as. */
function equalsIn (rows: readonly Row[]): readonly Row[] {
  return rows.filter((row) => rows.some((other) => other !== row && other.priority === row.priority))
}

/** Reading from the cache costs less than sending it anew. */
export function hasCheapCache (price: Price | undefined): boolean {
  const { input, cache_read: cacheRead } = price?.rates ?? {}
  return input !== undefined && cacheRead !== undefined && cacheRead.nanoUsd * input.per < input.nanoUsd * cacheRead.per
}

/** Two models of the file may share a backend; asking it twice in one exchange would be asking in vain. */
function servingOnce (rows: readonly Row[], task: Task): readonly Row[] {
  const serving = rows.filter(({ model }) => model.tasks.has(task) && !model.isByNameOnly)
  return [...new Map(serving.toReversed().map((row) => [row.backend.id, row])).values()].toReversed()
}
