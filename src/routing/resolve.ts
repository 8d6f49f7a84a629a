// From the name a client asked for to the models that are meant: one, or with `auto` all.

import { AUTO_MODELS, isAutoModel, type AutoModel } from '../catalog/auto-models.ts'
import type { Catalog, Model } from '../catalog/catalog.ts'
import { nearestNames } from '../catalog/nearest.ts'
import { NEEDS } from '../core/ask.ts'
import { GatewayError } from '../core/errors.ts'
import type { Credentials } from '../providers/credentials.ts'
import type { Providers } from '../providers/registry.ts'
import type { Roster } from './roster.ts'

export type Meant =
  | { readonly kind: 'model', readonly model: Model }
  | { readonly kind: 'auto', readonly name: AutoModel }

export interface Snapshot {
  readonly catalog: Catalog
  readonly providers: Providers
  readonly credentials: Pick<Credentials, 'state'>
  readonly roster: Roster
}

/** OpenRouter's own name for "choose for me". https://openrouter.ai/docs/guides/routing/routers/auto-router */
const OPENROUTER = 'openrouter'
const OPENROUTER_AUTO = 'openrouter/auto'
const MOST_HINTS = 3

/** @throws GatewayError `unknown_model`, with the nearest names. */
export function resolve (name: string, snapshot: Snapshot): Meant {
  const model = snapshot.catalog.names.get(name)
  if (model && !(model.isLive && isAtAnother(name, snapshot))) return { kind: 'model', model }
  if (isAutoModel(name)) return { kind: 'auto', name }
  // Clients of OpenRouter have this as their default; without a credential nobody there could choose.
  if (name === OPENROUTER_AUTO && snapshot.credentials.state(OPENROUTER).kind === 'none') {
    return { kind: 'auto', name: 'auto' }
  }
  const direct = directModel(name, snapshot)
  if (direct) return { kind: 'model', model: direct }
  throw new GatewayError('unknown_model', { model: name, hint: hintFor(name, snapshot.catalog) }, { param: 'model' })
}

/** Of a live list's `openai/gpt-5`: OpenAI itself can be asked, which the operator has a credential for. */
function isAtAnother (name: string, { providers, credentials }: Snapshot): boolean {
  const provider = providers.get(name.slice(0, Math.max(0, name.indexOf('/'))))
  return provider !== undefined && provider.id !== OPENROUTER && credentials.state(provider.id).kind !== 'none'
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
  const owner = roster.ownerOf(id)
  const backend = owner?.backends.find((backend) => backend.id === id)
  if (owner && backend) return { ...owner, backends: [backend] }
  return {
    name,
    displayName: name,
    tier: 'standard',
    tasks: new Set(provider.tasks),
    capabilities: new Set([...NEEDS, 'reasoning' as const]),
    contextWindow: undefined,
    maxOutputTokens: undefined,
    aliases: [],
    backends: [{
      id,
      provider: provider.id,
      modelId,
      priority: 0,
      price: catalog.prices.get(id),
      markup: catalog.providers.get(provider.id)?.markup
    }]
  }
}

function hintFor (name: string, catalog: Catalog): string {
  const near = nearestNames(name, [...catalog.names.keys(), ...AUTO_MODELS], MOST_HINTS)
  return near.length === 0
    ? 'GET /v1/models lists what is served.'
    : `Did you mean ${near.join(' or ')}? GET /v1/models lists what is served.`
}
