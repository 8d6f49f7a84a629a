// Reads a multipart form as it flows by: short fields are kept, files are only measured, so memory stays bounded.

import type { JsonObject, JsonValue } from '../../core/json.ts'

const LONGEST_FIELD_BYTES = 64 * 1024
const LONGEST_HEAD_BYTES = 16 * 1024
const MOST_PARTS = 256
const HEAD_END = '\r\n\r\n'

/** Fields as text, files as `{filename, content_type, bytes}`, a repeated name as a list. */
export class FormReader {
  readonly #delimiter: Buffer
  readonly #fields = new Map<string, JsonValue[]>()
  /** Starts with a line end: the first delimiter has none of its own. */
  #held: Buffer = Buffer.from('\r\n')
  #part: Part | undefined
  #parts = 0

  /** @param boundary as in the content type. https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1 */
  constructor (boundary: string) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`)
  }

  push (chunk: Buffer): void {
    let bytes = Buffer.concat([this.#held, chunk])
    for (let at = bytes.indexOf(this.#delimiter); at !== -1; at = bytes.indexOf(this.#delimiter)) {
      this.#part?.push(bytes.subarray(0, at))
      this.#keep()
      this.#part = new Part()
      bytes = bytes.subarray(at + this.#delimiter.length)
    }
    const undecided = Math.min(bytes.length, this.#delimiter.length - 1) // may be the start of a delimiter
    this.#part?.push(bytes.subarray(0, bytes.length - undecided))
    this.#held = Buffer.from(bytes.subarray(bytes.length - undecided))
  }

  get fields (): JsonObject {
    const entries = [...this.#fields].map(([name, values]) => [name, values.length === 1 ? values[0] : values] as const)
    return Object.fromEntries(entries)
  }

  /** Takes the part that just ended. What follows the last delimiter never has a head, so it is no part. */
  #keep (): void {
    const name = this.#part?.name
    if (!this.#part || name === undefined || ++this.#parts > MOST_PARTS) return
    this.#fields.set(name, [...this.#fields.get(name) ?? [], this.#part.value])
  }
}

class Part {
  #head: string | undefined
  #isFile = false
  #start: Buffer = Buffer.alloc(0)
  #body: Buffer[] = []
  #bytes = 0

  push (bytes: Buffer): void {
    if (this.#head !== undefined) return this.#pushBody(bytes)
    if (this.#start.length > LONGEST_HEAD_BYTES) return
    this.#start = Buffer.concat([this.#start, bytes])
    const end = this.#start.indexOf(HEAD_END)
    if (end === -1) return
    this.#head = this.#start.toString('utf8', 0, end)
    this.#isFile = /[;\s]filename=/i.test(this.#head)
    this.#pushBody(this.#start.subarray(end + HEAD_END.length))
  }

  get name (): string | undefined {
    return this.#read(/[;\s]name="([^"]*)"/i)
  }

  get value (): JsonValue {
    if (!this.#isFile) return Buffer.concat(this.#body).toString('utf8', 0, LONGEST_FIELD_BYTES)
    return {
      filename: this.#read(/filename="([^"]*)"/i) ?? '',
      content_type: this.#read(/content-type:\s*([^\r\n;]+)/i) ?? 'application/octet-stream',
      bytes: this.#bytes
    }
  }

  #pushBody (bytes: Buffer): void {
    if (!this.#isFile && this.#bytes < LONGEST_FIELD_BYTES) this.#body.push(Buffer.from(bytes))
    this.#bytes += bytes.length
  }

  #read (pattern: RegExp): string | undefined {
    return pattern.exec(this.#head ?? '')?.[1]
  }
}
