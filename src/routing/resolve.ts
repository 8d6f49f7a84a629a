// From the name a client asked for to the models that are meant: one, or with `auto` all.

import { AUTO_MODELS, isAutoModel, type AutoModel } from '../catalog/auto-models.ts'
import type { Backend, Catalog, Model } from '../catalog/catalog.ts'
import { nearestNames } from '../catalog/nearest.ts'
import { NEEDS, type Task } from '../core/ask.ts'
import { GatewayError } from '../core/errors.ts'
import type { Credentials } from '../providers/credentials.ts'
import type { Providers, ResolvedProvider } from '../providers/registry.ts'
import { DOCS_URL } from './availability.ts'
import type { Latest } from './latest.ts'
import { OPENROUTER, OPENROUTER_AUTO } from './openrouter-names.ts'
import type { Roster } from './roster.ts'
import { cutSuffix, type Suffix } from './suffix.ts'

export type Meant = { readonly suffix?: Suffix | undefined } & (
  | { readonly kind: 'model', readonly model: Model }
  | { readonly kind: 'auto', readonly name: AutoModel }
)

export interface Snapshot {
  readonly catalog: Catalog
  readonly providers: Providers
  readonly credentials: Pick<Credentials, 'state'>
  readonly roster: Roster
  readonly latest: Latest
}

export interface Naming {
  readonly task: Task
  /** The member of the body the name is from. */
  readonly param: 'model' | 'models'
}

const MOST_HINTS = 3
const FREE = ':free'

/**
 * A name of the catalog means itself, whatever it ends in; only one that is none may have a suffix.
 * @throws GatewayError `unknown_model`, with the nearest names.
 */
export function resolve (name: string, snapshot: Snapshot, { task, param }: Naming): Meant {
  const meant = named(name, snapshot, task)
  if (meant && !isOwnWithSuffix(name, meant, snapshot)) return meant
  const cut = cutSuffix(name)
  const base = cut && (named(cut.base, snapshot, task) ?? direct(cut.base, snapshot))
  if (base) return { ...base, suffix: cut.suffix }
  const whole = direct(name, snapshot)
  if (whole) return whole
  throw unknownModel(name, snapshot.catalog, param)
}

function named (name: string, snapshot: Snapshot, task: Task): Meant | undefined {
  const { catalog, credentials, latest } = snapshot
  const model = catalog.names.get(name)
  if (model && !(model.isLive && isAtAnother(name, snapshot))) return { kind: 'model', model }
  if (isAutoModel(name)) return { kind: 'auto', name }
  // Clients of OpenRouter have this as their default; without a credential nobody there could choose.
  if (name === OPENROUTER_AUTO && credentials.state(OPENROUTER).kind === 'none') return { kind: 'auto', name: 'auto' }
  const newest = latest(name, task)
  if (newest) return { kind: 'model', model: newest }
  return snapshot.roster.rowOf(name.replace('/', ':')) && direct(name, snapshot)
}

/** A live list may have a row for what is a name of the file and a suffix: what the operator wrote counts. */
function isOwnWithSuffix (name: string, meant: Meant, { catalog }: Snapshot): boolean {
  if (meant.kind !== 'model' || !meant.model.isLive) return false
  const own = catalog.names.get(cutSuffix(name)?.base ?? '')
  return own !== undefined && !own.isLive
}

function direct (name: string, snapshot: Snapshot): Meant | undefined {
  const model = directModel(name, snapshot)
  return model && { kind: 'model', model }
}

/** Of a live list's `openai/gpt-5`: OpenAI itself can be asked, which the operator has a credential for. */
function isAtAnother (name: string, { providers, credentials }: Snapshot): boolean {
  const provider = providers.get(name.slice(0, Math.max(0, name.indexOf('/'))))
  const isOther = provider !== undefined && provider.id !== OPENROUTER && !name.endsWith(FREE)
  return isOther && credentials.state(provider.id).kind !== 'none'
}

/**
 * `provider/model_id` that no entry names: served by that provider, under its entry's name and facts where one of the
 * file's backends is the same. Facts nobody told exclude nothing.
 */
function directModel (name: string, { catalog, providers, roster }: Snapshot): Model | undefined {
  const slash = name.indexOf('/')
  const provider = providers.get(name.slice(0, Math.max(0, slash)))
  const rest = name.slice(slash + 1)
  if (!provider || rest === '') return undefined
  // OpenRouter's own routers are called `openrouter/…` by OpenRouter too.
  const modelId = provider.id === OPENROUTER && !rest.includes('/') ? name : rest
  const id = `${provider.id}:${modelId}`
  const own = ownModel(id, roster)
  if (own) return own
  // Free models are rows of their own at OpenRouter. Elsewhere the name would buy what was meant to cost nothing.
  if (provider.id !== OPENROUTER && rest.endsWith(FREE)) return undefined
  const { markup, facts } = catalog.providers.get(provider.id) ?? {}
  return modelOfNobody(name, provider, { id, modelId, price: catalog.prices.get(id), markup, facts })
}

function ownModel (id: string, roster: Roster): Model | undefined {
  const row = roster.rowOf(id)
  return row && { ...row.model, backends: [row.backend] }
}

function modelOfNobody (
  name: string, { id: provider, tasks }: ResolvedProvider, backend: Omit<Backend, 'provider' | 'priority'>
): Model {
  return {
    name,
    displayName: name,
    tier: 'standard',
    tasks: new Set(tasks),
    capabilities: new Set([...NEEDS, 'reasoning' as const]),
    contextWindow: undefined,
    maxOutputTokens: undefined,
    aliases: [],
    backends: [{ ...backend, provider, priority: 0 }]
  }
}

function unknownModel (name: string, catalog: Catalog, param: string): GatewayError {
  return new GatewayError('unknown_model', { model: name, hint: hintFor(name, catalog) }, {
    param, availability: { code: 'model_not_found', retryable: false, requested_models: [name], docs_url: DOCS_URL }
  })
}

function hintFor (name: string, catalog: Catalog): string {
  const near = nearestNames(name, [...catalog.names.keys(), ...AUTO_MODELS], MOST_HINTS)
  return near.length === 0
    ? 'GET /v1/models lists what is served.'
    : `Did you mean ${near.join(' or ')}? GET /v1/models lists what is served.`
}
