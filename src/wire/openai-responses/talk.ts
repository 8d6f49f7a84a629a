// A conversation under way from items to messages: what an assistant thought, said and called between two turns of
// others is one message, and each result of a tool one of its own.

import type { JsonObject, JsonValue } from '../../core/json.ts'
import { contentOf, wordsOf } from './parts.ts'

/** Of a result that is no text: many servers take only text from tools, so the rest follows as a user's message. */
const FOLLOWS = '(The result follows in the next message.)'

export interface Call {
  readonly id: string
  readonly name: string
  /** JSON. */
  readonly input: string
}

/** What an assistant thought: in words, or as its provider has to get it back. */
export type Thoughts = { readonly words: string } | { readonly details: readonly JsonObject[] }

interface Turn {
  readonly parts: JsonObject[]
  readonly calls: Call[]
  readonly thoughts: Thoughts[]
}

export class Talk {
  readonly #messages: JsonObject[] = []
  #turn: Turn | undefined
  /** Thoughts that belong to what comes next. */
  #thoughts: Thoughts[] = []
  #attached: JsonObject[] = []

  say (role: string, parts: JsonObject[], name: string | undefined): void {
    this.#endTurn()
    this.#endResults()
    this.#messages.push({ role, content: contentOf(parts), ...name !== undefined && { name } })
  }

  think (thoughts: Thoughts): void {
    this.#thoughts.push(thoughts)
  }

  answer (parts: JsonObject[]): void {
    if (this.#turn && this.#turn.parts.length > 0) this.#endTurn()
    const turn = this.#take()
    for (const part of parts) turn.parts.push(part) // not spread: a message may have more parts than a call arguments
  }

  call (call: Call): void {
    this.#take().calls.push(call)
  }

  result (callId: string, parts: JsonObject[]): void {
    this.#endTurn()
    const texts = parts.filter(({ type }) => type === 'text')
    for (const part of parts) if (part['type'] !== 'text') this.#attached.push(part)
    const content = texts.length === 0 && parts.length > 0 ? FOLLOWS : wordsOf(texts) ?? texts
    this.#messages.push({ role: 'tool', tool_call_id: callId, content })
  }

  end (): readonly JsonObject[] {
    this.#endTurn()
    this.#endResults()
    return this.#messages
  }

  #take (): Turn {
    if (!this.#turn) {
      this.#endResults()
      this.#turn = { parts: [], calls: [], thoughts: [] }
    }
    for (const thoughts of this.#thoughts) this.#turn.thoughts.push(thoughts)
    this.#thoughts = []
    return this.#turn
  }

  #endTurn (): void {
    if (this.#thoughts.length > 0) this.#take() // thought, and then nothing was said
    if (this.#turn) this.#messages.push(messageOf(this.#turn))
    this.#turn = undefined
  }

  #endResults (): void {
    if (this.#attached.length > 0) this.#messages.push({ role: 'user', content: this.#attached })
    this.#attached = []
  }
}

function messageOf ({ parts, calls, thoughts }: Turn): JsonObject {
  const said = parts.filter(({ type }) => type !== 'refusal')
  const refusal = parts.filter(({ type }) => type === 'refusal').map((part) => String(part['refusal'])).join('')
  const words = thoughts.map((told) => 'words' in told ? told.words : '').filter((text) => text !== '').join('\n\n')
  const details = thoughts.flatMap((told) => 'details' in told ? told.details : [])
  const empty = calls.length > 0 || refusal !== '' ? null : ''
  return {
    role: 'assistant',
    content: said.length > 0 ? wordsOf(said) ?? said : empty,
    ...refusal !== '' && { refusal },
    ...words !== '' && { reasoning: words },
    ...details.length > 0 && { reasoning_details: details },
    ...calls.length > 0 && { tool_calls: calls.map(callOf) }
  }
}

function callOf ({ id, name, input }: Call): JsonValue {
  return { id, type: 'function', function: { name, arguments: input } }
}
