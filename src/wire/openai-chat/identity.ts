// Who an answer is from: strict clients throw where `id`, `object`, `created` or `model` is missing.

import type { Task } from '../../core/ask.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Identity } from '../format.ts'

/** `object` of a plain answer and of a chunk. https://platform.openai.com/docs/api-reference/chat/object */
const KINDS: { readonly [task in Task]?: { readonly answer: string, readonly chunk: string } } = {
  chat: { answer: 'chat.completion', chunk: 'chat.completion.chunk' },
  completion: { answer: 'text_completion', chunk: 'text_completion' }
}

/** Whether `addIdentity` would change anything. */
export function lacksIdentity ({ id, object, created, model }: JsonObject, { task, identity }: IdentityOf): boolean {
  if (typeof created === 'number' && !Number.isInteger(created)) return true
  if (!identity || !KINDS[task]) return false
  return typeof id !== 'string' || typeof object !== 'string' || typeof created !== 'number' || typeof model !== 'string'
}

/** Puts what `value` lacks, as JSON text, into `changes`. A `created` between two seconds is the one before. */
export function addIdentity (
  changes: Map<string, string | undefined>, value: JsonObject, { task, part, identity }: IdentityOf
): void {
  const { created } = value
  if (typeof created === 'number' && !Number.isInteger(created)) changes.set('created', String(Math.floor(created)))
  const kind = KINDS[task]
  if (!kind || !identity) return
  if (typeof value['id'] !== 'string') changes.set('id', JSON.stringify(identity.id))
  if (typeof value['object'] !== 'string') changes.set('object', JSON.stringify(kind[part]))
  if (typeof created !== 'number') changes.set('created', String(identity.createdS))
  if (typeof value['model'] !== 'string') changes.set('model', JSON.stringify(identity.model))
}

export interface IdentityOf {
  readonly task: Task
  readonly part: 'answer' | 'chunk'
  readonly identity: Identity | undefined
}
