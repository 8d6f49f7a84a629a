// Writes the events of one stream and numbers them. https://platform.openai.com/docs/api-reference/responses-streaming

import type { JsonObject } from '../../core/json.ts'

export interface EventWriter {
  /** The event as text. */
  write (type: string, members: JsonObject): string
}

export class NumberedEvents implements EventWriter {
  #next = 0

  write (type: string, members: JsonObject): string {
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.#next++, ...members })}\n\n`
  }
}

/** For a whole answer, which is told without events. */
export const NO_EVENTS: EventWriter = { write: () => '' }
