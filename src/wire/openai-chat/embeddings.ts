// Vectors as base64 for clients that asked for it, from providers that answer with numbers: OpenAI's SDK asks for
// base64 by default and would make an empty vector of a list.
// https://platform.openai.com/docs/api-reference/embeddings/create#embeddings-create-encoding_format

import { asObject, itemsOf, membersOf, type JsonObject, type Member } from '../../core/json.ts'
import type { Edit } from '../../core/json-edit.ts'

/** Edits that spell every list of numbers under `data[].embedding` as little-endian float32 in base64. */
export function vectorEdits (bytes: Buffer, list: Member | undefined, value: JsonObject): Edit[] {
  const { data: items } = value
  if (!list || !Array.isArray(items)) return []
  const places = itemsOf(bytes, list.valueStart)
  return items.flatMap((item, at) => {
    const vector = asObject(item)?.['embedding']
    const place = places[at]
    if (!place || !Array.isArray(vector)) return []
    const member = membersOf(bytes, place.start).find(({ name }) => name === 'embedding')
    return member ? [{ start: member.valueStart, end: member.valueEnd, text: `"${base64Of(vector.map(Number))}"` }] : []
  })
}

function base64Of (vector: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4)
  vector.forEach((number, at) => bytes.writeFloatLE(number, at * 4))
  return bytes.toString('base64')
}
