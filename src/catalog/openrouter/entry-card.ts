// The members of an entry that only its card shows. A required one that is not sound spoils the entry, any other one is
// left out: clients read these, and one broken member makes a strict client throw away the whole list.

import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import type { CardArchitecture, CardBenchmarks, CardReasoning, ListedCard } from '../listed-card.ts'
import { countOf, flagOf, lineOf, numberOf, numbersOf, present, proseOf, rowsOf, wordsOf } from './members.ts'

const LONGEST_NAME = 200
const LONGEST_DESCRIPTION = 4_000
const LATEST_S = 100_000_000_000
const DAY = /^\d{4}-\d\d-\d\d$/
const MOST_ARENAS = 50

/** Undefined: the entry cannot be listed. */
export function readListedCard (told: JsonObject, id: string): ListedCard | undefined {
  const name = lineIn(told, 'name')
  const created = countOf(told['created'], 0, LATEST_S)
  const architecture = readArchitecture(told['architecture'])
  const parameters = wordsOf(told['supported_parameters'])
  if (name === null || created === undefined || !architecture || !parameters) return undefined
  return {
    canonical_slug: lineIn(told, 'canonical_slug') ?? id,
    name,
    created,
    architecture,
    supported_parameters: parameters,
    ...readFurther(told),
    ...present({
      description: proseOf(told['description'], LONGEST_DESCRIPTION),
      reasoning: readReasoning(told['reasoning']),
      benchmarks: readBenchmarks(told['benchmarks']),
      alias_target: readTarget(told['alias_target'])
    })
  }
}

function lineIn (told: JsonObject, member: string): string | null {
  return lineOf(told[member], LONGEST_NAME) ?? null
}

/** Required members that may be null. */
function readFurther (told: JsonObject) {
  const expires = lineIn(told, 'expiration_date')
  return {
    hugging_face_id: lineIn(told, 'hugging_face_id'),
    knowledge_cutoff: lineIn(told, 'knowledge_cutoff'),
    expiration_date: expires !== null && DAY.test(expires) ? expires : null,
    default_parameters: numbersOf(told['default_parameters']) ?? null,
    supported_voices: wordsOf(told['supported_voices']) ?? null,
    is_moderated: flagOf(asObject(told['top_provider'])?.['is_moderated']) ?? false
  }
}

function readArchitecture (told: JsonValue | undefined): CardArchitecture | undefined {
  const members = asObject(told)
  const input = wordsOf(members?.['input_modalities'])
  const output = wordsOf(members?.['output_modalities'])
  if (!members || !input || !output) return undefined
  return {
    modality: lineIn(members, 'modality'),
    input_modalities: input,
    output_modalities: output,
    tokenizer: lineIn(members, 'tokenizer') ?? 'Other',
    instruct_type: lineIn(members, 'instruct_type')
  }
}

function readReasoning (told: JsonValue | undefined): CardReasoning | undefined {
  const members = asObject(told)
  const mandatory = flagOf(members?.['mandatory'])
  if (!members || mandatory === undefined) return undefined
  return {
    mandatory,
    ...present({
      supported_efforts: wordsOf(members['supported_efforts']),
      default_effort: lineOf(members['default_effort'], LONGEST_NAME),
      default_enabled: flagOf(members['default_enabled']),
      supports_max_tokens: flagOf(members['supports_max_tokens'])
    })
  }
}

function readBenchmarks (told: JsonValue | undefined): CardBenchmarks | undefined {
  const members = asObject(told)
  if (!members) return undefined
  const arenas = rowsOf(members['design_arena'], MOST_ARENAS) ?? []
  return {
    design_arena: arenas.map(readArena).filter((arena) => arena !== undefined),
    ...present({ artificial_analysis: numbersOf(members['artificial_analysis']) })
  }
}

/** A row of which something is missing is left out. */
function readArena (row: JsonObject): CardBenchmarks['design_arena'][number] | undefined {
  const words = ['arena', 'category'].map((member) => [member, lineOf(row[member], LONGEST_NAME)] as const)
  const numbers = ['elo', 'win_rate', 'rank'].map((member) => [member, numberOf(row[member])] as const)
  const members = new Map<string, string | number>()
  for (const [member, value] of [...words, ...numbers]) if (value !== undefined) members.set(member, value)
  return members.size === words.length + numbers.length ? Object.fromEntries(members) : undefined
}

function readTarget (told: JsonValue | undefined): ListedCard['alias_target'] {
  const members = asObject(told)
  const name = lineOf(members?.['name'], LONGEST_NAME)
  const slug = lineOf(members?.['slug'], LONGEST_NAME)
  return name === undefined || slug === undefined ? undefined : { name, slug }
}
