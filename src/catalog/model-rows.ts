// `models:` of modelsconfig.yml: what each model can do and which backends serve it.

import type { Need, Task } from '../core/ask.ts'
import { isAutoModel } from './auto-models.ts'
import { BACKEND_FACT_KEYS, readFacts, serviceTierOf, type BackendFacts } from './backend-facts.ts'
import { TIERS, type Backend, type Model, type Tier } from './catalog.ts'
import type { Report } from './config-error.ts'
import { readDeadlines, readStreamMode } from './deadline-rows.ts'
import {
  countOf, didYouMean, itemsOf, knownMembersOf, membersOf, shown, textOf, textsOf, type Field
} from './fields.ts'
import { PRICE_KEYS, priceOf } from './price-rows.ts'
import { factorOf } from './price-terms.ts'
import { checkProviderId, readPriority } from './provider-rows.ts'

/** A model and the fields of its names, for sentences about clashes. */
export interface ModelRow {
  readonly model: Model
  readonly field: Field
  readonly aliases: ReadonlyArray<{ readonly text: string, readonly field: Field }>
}

type Capability = Need | 'reasoning'

const SIZE_KEYS = ['context_window', 'max_output_tokens']
const MODEL_KEYS =
  ['display_name', 'tier', 'capabilities', ...SIZE_KEYS, 'timeouts', 'stream_mode', 'aliases', 'backends']
const BACKEND_KEYS = ['provider', 'model_id', 'priority', ...SIZE_KEYS, ...PRICE_KEYS, 'markup', ...BACKEND_FACT_KEYS]
const MOST_TOKENS = 1_000_000_000
/** Backends without a priority keep their order, with room between them: 10, 20, 30 … */
const PRIORITY_STEP = 10
const MODEL_NAME = /^[\w~@][\w.~@+:/()-]{0,199}$/

/** Words of `capabilities` that say what a model can do within a chat. */
const ABILITIES: readonly Capability[] = ['tool_calling', 'vision', 'audio_input', 'json_schema', 'reasoning']

/** Words of `capabilities` that say which endpoints a model serves. */
const TASK_WORDS: { readonly [word: string]: Task } = {
  chat: 'chat',
  completions: 'completion',
  embeddings: 'embedding',
  speech: 'speech',
  tts: 'speech',
  transcription: 'transcription',
  stt: 'transcription',
  moderation: 'moderation',
  images: 'image',
  rerank: 'rerank'
}
const CAPABILITY_WORDS = [...ABILITIES, ...Object.keys(TASK_WORDS)]

/** Without a task word a model is for text: chat, and the legacy completions that the same providers serve. */
const TEXT_TASKS: readonly Task[] = ['chat', 'completion']

/** Models in the order of the file. Wrong parts are in the report. */
export function readModels (field: Field | undefined, report: Report): ModelRow[] {
  if (!field) return []
  const members = membersOf(field, report)
  // A file that is being written can end here; serving nothing is never what was meant.
  if (members.size === 0) field.refuse('is empty: name at least one model')
  return [...members].map(([name, member]) => readModel(name, member, report))
}

function readModel (name: string, field: Field, report: Report): ModelRow {
  checkName(name, field)
  const members = knownMembersOf(field, MODEL_KEYS, report)
  const { tasks, capabilities } = readCapabilities(members.get('capabilities'), report)
  const aliases = textsOf(members.get('aliases'), report)
  for (const alias of aliases) checkName(alias.text, alias.field)
  const model = Object.freeze({
    name,
    displayName: textOf(members.get('display_name')) ?? name,
    tier: readTier(members.get('tier')),
    tasks,
    capabilities,
    ...readSizes(members),
    deadlines: readDeadlines(members.get('timeouts'), report),
    streamMode: readStreamMode(members.get('stream_mode')),
    aliases: Object.freeze(aliases.map(({ text }) => text)),
    backends: readBackends(members.get('backends'), field, report)
  })
  return { model, field, aliases }
}

