// Models as rows of a list, from the catalog or from GET /v1/models.

import { DEADLINE_WORDS, secondsOf, type DeadlineSeconds } from '../core/deadline-words.ts'
import { formatUsd, priceOf, readRate, type Rate } from '../core/money.ts'
import { STREAM_MODES, type StreamMode } from '../core/stream-mode.ts'
import type { Catalog, Model } from '../catalog/catalog.ts'
import type { UsageKind } from '../core/usage.ts'

export interface ModelRow {
  readonly id: string
  /** Tokens; null: not known. */
  readonly context_length: number | null
  /** US dollars per million tokens of the cheapest backend, nine places; null: not known. */
  readonly input_usd: string | null
  readonly output_usd: string | null
  /** In the order of the backends; null where the source does not say. */
  readonly providers: readonly string[] | null
  /** What the file sets for the model; null: nothing, or not told. */
  readonly stream_mode: StreamMode | null
  /** Seconds. */
  readonly timeouts: DeadlineSeconds | null
}

const MILLION = 1_000_000

/** With the names that mean "choose for me", as a broker lists them. */
export function rowsOfCatalog (catalog: Catalog, auto: readonly string[]): ModelRow[] {
  const own = [...catalog.models.values()].map((model) => ({
    id: model.name,
    context_length: model.contextWindow ?? null,
    input_usd: cheapest(model, 'input'),
    output_usd: cheapest(model, 'output'),
    providers: [...new Set(model.backends.map(({ provider }) => provider))],
    stream_mode: model.streamMode ?? null,
    timeouts: model.deadlines ? secondsOf(model.deadlines) : null
  }))
  return [...own, ...auto.map((id) => ({ ...UNKNOWN, id }))]
}

const UNKNOWN = {
  context_length: null, input_usd: null, output_usd: null, providers: [], stream_mode: null, timeouts: null
} satisfies Omit<ModelRow, 'id'>

function cheapest (model: Model, kind: UsageKind): string | null {
  const amounts = model.backends
    .map(({ price }) => price?.rates[kind])
    .filter((rate): rate is Rate => rate !== undefined)
    .map((rate) => priceOf(MILLION, rate))
  const [first, ...rest] = amounts
  if (first === undefined) return null
  return formatUsd(rest.reduce((least, amount) => amount < least ? amount : least, first))
}

/** Undefined: not an answer of GET /v1/models. */
export function rowsOfAnswer (json: unknown): ModelRow[] | undefined {
  const entries = isRecord(json) ? json['data'] : undefined
  if (!Array.isArray(entries)) return undefined
  return entries.filter(isRecord).map((entry) => {
    const pricing = isRecord(entry['pricing']) ? entry['pricing'] : {}
    const own = isRecord(entry['x_aibroker']) ? entry['x_aibroker'] : {}
    return {
      id: String(entry['id']),
      context_length: typeof entry['context_length'] === 'number' ? entry['context_length'] : null,
      input_usd: perMillion(pricing['prompt']),
      output_usd: perMillion(pricing['completion']),
      providers: Array.isArray(own['providers']) ? own['providers'].map(String) : null,
      stream_mode: STREAM_MODES.find((mode) => mode === own['stream_mode']) ?? null,
      timeouts: isRecord(own['timeouts']) ? readTimeouts(own['timeouts']) : null
    }
  })
}

function readTimeouts (timeouts: Record<string, unknown>): DeadlineSeconds {
  const words = Object.keys(DEADLINE_WORDS).filter((word) => typeof timeouts[word] === 'number')
  return Object.fromEntries(words.map((word) => [word, timeouts[word]]))
}

/** The answer's prices are US dollars per token, as text; "-1" means that it varies. */
function perMillion (perToken: unknown): string | null {
  if (typeof perToken !== 'string' || !/^\d/.test(perToken)) return null
  try {
    return formatUsd(priceOf(MILLION, readRate(perToken, 1n)))
  } catch {
    return null // not a number
  }
}

function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
