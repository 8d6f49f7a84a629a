// Where a call goes and what stands on its envelope. Headers are built from this list only: nothing that a client sent
// reaches a provider, except the attribution that OpenRouter asks for.

import type { Task } from '../core/ask.ts'
import { cleanAttribution, type Attribution } from './attribution.ts'
import type { Credential } from './credentials.ts'
import type { ResolvedProvider } from './registry.ts'
import { userAgent } from './user-agent.ts'

/** OpenAI's paths. https://platform.openai.com/docs/api-reference */
const PATHS: { readonly [task in Task]: string } = {
  chat: '/chat/completions',
  completion: '/completions',
  embedding: '/embeddings',
  speech: '/audio/speech',
  transcription: '/audio/transcriptions',
  moderation: '/moderations',
  image: '/images/generations',
  rerank: '/rerank'
}

/** What is the same for every call of a provider; forgotten with the provider when the catalog is reloaded. */
interface Fixed {
  readonly urls: { readonly [task in Task]?: URL }
  /** Flat name, value list. No secret is kept in it. */
  readonly headers: readonly string[]
}

const fixedOf = new WeakMap<ResolvedProvider, Fixed>()

/** Shared by all calls: do not change it. Undefined: the provider has no address, or no endpoint for the task. */
export function urlOf (provider: ResolvedProvider, task: Task): URL | undefined {
  return (fixedOf.get(provider) ?? prepare(provider)).urls[task]
}

/**
 * Headers of one call as a flat name, value list, the caller's to add to. `attribution` is what the client sent, and
 * goes only to providers that take it; without it they get the operator's. Identity encoding, because a compressed
 * stream could be neither observed nor spliced.
 */
export function headersOf (
  provider: ResolvedProvider, credential: Credential, contentType: string, attribution: Attribution
): string[] {
  const headers = (fixedOf.get(provider) ?? prepare(provider)).headers.slice()
  headers.push('content-type', contentType)
  if (credential.secret) headers.push('authorization', `Bearer ${credential.secret.reveal()}`)
  if (!provider.attribution) return headers
  const referer = cleanAttribution(attribution.referer) ?? provider.attribution.referer
  const title = cleanAttribution(attribution.title) ?? provider.attribution.title
  if (referer !== undefined) headers.push('http-referer', referer)
  // The second name is the present one, the first what everything else of OpenRouter's kind reads.
  if (title !== undefined) headers.push('x-title', title, 'x-openrouter-title', title)
  return headers
}

function prepare (provider: ResolvedProvider): Fixed {
  const fixed: Fixed = {
    urls: urlsOf(provider),
    headers: ['accept', '*/*', 'accept-encoding', 'identity', 'user-agent', userAgent, ...provider.headers ?? []]
  }
  fixedOf.set(provider, fixed)
  return fixed
}

function urlsOf ({ url, tasks, paths }: ResolvedProvider): Fixed['urls'] {
  if (url === undefined) return {}
  return Object.fromEntries(tasks.map((task) => {
    const path = paths?.[task] ?? PATHS[task]
    return [task, new URL(path.startsWith('/') ? url + path : `${url}/${path}`)]
  }))
}