function checkName (name: string, field: Field): void {
  if (isAutoModel(name)) field.refuse(`"${name}" is a name of the broker itself: take another`)
  else if (!MODEL_NAME.test(name)) field.refuse(`"${shown(name)}" cannot name a model: use letters, digits and . _ - / : @ + ~ ( )`)
}

function readSizes (members: ReadonlyMap<string, Field>): Pick<Model, 'contextWindow' | 'maxOutputTokens'> {
  return {
    contextWindow: countOf(members.get('context_window'), 1, MOST_TOKENS),
    maxOutputTokens: countOf(members.get('max_output_tokens'), 1, MOST_TOKENS)
  }
}

function readTier (field: Field | undefined): Tier {
  const text = textOf(field)
  if (!field || text === undefined) return 'standard'
  const tier = TIERS.find((tier) => tier === text)
  if (!tier) field.refuse(`"${shown(text)}" is no tier: write one of ${TIERS.join(', ')}${didYouMean(text, TIERS)}`)
  return tier ?? 'standard'
}

function readCapabilities (field: Field | undefined, report: Report): Pick<Model, 'tasks' | 'capabilities'> {
  const tasks = new Set<Task>()
  const capabilities = new Set<Capability>()
  for (const { text, field: item } of textsOf(field, report)) {
    const task = Object.hasOwn(TASK_WORDS, text) ? TASK_WORDS[text] : undefined
    const ability = ABILITIES.find((ability) => ability === text)
    if (task) tasks.add(task)
    else if (ability) capabilities.add(ability)
    else item.warn(`unknown capability "${shown(text)}", ignored${didYouMean(text, CAPABILITY_WORDS)}`)
  }
  return { tasks: tasks.size > 0 ? tasks : new Set(TEXT_TASKS), capabilities }
}

/** Lowest priority first; rows of equal priority in the order of the file. */
function readBackends (field: Field | undefined, model: Field, report: Report): readonly Backend[] {
  const items = itemsOf(field, report)
  if (!field) model.refuse('has no backends: name at least one provider and model_id')
  else if (field.node.kind === 'list' && items.length === 0) field.refuse('is empty: name at least one provider and model_id')

  const backends = new Map<string, Backend>()
  for (const [index, item] of items.entries()) {
    const backend = readBackend(item, (index + 1) * PRIORITY_STEP, report)
    if (backend && backends.has(backend.id)) item.refuse(`${backend.id} is there twice`)
    if (backend) backends.set(backend.id, backend)
  }
  return Object.freeze([...backends.values()].sort((a, b) => a.priority - b.priority))
}

function readBackend (field: Field, priority: number, report: Report): Backend | undefined {
  if (field.node.kind !== 'map') return field.refuse('must be a map with provider and model_id')
  const members = knownMembersOf(field, BACKEND_KEYS, report)
  const rest = {
    priority: readPriority(members.get('priority')) ?? priority,
    price: priceOf(members, report),
    markup: factorOf(members.get('markup'), 1n),
    facts: readFacts(members, report),
    ...readSizes(members)
  }
  const provider = readRequired(field, members, 'provider')
  const modelId = readRequired(field, members, 'model_id')
  if (provider === undefined || modelId === undefined) return undefined
  if (!checkProviderId(provider, members.get('provider') ?? field)) return undefined
  return Object.freeze({ id: idOf(provider, modelId, rest.facts), provider, modelId, ...rest })
}

/** A provider serves one model on several terms: the plain ones have the plain id. */
function idOf (provider: string, modelId: string, facts: BackendFacts | undefined): string {
  const tier = serviceTierOf(facts)
  return tier === undefined ? `${provider}:${modelId}` : `${provider}:${modelId}/${tier}`
}

function readRequired (field: Field, members: ReadonlyMap<string, Field>, key: string): string | undefined {
  const member = members.get(key)
  return member ? textOf(member) : field.refuse(`has no ${key}`)
}
