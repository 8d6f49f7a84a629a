// Events that cannot be read: noise between whole events is left out, a damaged event ends the stream.
//
// DESIGN. Servers and the proxies before them mix words into streams: `ping`, a page of HTML, a log line. To drop them
// is safe because nothing of the answer stood there. A damaged event may have held a part of it, and an answer with a
// hole must not look whole (P6). Which is which shows in the bytes: JSON of the wire begins with a brace, and names of
// its members betray the rest of an event that lost its beginning.

import { parseObject, type JsonObject } from '../core/json.ts'
import { StreamBroken } from './format.ts'
import { withoutNotNumbers } from './not-number.ts'

/** So much noise is not a stream with flaws but something else. */
const MOST_NOISE = 100
const MEMBER_MARKS = ['"choices"', '"delta"']

export class Noise {
  /** Noise passes as it came; the same rules decide when it is too much. */
  readonly #isKept: boolean
  #count = 0

  constructor ({ isExact }: { readonly isExact: boolean }) {
    this.#isKept = isExact
  }

  /** Events that were left out. */
  get dropped (): number {
    return this.#isKept ? 0 : this.#count
  }

  /**
   * The event's JSON; undefined: noise.
   * @throws StreamBroken when the event is damaged, or the noise is too much.
   */
  read (json: string): JsonObject | undefined {
    const parsed = parseObject(json) ?? parseObject(withoutNotNumbers(json))
    if (!parsed) this.add(json)
    return parsed
  }

  /** @throws StreamBroken as `read`. */
  add (text: string): void {
    const isDamaged = text.trimStart().startsWith('{') || MEMBER_MARKS.some((mark) => text.includes(mark))
    if (isDamaged) throw new StreamBroken('an event is damaged')
    if (text.trim() === '') return // an empty `data:` is a keep-alive of some servers, for as long as they like
    this.#count++
    if (this.#count > MOST_NOISE) throw new StreamBroken(`more than ${MOST_NOISE} events are not JSON`)
  }
}
