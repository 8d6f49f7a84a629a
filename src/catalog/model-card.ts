// The model list as clients see it: OpenRouter's model object and OpenAI's in one, built once per catalog.
//
// OpenRouter's SDK throws away the whole list when one model lacks a member it requires, so every member is there,
// null where nothing is known; OpenAI's SDK reads `id`, `object`, `created` and `owned_by`.
// https://openrouter.ai/docs/api-reference/models/get-models and https://platform.openai.com/docs/api-reference/models

import type { Task } from '../core/ask.ts'
import { AUTO_MODELS } from './auto-models.ts'
import { pricingOf, UNKNOWN_PRICING, type CardPricing } from './card-pricing.ts'
import type { Catalog, Model, Tier } from './catalog.ts'
import { nearestNames } from './nearest.ts'

export interface ModelCard {
  readonly id: string
  readonly object: 'model'
  /** Unix seconds. */
  readonly created: number
  readonly owned_by: string
  readonly canonical_slug: string
  readonly name: string
  readonly hugging_face_id: null
  readonly knowledge_cutoff: null
  readonly expiration_date: null
  readonly context_length: number | null
  readonly architecture: {
    readonly modality: string
    readonly input_modalities: readonly string[]
    readonly output_modalities: readonly string[]
    readonly tokenizer: string
    readonly instruct_type: null
  }
  readonly pricing: CardPricing
  readonly top_provider: {
    readonly context_length: number | null
    readonly max_completion_tokens: number | null
    readonly is_moderated: boolean
  }
  readonly per_request_limits: null
  readonly supported_parameters: readonly string[]
  readonly default_parameters: null
  readonly supported_voices: null
  readonly links: { readonly details: string }
  /** What only this broker knows. */
  readonly x_aibroker: {
    readonly tier: Tier | null
    readonly tasks: readonly Task[]
    readonly aliases: readonly string[]
    readonly providers: readonly string[]
  }
}

export interface ListedModel {
  readonly card: ModelCard
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

/** What a model of a task takes and gives, in OpenRouter's words. */
const MODALITIES: { readonly [task in Task]: { readonly input: readonly string[], readonly output: string } } = {
  chat: { input: ['text'], output: 'text' },
  completion: { input: ['text'], output: 'text' },
  embedding: { input: ['text'], output: 'embeddings' },
  speech: { input: ['text'], output: 'speech' },
  transcription: { input: ['audio'], output: 'transcription' },
  moderation: { input: ['text'], output: 'text' },
  image: { input: ['text'], output: 'image' }
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
  const own = [...catalog.models.values()].map((model) => listed(cardOf(model, catalog.createdAtS)))
  const auto = AUTO_MODELS.map((name) => listed(autoCard(name, catalog.createdAtS)))
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

function listed (card: ModelCard): ListedModel {
  return { card, json: JSON.stringify(card) }
}

function cardOf (model: Model, created: number): ModelCard {
  const { name, displayName, contextWindow = null, maxOutputTokens = null, tier, aliases, backends } = model
  const slug = [name, ...aliases].find((name) => name.includes('/')) ?? name
  return {
    ...blankCard(name, displayName, created),
    owned_by: slug.includes('/') ? slug.slice(0, slug.indexOf('/')) : backends[0]?.provider ?? 'aibroker',
    canonical_slug: slug,
    context_length: contextWindow,
    architecture: architectureOf(model),
    pricing: pricingOf(model),
    top_provider: { context_length: contextWindow, max_completion_tokens: maxOutputTokens, is_moderated: false },
    supported_parameters: parametersOf(model),
    x_aibroker: {
      tier,
      tasks: [...model.tasks],
      aliases,
      providers: [...new Set(backends.map(({ provider }) => provider))]
    }
  }
}

/** What it can do depends on the model it chooses, so it claims everything a request may need to find out. */
function autoCard (name: string, created: number): ModelCard {
  return { ...blankCard(name, name, created), supported_parameters: [...TEXT, ...SAMPLING, ...TOOLS, ...SCHEMA] }
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
    architecture: architectureWith(['text', 'image'], ['text']),
    pricing: UNKNOWN_PRICING,
    top_provider: { context_length: null, max_completion_tokens: null, is_moderated: false },
    per_request_limits: null,
    supported_parameters: [],
    default_parameters: null,
    supported_voices: null,
    links: { details: `/api/v1/models/${encodeURI(name)}` },
    x_aibroker: { tier: null, tasks: ['chat', 'completion'], aliases: [], providers: [] }
  }
}

function architectureOf ({ tasks, capabilities }: Model): ModelCard['architecture'] {
  const rows = [...tasks].map((task) => MODALITIES[task])
  const input = new Set(rows.flatMap(({ input }) => input))
  if (capabilities.has('vision')) input.add('image')
  if (capabilities.has('audio_input')) input.add('audio')
  return architectureWith([...input], [...new Set(rows.map(({ output }) => output))])
}

function architectureWith (input: readonly string[], output: readonly string[]): ModelCard['architecture'] {
  return {
    modality: `${input.join('+')}->${output.join('+')}`,
    input_modalities: input,
    output_modalities: output,
    tokenizer: 'Other',
    instruct_type: null
  }
}

const TEXT = ['max_tokens']
/** Reasoning models refuse these at several providers, and a client sends what it finds here. */
const SAMPLING = ['temperature', 'top_p', 'stop', 'seed', 'frequency_penalty', 'presence_penalty']
const TOOLS = ['tools', 'tool_choice']
const SCHEMA = ['response_format', 'structured_outputs']
const REASONING = ['reasoning', 'include_reasoning', 'reasoning_effort']

function parametersOf ({ tasks, capabilities }: Model): string[] {
  if (!tasks.has('chat') && !tasks.has('completion')) return []
  return [
    ...TEXT,
    ...(capabilities.has('reasoning') ? REASONING : SAMPLING),
    ...(capabilities.has('tool_calling') ? TOOLS : []),
    ...(capabilities.has('json_schema') ? SCHEMA : [])
  ]
}
