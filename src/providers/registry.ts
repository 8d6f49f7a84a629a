// Which providers exist and where they live: built-in ones, changed or joined by modelsconfig.yml and the environment.

import { TASKS, type WireName } from '../core/ask.ts'
import type { DeadlineOverrides } from '../core/deadlines.ts'
import { SettingsError } from '../settings.ts'
import type { Attribution } from './attribution.ts'
import {
  prefixOf, readBaseUrl, readEnvironmentAttribution, readEnvironmentKeys, readEnvironmentUrl, type Environment
} from './environment.ts'
import type { KeyFile } from './key-file.ts'
import type { Provider } from './provider.ts'
import { dropOpenRouterFields } from './quirks/drop-openrouter-fields.ts'
import { effortFromReasoning } from './quirks/effort-from-reasoning.ts'
import { readSecretSource, type SecretSource } from './secret-source.ts'

export interface ResolvedProvider extends Provider {
  /** Over the rows' own priority when set. */
  readonly priority: number | undefined
  /** Present: its priority was set live, over this one of the file. */
  readonly overruled?: { readonly priority: number | undefined }
  /** Base URL in use. Undefined: a local server nobody gave an address for; not available. */
  readonly url: string | undefined
  /** How the credential is found, in words without any secret: `env:OPENAI_API_KEY`, `key file`, `none`. */
  readonly secretSource: string
  /** What modelsconfig.yml says of it; absent: the environment and the key file. */
  readonly credential?: SecretSource
  /** Present: the provider takes attribution, and this is what clients without any get. */
  readonly attribution?: Attribution
}

export interface Providers {
  get (id: string): ResolvedProvider | undefined
  all (): readonly ResolvedProvider[]
}

/** A provider as modelsconfig.yml has it; the catalog's entries are such. */
export interface ProviderRow {
  readonly id: string
  readonly wire: WireName | undefined
  readonly baseUrl: string | undefined
  readonly credential: string | undefined
  readonly priority: number | undefined
  readonly deadlines?: DeadlineOverrides | undefined
}

export interface ProviderParts {
  readonly builtin: readonly Provider[]
  readonly catalogProviders: ReadonlyMap<string, ProviderRow>
  readonly env: Environment
  /** To say where a credential is found. */
  readonly keyFile?: Pick<KeyFile, 'secretsOf'>
}

/** @throws SettingsError naming the variable or the place in modelsconfig.yml. */
export function createProviders (parts: ProviderParts): Providers {
  const { builtin, catalogProviders } = parts
  const known = new Set(builtin.map(({ id }) => id))
  const joined = [...catalogProviders.values()].filter(({ id }) => !known.has(id)).map(providerOf)
  const resolved = [...builtin, ...joined]
    .map((provider) => Object.freeze(resolve(provider, catalogProviders.get(provider.id), parts)))
  const byId = new Map(resolved.map((provider) => [provider.id, provider]))
  return {
    get: (id) => byId.get(id),
    all: () => resolved
  }
}

/** A server only the operator knows: every task, OpenAI's paths, a key only where one is named or set. */
function providerOf (row: ProviderRow): Provider {
  if (row.baseUrl === undefined) throw new SettingsError(`providers/${row.id}/base_url is missing: ${row.id} is not a built-in provider`)
  return {
    id: row.id,
    displayName: row.id,
    wire: row.wire ?? 'openai-chat',
    baseUrl: readBaseUrl(row.baseUrl, `providers/${row.id}/base_url`),
    env: [prefixOf(row.id)],
    needsCredential: false,
    tasks: TASKS,
    reasoningQuirks: [effortFromReasoning], // who says that a model reasons there says that it takes an effort
    requestQuirks: [dropOpenRouterFields]
  }
}

function resolve (provider: Provider, row: ProviderRow | undefined, parts: ProviderParts): ResolvedProvider {
  const credential = credentialOf(row)
  const { attributionEnv } = provider
  return {
    ...provider,
    wire: wireOf(provider, row),
    needsCredential: credential ? credential.kind !== 'none' : provider.needsCredential,
    priority: row?.priority,
    url: urlFor(provider, row, parts.env),
    secretSource: credential?.label ?? describeSource(provider, parts),
    ...(credential && { credential }),
    ...(row?.deadlines && { deadlines: Object.freeze({ ...provider.deadlines, ...row.deadlines }) }),
    ...(attributionEnv && { attribution: readEnvironmentAttribution(attributionEnv, parts.env) })
  }
}

function credentialOf (row: ProviderRow | undefined): SecretSource | undefined {
  if (row?.credential === undefined) return undefined
  return readSecretSource(row.credential, `providers/${row.id}/credential`)
}

/** The broker would send OpenAI's JSON to a server that was said to expect another kind. */
function wireOf (provider: Provider, row: ProviderRow | undefined): WireName {
  const wire = row?.wire ?? provider.wire
  if (wire === 'openai-chat') return wire
  throw new SettingsError(`providers/${provider.id}/wire: ${wire} is not spoken yet; only openai-chat is`)
}

/** The environment wins over the file: it belongs to this start, the file may be shared. */
function urlFor (provider: Provider, row: ProviderRow | undefined, env: Environment): string | undefined {
  const given = readEnvironmentUrl(provider.env, env) ??
    (row?.baseUrl === undefined ? undefined : readBaseUrl(row.baseUrl, `providers/${provider.id}/base_url`))
  if (given !== undefined) return given
  // A local server may not run: nobody is sent to its usual port before somebody said that it is there.
  return provider.needsCredential || provider.env.length === 0 ? provider.baseUrl : undefined
}

function describeSource (provider: Provider, { env, keyFile }: ProviderParts): string {
  const places = readEnvironmentKeys(provider.env, env).variables.map((name) => `env:${name}`)
  if (keyFile && keyFile.secretsOf(provider.id).length > 0) places.push('key file')
  return places.length === 0 ? 'none' : places.join(', ')
}
