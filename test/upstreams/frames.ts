// Events of an OpenAI stream as text.

import type { JsonObject } from '../../src/core/json.ts'

export const DONE_FRAME = 'data: [DONE]\n\n'

export function frameOf (value: JsonObject): string {
  return `data: ${JSON.stringify(value)}\n\n`
}
