// What an operator says of a backend beyond its price: what happens to prompts there, and how exactly the model is
// served. Requests can demand these; a fact that nobody told never satisfies a demand.

import type { Report } from './config-error.ts'
import { didYouMean, shown, textOf, textsOf, type Field } from './fields.ts'

/** Absent members: not told. */
export interface BackendFacts {
  /** Whether the provider may keep or train on what it is sent. */
  readonly dataCollection?: 'allow' | 'deny'
  /** Zero data retention: nothing is kept once it is answered. */
  readonly isZdr?: boolean
  /** Of the weights: one of QUANTIZATIONS. */
  readonly quantization?: string
  /** Members of a request that are understood, in OpenRouter's words: `tools`, `response_format`, `seed` … */
  readonly supportedParameters?: readonly string[]
  /** Second half of a slug, for one of several ways the provider serves the model: `turbo` in `deepinfra/turbo`. */
  readonly variant?: string
}

/** Variants on other terms: cheaper and slower, or dearer and faster. They serve those who ask for them. */
export const SERVICE_TIERS = ['flex', 'priority'] as const
export type ServiceTier = typeof SERVICE_TIERS[number]

/** Undefined: the plain terms. */
export function serviceTierOf (facts: BackendFacts | undefined): ServiceTier | undefined {
  return facts?.variant === undefined ? undefined : SERVICE_TIERS.find((tier) => tier === facts.variant?.toLowerCase())
}

/** https://openrouter.ai/docs/guides/routing/provider-selection; `unknown` satisfies only a demand for itself. */
export const QUANTIZATIONS = [
  'int4', 'int8', 'fp4', 'mxfp4', 'nvfp4', 'fp6', 'fp8', 'mxfp8', 'fp16', 'bf16', 'fp32', 'unknown'
] as const

/** Keys of a provider's entry: what holds for each of its backends that says nothing else. */
export const PROVIDER_FACT_KEYS = ['data_collection', 'zdr']
export const BACKEND_FACT_KEYS = [...PROVIDER_FACT_KEYS, 'quantization', 'supported_parameters', 'variant']

const COLLECTIONS = ['allow', 'deny'] as const
const VARIANT = /^[a-z0-9][a-z0-9._/-]{0,62}$/i

/** Undefined: nothing is told. Wrong values are in the report. */
export function readFacts (members: ReadonlyMap<string, Field>, report: Report): BackendFacts | undefined {
  if (!BACKEND_FACT_KEYS.some((key) => members.has(key))) return undefined
  const dataCollection = choiceOf(members.get('data_collection'), COLLECTIONS)
  const isZdr = readFlag(members.get('zdr'))
  const quantization = choiceOf(members.get('quantization'), QUANTIZATIONS)
  const parameters = members.get('supported_parameters')
  const variant = readVariant(members.get('variant'))
  return Object.freeze({
    ...(dataCollection !== undefined && { dataCollection }),
    ...(isZdr !== undefined && { isZdr }),
    ...(quantization !== undefined && { quantization }),
    ...(parameters && { supportedParameters: Object.freeze(textsOf(parameters, report).map(({ text }) => text)) }),
    ...(variant !== undefined && { variant })
  })
}

/** What a backend's own row says wins over its provider's entry. */
export function mergeFacts (entry: BackendFacts | undefined, own: BackendFacts | undefined): BackendFacts | undefined {
  return entry && own ? Object.freeze({ ...entry, ...own }) : own ?? entry
}

function choiceOf<T extends string> (field: Field | undefined, choices: readonly T[]): T | undefined {
  const text = textOf(field)
  if (!field || text === undefined) return undefined
  const choice = choices.find((choice) => choice === text)
  return choice ?? field.refuse(`"${shown(text)}" must be one of ${choices.join(', ')}${didYouMean(text, choices)}`)
}

function readFlag (field: Field | undefined): boolean | undefined {
  const text = textOf(field)
  if (!field || text === undefined) return undefined
  if (text === 'true' || text === 'false') return text === 'true'
  return field.refuse(`must be true or false, not "${shown(text)}"`)
}

function readVariant (field: Field | undefined): string | undefined {
  const text = textOf(field)
  if (!field || text === undefined || VARIANT.test(text)) return text
  return field.refuse(`"${shown(text)}" cannot name a variant: use letters, digits and . _ - /`)
}
