// A small world for routing: models, providers and credentials in a few words; a test names only what it is about.

import type { Backend, Catalog, Model, Price } from '../../src/catalog/catalog.ts'
import type { Envelope, Principal, Task } from '../../src/core/ask.ts'
import { readRate } from '../../src/core/money.ts'
import type { UsageKind } from '../../src/core/usage.ts'
import type { PoolState } from '../../src/providers/credentials.ts'
import type { Providers, ResolvedProvider } from '../../src/providers/registry.ts'
import type { Plan, PlanRequest } from '../../src/routing/plan.ts'
import { createPerformance } from '../../src/routing/performance.ts'
import { createRouter, type Router, type RouterParts } from '../../src/routing/router.ts'

const PER: { readonly [kind in UsageKind]?: bigint } = {
  images: 1n, pages: 1n, search_units: 1n, searches: 1n, tool_calls: 1n, requests: 1n, audio_ms: 60_000n
}

/** USD by kind, for a million tokens or characters, a minute, and one of all else. */
export function price (rates: { readonly [kind in UsageKind]?: string }): Price {
  const exact = Object.entries(rates).map(([kind, usd]) => [kind, readRate(usd, PER[kind as UsageKind] ?? 1_000_000n)])
  return { version: JSON.stringify(rates), rates: Object.fromEntries(exact) }
}

/** `openai:gpt-4o`; with no price named its price is not known. */
export function backend (id: string, changes: Partial<Backend> = {}): Backend {
  const colon = id.indexOf(':')
  return { id, provider: id.slice(0, colon), modelId: id.slice(colon + 1), priority: 1, price: undefined, ...changes }
}

export function model (name: string, backends: readonly Backend[], changes: Partial<Model> = {}): Model {
  return {
    name,
    displayName: name,
    tier: 'standard',
    tasks: new Set<Task>(['chat', 'completion']),
    capabilities: new Set(),
    contextWindow: undefined,
    maxOutputTokens: undefined,
    aliases: [],
    backends,
    ...changes
  }
}

export function catalogOf (...models: readonly Model[]): Catalog {
  const backends = models.flatMap(({ backends }) => backends)
  return {
    version: 'c0ffee0000000000',
    createdAtS: 1_700_000_000,
    models: new Map(models.map((model) => [model.name, model])),
    names: new Map(models.flatMap((model) => [model.name, ...model.aliases].map((name) => [name, model] as const))),
    providers: new Map(),
    prices: new Map(backends.flatMap(({ id, price }) => price ? [[id, price] as const] : []))
  }
}

export function provider (id: string, changes: Partial<ResolvedProvider> = {}): ResolvedProvider {
  return {
    id,
    displayName: id,
    wire: 'openai-chat',
    baseUrl: `https://${id}.example/v1`,
    env: [id.toUpperCase()],
    needsCredential: true,
    tasks: ['chat', 'completion', 'embedding'],
    priority: undefined,
    url: `https://${id}.example/v1`,
    secretSource: 'none',
    ...changes
  }
}

export function providersOf (...list: readonly ResolvedProvider[]): Providers {
  return { get: (id) => list.find((provider) => provider.id === id), all: () => list }
}

export interface World extends Partial<Omit<RouterParts, 'catalog' | 'providers' | 'credentials'>> {
  readonly catalog: Catalog | (() => Catalog)
  /** Over the default four: openai, groq, openrouter, ollama. */
  readonly providers?: readonly ResolvedProvider[]
  /** Pools that are not ready. */
  readonly pools?: Readonly<Record<string, PoolState>>
  /** Milliseconds until a backend is back. */
  readonly cooling?: Readonly<Record<string, number>>
}

const STILL = { monotonicMs: () => 0, nowMs: () => 0 }
const DEADLINES = { connectMs: 0, firstByteMs: 0, firstEventMs: 0, betweenMs: 0, totalMs: 900_000 }
const PROVIDERS = [provider('openai'), provider('groq'), provider('openrouter'), provider('ollama', { isFree: true })]

export function routerOf ({ catalog, providers = [], pools = {}, cooling = {}, ...rest }: World): Router {
  const replaced = new Set(providers.map(({ id }) => id))
  const known = providersOf(...PROVIDERS.filter(({ id }) => !replaced.has(id)), ...providers)
  return createRouter({
    catalog: typeof catalog === 'function' ? catalog : () => catalog,
    providers: () => known,
    credentials: { state: (id) => pools[id] ?? { kind: 'ready' } },
    health: { restOf: (id) => restOf(cooling[id]), hasJustFailed: () => false },
    performance: createPerformance(STILL),
    clock: STILL,
    deadlines: DEADLINES,
    random: () => 0,
    mostModels: 20,
    sessionMs: 600_000,
    strategy: 'cheapest',
    unknownPrice: 'allow_unmetered',
    ...rest
  })
}

function restOf (waitMs: number | undefined) {
  return waitMs === undefined ? undefined : { waitMs, failures: 3, reason: 'answered 503' }
}

export function envelope (changes: Partial<Envelope> = {}): Envelope {
  return {
    model: 'm',
    isStream: false,
    needs: [],
    bodyBytes: 1_000,
    maxOutputTokens: undefined,
    choices: 1,
    wantsUsage: false,
    characters: undefined,
    ...changes
  }
}

export function principal (changes: Partial<Principal> = {}): Principal {
  return {
    kind: 'address',
    keyId: undefined,
    keyName: undefined,
    ip: '127.0.0.1',
    rpm: undefined,
    maxInFlight: undefined,
    models: undefined,
    providers: undefined,
    budget: undefined,
    ...changes
  }
}

export function request (model: string, changes: Partial<Envelope> = {}, rest: Partial<PlanRequest> = {}): PlanRequest {
  return { task: 'chat', envelope: envelope({ model, ...changes }), principal: principal(), ...rest }
}

export function candidatesOf (plan: Plan): string[] {
  return plan.candidates.map(({ backend }) => backend.id)
}

/** `id code detail` */
export function excludedOf (plan: Plan): string[] {
  return plan.excluded.map(({ backend, code, detail }) => `${backend.id} ${code} ${detail ?? ''}`.trim())
}
