// A user's turn as messages of a chat: the results of tools first, one message each, then everything else as one.

import type { JsonObject, JsonValue } from '../../core/json.ts'
import type { Losses } from './losses.ts'
import { documentParts, imagePart, searchResultPart, textPart } from './sources.ts'
import { isTold, readList, readObject, readOne, readText, refuse } from './values.ts'

const KINDS = ['text', 'image', 'document', 'search_result', 'tool_result', 'tool_reference', 'container_upload'] as const
const IN_RESULTS = ['text', 'image', 'document', 'search_result', 'tool_reference'] as const
/** Of an id that is repeated for each attachment: clients choose it, and may choose megabytes. */
const LONGEST_NAMED_ID = 64
const SAYS_SO = /^\s*(<tool_use_error>|error\b)/i

/** @throws GatewayError `invalid_body` */
export function userMessages (content: JsonValue | undefined, path: string, losses: Losses): JsonObject[] {
  if (typeof content === 'string') return [{ role: 'user', content }]
  const results: JsonObject[] = []
  const shown: JsonObject[] = []
  const own: JsonObject[] = []
  readList(content, path).forEach((item, at) => {
    const block = readObject(item, `${path}.${at}`)
    const kind = readOne(block['type'], `${path}.${at}.type`, KINDS)
    if (kind === 'tool_result') results.push(resultMessage(block, `${path}.${at}`, { shown, losses }))
    else own.push(...partsOf(block, kind, { path: `${path}.${at}`, losses }))
  })
  const parts = [...shown, ...own]
  return parts.length === 0 && results.length > 0 ? results : [...results, { role: 'user', content: contentOf(parts) }]
}

interface Place {
  readonly path: string
  readonly losses: Losses
}

function partsOf (block: JsonObject, kind: Exclude<typeof KINDS[number], 'tool_result'>, { path, losses }: Place): JsonObject[] {
  switch (kind) {
    case 'text': return [textPart(readText(block['text'], `${path}.text`), block)]
    case 'image': return [imagePart(block, path)]
    case 'document': return documentParts(block, path, losses)
    case 'search_result': return [searchResultPart(block, path)]
    case 'tool_reference': return [textPart(readText(block['tool_name'], `${path}.tool_name`))]
    case 'container_upload': return refuse(`${path}.type`, 'there are no containers here')
  }
}

interface Aside {
  /** Parts that a result cannot hold: shown by the user's own message behind it. */
  readonly shown: JsonObject[]
  readonly losses: Losses
}

/**
 * Results of tools are words everywhere; few providers take pictures in them, so those stand behind, with a pointer.
 * https://platform.openai.com/docs/api-reference/chat/create
 */
function resultMessage (block: JsonObject, path: string, { shown, losses }: Aside): JsonObject {
  const id = readText(block['tool_use_id'], `${path}.tool_use_id`)
  const words = resultParts(block['content'], path, losses).map((part) => {
    if (part['type'] === 'text') return part
    shown.push(textPart(`Attachment ${shown.length / 2 + 1}, of the result of ${id.slice(0, LONGEST_NAMED_ID)}:`), part)
    return textPart(`[see attachment ${shown.length / 2} in the next message]`)
  })
  if (block['is_error'] === true) markError(words)
  const { cache_control: cacheControl } = block
  const last = words[words.length - 1]
  if (isTold(cacheControl) && last) last['cache_control'] ??= cacheControl
  return { role: 'tool', tool_call_id: id, content: contentOf(words) }
}

function resultParts (content: JsonValue | undefined, path: string, losses: Losses): JsonObject[] {
  if (!isTold(content)) return []
  if (typeof content === 'string') return [textPart(content)]
  return readList(content, `${path}.content`).flatMap((item, at) => {
    const place = { path: `${path}.content.${at}`, losses }
    const block = readObject(item, place.path)
    return partsOf(block, readOne(block['type'], `${place.path}.type`, IN_RESULTS), place)
  })
}

function markError (words: JsonObject[]): void {
  const [first] = words
  if (!first) words.push(textPart('Error'))
  else if (!SAYS_SO.test(String(first['text']))) first['text'] = `Error: ${String(first['text'])}`
}

/** Plain words as a string, which every server takes; anything else as parts. */
export function contentOf (parts: readonly JsonObject[]): JsonValue {
  const [first] = parts
  if (!first) return ''
  const isPlain = parts.length === 1 && first['type'] === 'text' && first['cache_control'] === undefined
  return isPlain ? first['text'] as string : [...parts]
}
