// Signs of a client of OpenRouter in the request itself: where it calls, what it says about its app, what it is.

import type { FastifyRequest } from 'fastify'

const PATH = '/api/v1/'
const HEADERS = 'x-openrouter-'
/** How OpenRouter's SDK and its provider for the AI SDK call themselves. */
const AGENTS = /@openrouter\/|ai-sdk\/openrouter/
const ASKS = /^enabled$/i

/** Asked for streams only: such clients expect the usage chunk without asking for it, others crash on one. */
export function isOpenRouterClient ({ raw: { url = '' }, headers }: FastifyRequest): boolean {
  if (url.startsWith(PATH) || AGENTS.test(headers['user-agent'] ?? '')) return true
  if (headers['http-referer'] !== undefined && headers['x-title'] !== undefined) return true
  for (const name in headers) if (name.startsWith(HEADERS)) return true
  return false
}

/** `X-OpenRouter-Metadata: enabled`, or the name it had before. */
export function wantsMetadata ({ headers }: FastifyRequest): boolean {
  const asked = headers['x-openrouter-metadata'] ?? headers['x-openrouter-experimental-metadata']
  return asked !== undefined && ASKS.test(String(asked))
}
