// OpenRouter's /models, entry by entry: what is sound becomes a model, what is not is left out and counted.
// https://openrouter.ai/docs/api-reference/models/get-models

import type { Need, Task } from '../../core/ask.ts'
import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { Model } from '../catalog.ts'
import type { ListedCard } from '../listed-card.ts'
import { readListedCard } from './entry-card.ts'
import { countOf, lineOf } from './members.ts'

/** A model of the list; its backend and price come when it is joined with the file. */
export interface Entry {
  readonly id: string
  readonly model: Omit<Model, 'backends' | 'aliases' | 'listed'> & { readonly listed: ListedCard }
  /** As it was told, for the price and for the disk. */
  readonly told: JsonObject
}

export interface Entries {
  readonly entries: readonly Entry[]
  /** Left out: malformed, there twice, beyond the limit, or for nothing the broker serves. */
  readonly skipped: number
}

export const MOST_ENTRIES = 20_000
/** `author/slug`, `author/slug:variant`, `~author/family-latest`. */
const ID = /^~?\w[\w.-]{0,79}\/\w[\w.~@+:()-]{0,117}$/
/** OpenRouter's own routers, `openrouter/auto` among them, are asked for by their ids alone. */
const OWN_ROUTERS = 'openrouter/'
/** `author/slug-date`: with an author, so that it cannot be `auto` or a short name, and without a variant or suffix. */
const SLUG = /^\w[\w.-]{0,79}\/\w[\w.-]{0,117}$/
const MOST_TOKENS = 1_000_000_000

const TASKS_BY_OUTPUT: ReadonlyMap<string, readonly Task[]> = new Map([
  ['text', ['chat', 'completion']],
  ['embeddings', ['embedding']],
  ['speech', ['speech']],
  ['transcription', ['transcription']],
  ['image', ['image']],
  ['rerank', ['rerank']]
])

/** Undefined: `{"data":[…]}` is not what it is. */
export function readEntries (list: JsonObject | undefined): Entries | undefined {
  const { data } = list ?? {}
  if (!Array.isArray(data)) return undefined
  const entries = new Map<string, Entry>()
  for (const row of data.slice(0, MOST_ENTRIES)) {
    const entry = readEntry(row)
    if (entry && !entries.has(entry.id)) entries.set(entry.id, entry)
  }
  return { entries: [...entries.values()], skipped: data.length - entries.size }
}

/** Whether the dated name of a model may be one more name to ask for it by: a stranger chose it. */
export function isFurtherName (slug: string): boolean {
  return SLUG.test(slug) && !slug.startsWith(OWN_ROUTERS)
}

function readEntry (row: JsonValue): Entry | undefined {
  const told = asObject(row)
  const id = lineOf(told?.['id'], 200)
  if (!told || id === undefined || !ID.test(id) || !asObject(told['pricing'])) return undefined
  const listed = readListedCard(told, id)
  const tasks = tasksOf(listed)
  if (!listed || tasks.size === 0) return undefined
  const top = asObject(told['top_provider']) ?? {}
  return {
    id,
    told,
    model: {
      name: id,
      displayName: listed.name,
      tier: 'standard',
      tasks,
      capabilities: capabilitiesOf(listed),
      contextWindow: countOf(told['context_length'], 1, MOST_TOKENS),
      maxOutputTokens: countOf(top['max_completion_tokens'], 1, MOST_TOKENS),
      listed,
      isLive: true
    }
  }
}

/** A model that writes and draws does so in a chat; only one that draws and nothing else has an endpoint for it. */
function tasksOf (listed: ListedCard | undefined): ReadonlySet<Task> {
  const outputs = listed?.architecture.output_modalities ?? []
  const counting = outputs.includes('text') ? ['text'] : outputs
  return new Set(counting.flatMap((output) => TASKS_BY_OUTPUT.get(output) ?? []))
}

function capabilitiesOf ({ supported_parameters: parameters, architecture }: ListedCard): Model['capabilities'] {
  const { input_modalities: inputs } = architecture
  const capabilities: ReadonlyArray<readonly [capability: Need | 'reasoning', isThere: boolean]> = [
    ['tool_calling', parameters.includes('tools')],
    ['vision', inputs.includes('image')],
    ['audio_input', inputs.includes('audio')],
    ['json_schema', parameters.includes('structured_outputs')],
    ['reasoning', parameters.includes('reasoning')]
  ]
  return new Set(capabilities.filter(([, isThere]) => isThere).map(([capability]) => capability))
}
