// Details of reasoning as they come in a stream, put together as a whole answer would have them.
// https://openrouter.ai/docs/use-cases/reasoning-tokens

import type { JsonObject } from '../../core/json.ts'
import { isSealed, seal } from './sealed.ts'

/** Members that come in pieces. An encrypted one comes whole. */
const GROWING = ['text', 'summary'] as const

interface Detail {
  readonly members: JsonObject
  readonly texts: { readonly [member in typeof GROWING[number]]: string[] }
}

export class SealedDetails {
  readonly #details: Detail[] = []

  add (told: JsonObject): void {
    const detail = this.#detailOf(told)
    for (const [name, value] of Object.entries(told)) if (value !== null) detail.members[name] = value
    for (const name of GROWING) if (typeof told[name] === 'string') detail.texts[name].push(told[name])
  }

  /** More of the last one, or another. */
  #detailOf ({ type, index, data }: JsonObject): Detail {
    const last = this.#details.at(-1)
    if (last && typeof data !== 'string' && last.members['type'] === type && last.members['index'] === index) return last
    const detail: Detail = { members: {}, texts: { text: [], summary: [] } }
    this.#details.push(detail)
    return detail
  }

  /** Undefined: nothing in it was signed or encrypted, so words are enough, and the client did not ask for more. */
  sealed (isWanted: boolean): string | undefined {
    const isNeeded = isWanted ? this.#details.length > 0 : this.#details.some(({ members }) => isSealed(members))
    return isNeeded ? seal(this.#details.map(wholeOf)) : undefined
  }
}

function wholeOf ({ members, texts }: Detail): JsonObject {
  const whole = { ...members }
  for (const name of GROWING) if (texts[name].length > 0) whole[name] = texts[name].join('')
  return whole
}
