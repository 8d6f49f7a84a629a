// The last chunk of a stream: no choices, the usage, and what the broker adds.
//
// It is made of the provider's own event that told the usage, or of the one that ended the answer, so that its id, its
// time and whatever else a provider says in every chunk are there.

import { asObject, JsonError, membersOf, parseObject, type JsonObject } from '../../core/json.ts'
import { editMembers, splice } from '../../core/json-edit.ts'
import type { Additions } from '../format.ts'
import { cutNulls } from '../null-members.ts'
import { dataOf, withJson } from '../sse.ts'
import { addIdentity, type IdentityOf } from './identity.ts'
import { choicesOf } from './output.ts'
import { isReadable, usageEdits } from './usage-edits.ts'

const NO_ADDITIONS: Additions = { provider: undefined, cost: undefined, xAibroker: undefined }

/** Keeps the event that the usage event will be made of. */
export class UsageEvent {
  /** Latin1. */
  #event: string | undefined
  /** Set when the usage stands elsewhere than in `usage`. */
  #told: JsonObject | undefined
  #isTold = false
  readonly #identity: IdentityOf

  constructor (identity: IdentityOf) {
    this.#identity = identity
  }

  /** The last one counts: some providers repeat a growing total. */
  keep (event: string, chunk: JsonObject, usage: JsonObject): void {
    this.#event = event
    this.#told = asObject(chunk['usage']) ? undefined : usage
    this.#isTold = true
  }

  /** An event that ends a choice: the next best. */
  keepEnd (event: string): void {
    if (!this.#isTold) this.#event = event
  }

  /** Undefined: there is nothing to tell, or no way to say it. */
  write (additions: Additions = NO_ADDITIONS): Buffer | undefined {
    const event = this.#event
    const chunk = event === undefined ? undefined : parseObject(dataOf(event) ?? '')
    if (event === undefined || !chunk) return undefined
    const own = asObject(chunk['usage'])
    const usage = this.#usageOf(own, additions)
    if (usage === undefined && additions.metadata === undefined) return undefined
    const whole = edited(event, (json) => changed(json, chunk, { usage, additions, identity: this.#identity }))
    // Data that spans lines is not taken apart; choices must not go out twice.
    return whole === event && choicesOf(chunk).length > 0 ? undefined : Buffer.from(cutNulls(whole), 'latin1')
  }

  /** Undefined: none that clients could read. */
  #usageOf (own: JsonObject | undefined, additions: Additions): Usage | undefined {
    if (own && isReadable(own)) return { value: own, text: undefined }
    const text = this.#told && isReadable(this.#told) ? JSON.stringify(this.#told) : additions.usage
    return text === undefined ? undefined : { value: parseObject(text) ?? {}, text }
  }
}

interface Usage {
  readonly value: JsonObject
  /** To be put in; undefined: it stands there already. */
  readonly text: string | undefined
}

interface Wanted {
  readonly usage: Usage | undefined
  readonly additions: Additions
  readonly identity: IdentityOf
}

function changed (json: Buffer, chunk: JsonObject, { usage, additions, identity }: Wanted): Buffer {
  const changes = new Map<string, string | undefined>()
  addIdentity(changes, chunk, identity)
  const { choices } = chunk
  if (!Array.isArray(choices) || choices.length > 0) changes.set('choices', '[]')
  if (usage === undefined || usage.text !== undefined) changes.set('usage', usage?.text)
  if (!('provider' in chunk)) changes.set('provider', additions.provider)
  changes.set('x_aibroker', additions.xAibroker)
  if (additions.metadata !== undefined) changes.set('openrouter_metadata', additions.metadata)
  const whole = splice(json, editMembers(json, 0, changes))
  const member = usage && membersOf(whole, 0).find(({ name }) => name === 'usage')
  return splice(whole, usageEdits(whole, member, usage?.value, additions.cost))
}

/** An event nested too deeply to be taken apart stays as it came. */
function edited (event: string, edit: (json: Buffer) => Buffer): string {
  try {
    return withJson(event, edit)
  } catch (error) {
    if (error instanceof JsonError) return event
    throw error
  }
}
