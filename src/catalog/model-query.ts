// What a client may ask of the model list: filters and orders, each a row of a table. Bad values are refused, unknown
// parameters ignored, as OpenRouter does. https://openrouter.ai/docs/api-reference/models/get-models

import { GatewayError } from '../core/errors.ts'
import type { Measured } from './measured.ts'
import type { ListedModel, ModelCard } from './model-card.ts'
import { readSort, type ModelOrder } from './model-sort.ts'
import { usdPerMillion } from './usd-per-million.ts'

/** The last value of each parameter. */
export interface QueryTexts { readonly [parameter: string]: string | undefined }

export type ModelFilter = (listed: ListedModel) => boolean

export interface ModelQuery {
  readonly filters: readonly ModelFilter[]
  /** Undefined: as the catalog has them. */
  readonly order: ModelOrder | undefined
}

/** A filter; undefined: the value takes nothing away. @throws GatewayError `invalid_body` */
type ReadFilter = (text: string, parameter: string, nowS: number) => ModelFilter | undefined

const DAY_S = 86_400
const LONGEST_TEXT = 1_000

const FILTERS: { readonly [parameter: string]: ReadFilter } = {
  supported_parameters: listFilter({ matches: 'every', wordsOf: (card) => card.supported_parameters }),
  input_modalities: listFilter({ matches: 'every', wordsOf: (card) => card.architecture.input_modalities }),
  output_modalities: listFilter({ matches: 'some', wordsOf: (card) => card.architecture.output_modalities }),
  model_authors: listFilter({ matches: 'some', wordsOf: (card) => [card.owned_by], spell: slugOf }),
  providers: listFilter({ matches: 'some', wordsOf: (card) => card.x_aibroker.providers, spell: slugOf }),
  arch: listFilter({ matches: 'some', wordsOf: (card) => [card.architecture.tokenizer], spell: slugOf }),
  q: readSearch,
  context: numberFilter(({ card }) => card.context_length, 'least'),
  min_price: numberFilter(({ card }) => usdPerMillion(card.pricing.prompt), 'least'),
  max_price: numberFilter(({ card }) => usdPerMillion(card.pricing.prompt), 'most'),
  min_output_price: numberFilter(({ card }) => usdPerMillion(card.pricing.completion), 'least'),
  max_output_price: numberFilter(({ card }) => usdPerMillion(card.pricing.completion), 'most'),
  min_age_days: numberFilter(({ card }, nowS) => (nowS - card.created) / DAY_S, 'least'),
  max_age_days: numberFilter(({ card }, nowS) => (nowS - card.created) / DAY_S, 'most'),
  ...indexFilters('intelligence'),
  ...indexFilters('coding'),
  ...indexFilters('agentic'),
  zdr: readZdr,
  // Nothing here is known of these: what is asked must make sense, and takes nothing away.
  min_tool_success_rate: numberFilter(undefined, 'least'),
  max_tool_success_rate: numberFilter(undefined, 'most'),
  distillable: oneOf(['true', 'false']),
  region: oneOf(['eu', 'us'])
}

/** `nowS`: Unix seconds. @throws GatewayError `invalid_body` naming the parameter. */
export function readModelQuery (texts: QueryTexts, nowS: number): ModelQuery {
  const filters = Object.entries(FILTERS).flatMap(([parameter, read]) => {
    const text = texts[parameter]
    // Clients that know no better way to leave one out send it empty.
    if (text === undefined || text === '') return []
    if (text.length > LONGEST_TEXT) throw badValue(parameter, `at most ${LONGEST_TEXT} characters`)
    return read(text, parameter, nowS) ?? []
  })
  return { filters, order: readSort(texts['sort']) }
}

/** In their order; the very list when nothing is asked of it. */
export function matching (
  models: readonly ListedModel[], { filters, order }: ModelQuery, measured: Measured
): readonly ListedModel[] {
  const found = filters.length === 0 ? models : models.filter((listed) => filters.every((filter) => filter(listed)))
  return order ? order(found, measured) : found
}

export function badValue (parameter: string, wanted: string): GatewayError {
  return new GatewayError('invalid_body', { reason: `${parameter} must be ${wanted}.` }, { param: parameter })
}

interface ListFilter {
  readonly matches: 'every' | 'some'
  wordsOf (card: ModelCard): readonly string[]
  /** How both sides are compared; absent: as they are. */
  readonly spell?: (text: string) => string
}

/** Comma-separated values; `all` takes nothing away. */
function listFilter ({ matches, wordsOf, spell }: ListFilter): ReadFilter {
  return (text) => {
    const wanted = text.split(',').map((name) => spell ? spell(name.trim()) : name.trim())
    if (wanted.includes('all')) return undefined
    return ({ card }) => {
      const words = spell ? wordsOf(card).map(spell) : wordsOf(card)
      return matches === 'every' ? wanted.every((name) => words.includes(name)) : wanted.some((name) => words.includes(name))
    }
  }
}

/** Models without the number are left out by either bound. `numberOf` undefined: nobody has it, and nobody is. */
function numberFilter (
  numberOf: ((listed: ListedModel, nowS: number) => number | null | undefined) | undefined, bound: 'least' | 'most'
): ReadFilter {
  return (text, parameter, nowS) => {
    if (!/^\d{1,15}(\.\d{1,15})?$/.test(text)) throw badValue(parameter, 'a number from 0 on')
    const limit = Number(text)
    return numberOf && ((listed) => {
      const number = numberOf(listed, nowS) ?? undefined
      return number !== undefined && (bound === 'least' ? number >= limit : number <= limit)
    })
  }
}

function indexFilters (name: string): { readonly [parameter: string]: ReadFilter } {
  const indexOf = ({ card }: ListedModel) => card.benchmarks?.artificial_analysis?.[`${name}_index`]
  return { [`min_${name}_index`]: numberFilter(indexOf, 'least'), [`max_${name}_index`]: numberFilter(indexOf, 'most') }
}

function oneOf (choices: readonly string[]): ReadFilter {
  return (text, parameter) => {
    if (!choices.includes(text)) throw badValue(parameter, `one of ${choices.join(', ')}`)
    return undefined
  }
}

/** `false` asks for nothing, as in a request. */
function readZdr (text: string, parameter: string): ModelFilter | undefined {
  if (text !== 'true' && text !== 'false') throw badValue(parameter, 'true or false')
  return text === 'true' ? ({ model }) => model?.backends.some(({ facts }) => facts?.isZdr) ?? false : undefined
}

/** Every word somewhere in the model's name, id or aliases. */
function readSearch (text: string): ModelFilter {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== '')
  return ({ card: { id, name, x_aibroker: { aliases } } }) => {
    const told = [id, name, ...aliases].join(' ').toLowerCase()
    return words.every((word) => told.includes(word))
  }
}

/** "Moonshot AI" and "moonshot-ai" are one name. */
function slugOf (text: string): string {
  return text.toLowerCase().replace(/[ _]/g, '-')
}
