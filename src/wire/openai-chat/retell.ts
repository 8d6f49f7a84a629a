// An answer told a second time, from the cache: with an id of its own, made now, and nothing used for it.

import { asObject, JsonError, membersOf, parseObject, type JsonObject, type JsonValue } from '../../core/json.ts'
import { editMembers, splice } from '../../core/json-edit.ts'
import type { Retelling } from '../format.ts'
import { eventsOf, withJson } from '../sse.ts'

const EVENT_STREAM = 'text/event-stream'

export function retell (bytes: Buffer, contentType: string, as: Retelling): Buffer {
  if (!contentType.startsWith(EVENT_STREAM)) return retold(bytes, as)
  const events = eventsOf(bytes.toString('latin1')).map((event) => withJson(event, (json) => retold(json, as)))
  return Buffer.from(events.join(''), 'latin1')
}

/** One JSON object; anything else as it is. */
function retold (json: Buffer, { id, createdS }: Retelling): Buffer {
  const value = parseObject(json.toString('utf8'))
  if (!value) return json
  const changes = new Map<string, string | undefined>()
  if (typeof value['id'] === 'string') changes.set('id', JSON.stringify(id))
  if (typeof value['created'] === 'number') changes.set('created', String(createdS))
  const usage = asObject(value['usage'])
  if (usage) changes.set('usage', JSON.stringify(withoutCounts(usage)))
  const own = asObject(value['x_aibroker'])
  if (own) changes.set('x_aibroker', JSON.stringify({ ...own, ...NOTHING_USED }))
  changes.set('openrouter_metadata', undefined) // nothing was routed
  try {
    const start = json.indexOf('{')
    return splice(json, editMembers(json, start, changes, membersOf(json, start)))
  } catch (error) {
    if (error instanceof JsonError) return json // nested too deeply to be taken apart
    throw error
  }
}

const NOTHING_USED: JsonObject = {
  cost_usd: '0.000000000', cost_grade: 'free', input_tokens: 0, output_tokens: 0, duration_ms: 0, attempts: 0, is_cached: true
}

function withoutCounts (value: JsonValue | undefined): JsonValue {
  if (typeof value === 'number') return 0
  const told = asObject(value)
  if (!told) return value ?? null
  return Object.fromEntries(Object.entries(told).map(([name, member]) => [name, withoutCounts(member)]))
}
