// A request to rank documents, as Cohere, Jina, Together, vLLM, llama.cpp and OpenRouter take it: a query, documents,
// and how many of them to give back. https://openrouter.ai/docs/api/api-reference/rerank/create-rerank

import type { RerankSize, Task } from '../../core/ask.ts'
import { GatewayError } from '../../core/errors.ts'
import { asObject, type JsonObject, type JsonValue } from '../../core/json.ts'

/**
 * Undefined: another task.
 * @throws GatewayError `invalid_body` where there is nothing to rank, nothing to rank it by, a `top_n` of none, or a
 * stream is wanted, which no reranker has.
 */
export function readRerank (body: JsonObject, task: Task): RerankSize | undefined {
  if (task !== 'rerank') return undefined
  const { query, documents, top_n: topN } = body
  if (body['stream'] === true) throw wrong('stream', 'must be false or left out: documents are ranked at once.')
  if (typeof query !== 'string' || query === '') throw wrong('query', 'must be a text to rank the documents by.')
  if (!Array.isArray(documents) || documents.length === 0) throw wrong('documents', 'must be a list of at least one document.')
  if (!documents.every(isDocument)) throw wrong('documents', 'must hold texts, or objects with "text" or "image".')
  if (!isLeftOut(topN) && !isCount(topN)) throw wrong('top_n', 'must be a whole number, 1 or more.')
  return { documents: documents.length, queryBytes: Buffer.byteLength(query) }
}

/** Documents with more than their text, whose tokens the body does not bound: an image is a URL, or packed. */
export function countOpenDocuments ({ documents }: JsonObject): number {
  return Array.isArray(documents) ? documents.filter(isOpenDocument).length : 0
}

function isDocument (document: JsonValue): boolean {
  const members = asObject(document)
  return typeof document === 'string' || (members !== undefined && Object.keys(members).length > 0)
}

function isOpenDocument (document: JsonValue): boolean {
  return Object.keys(asObject(document) ?? {}).some((name) => name !== 'text')
}

function isLeftOut (value: JsonValue | undefined): value is null | undefined {
  return value === undefined || value === null
}

function isCount (value: JsonValue): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1
}

function wrong (param: string, what: string): GatewayError {
  return new GatewayError('invalid_body', { reason: `"${param}" ${what}` }, { param })
}
