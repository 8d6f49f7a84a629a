// The answer to a rerank, as OpenRouter's clients read it: best first, at most `top_n`, each result with its document.
//
// Servers differ: some give the results in the order of the documents, some know no `top_n`, and most leave the
// documents out. `index` always points into the request. What is whole is not touched, and of a result that moves or
// gets its document every other byte stays as the provider spelt it.

import { asObject, itemsOf, membersOf, type JsonObject, type JsonValue, type Member } from '../../core/json.ts'
import { editMembers, splice, type Edit } from '../../core/json-edit.ts'
import type { Identity } from '../format.ts'

interface Result {
  readonly value: JsonObject
  readonly score: number
  /** As the provider spelt it. */
  readonly bytes: Buffer
}

/** Edits of the member `results`; none where it cannot be understood. `asked` is the body of the request. */
export function rankingEdits (bytes: Buffer, list: Member | undefined, asked: JsonObject): Edit[] {
  const results = list && readResults(bytes, list)
  if (!results) return []
  const { top_n: most, documents, return_documents: wantsDocuments } = asked
  const best = results.toSorted((one, other) => other.score - one.score)
  const kept = typeof most === 'number' ? best.slice(0, most) : best
  const shown = new Set<JsonValue | undefined>()
  const told = kept.map((result) => {
    const { value: { index }, bytes } = result
    if (wantsDocuments === false || shown.has(index)) return bytes // a long one, again and again, would fill the memory
    shown.add(index)
    return withDocument(result, documents)
  })
  if (told.length === results.length && told.every((each, at) => each === results[at]?.bytes)) return []
  return [{ start: list.valueStart, end: list.valueEnd, text: `[${told.map(String).join(',')}]` }]
}

/** Names that OpenRouter's clients look for, where the provider left them out. */
export function addRankingNames (
  changes: Map<string, string | undefined>, { id, model }: JsonObject, identity: Identity | undefined
): void {
  if (!identity) return
  if (typeof id !== 'string') changes.set('id', JSON.stringify(identity.id))
  if (typeof model !== 'string') changes.set('model', JSON.stringify(identity.model))
}

/** Undefined: one of them has no score. */
function readResults (bytes: Buffer, list: Member): Result[] | undefined {
  const results: Result[] = []
  for (const { start, end } of itemsOf(bytes, list.valueStart)) {
    const item = bytes.subarray(start, end)
    const value = asObject(JSON.parse(item.toString('utf8')) as JsonValue)
    const score = value?.['relevance_score']
    if (!value || typeof score !== 'number') return undefined
    results.push({ value, score, bytes: item })
  }
  return results
}

/** The same bytes where its document is there, or where nobody knows which one it is. */
function withDocument ({ value, bytes }: Result, documents: JsonValue | undefined): Buffer {
  const { document, index } = value
  if (asObject(document) || typeof index !== 'number' || !Array.isArray(documents)) return bytes
  const shown = typeof document === 'string' ? document : documents[index]
  if (shown === undefined) return bytes
  const text = JSON.stringify(typeof shown === 'string' ? { text: shown } : shown)
  return splice(bytes, editMembers(bytes, 0, new Map([['document', text]]), membersOf(bytes, 0)))
}
