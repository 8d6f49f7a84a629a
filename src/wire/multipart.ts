// Finds the fields of a multipart body while it streams by: where `model` is, whatever comes before it.
// https://www.rfc-editor.org/rfc/rfc7578
//
// Nothing is decoded or re-encoded: the parts go upstream byte for byte, only the model's value is replaced.

/** A small form field: its text and the byte range of its value in the whole body. */
export interface FormField {
  readonly value: string
  readonly start: number
  readonly end: number
}

export class MultipartError extends Error {}

const LONGEST_HEADERS_BYTES = 16 * 1024
/** Values longer than this are files as far as we care. */
const LONGEST_FIELD_BYTES = 64 * 1024
const MOST_PARTS = 1_000
const HEADERS_END = Buffer.from('\r\n\r\n')

/** The boundary of a content type; undefined: it names none, or one RFC 2046 does not allow. */
export function boundaryOf (contentType: string): string | undefined {
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType)
  return match?.[1] ?? match?.[2]
}

/** Feed it every chunk in order, then `end`. Memory is bounded by one part's headers and one small field. */
export class MultipartScanner {
  readonly fields = new Map<string, FormField>()
  readonly #delimiter: Buffer
  #window: Buffer
  /** Offset of the window's first byte in the body. */
  #offset: number
  #part: { name: string, start: number, kept: Buffer[], keptBytes: number } | undefined
  #parts = 0
  #isEnded = false

  constructor (boundary: string) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`)
    // The first delimiter may stand at the very start, without its line break: give it one.
    this.#window = Buffer.from('\r\n')
    this.#offset = -2
  }

  push (chunk: Buffer): void {
    if (this.#isEnded) return // an epilogue is allowed and means nothing
    this.#window = this.#window.length === 0 ? chunk : Buffer.concat([this.#window, chunk])
    while (this.#step());
  }

  /** @throws MultipartError when the closing boundary never came. */
  end (): void {
    if (!this.#isEnded) throw new MultipartError('the multipart body ends before its closing boundary')
  }

  /** Moves on by one delimiter; false: more bytes are needed. */
  #step (): boolean {
    const at = this.#window.indexOf(this.#delimiter)
    if (at === -1) {
      // The last bytes may be the beginning of a delimiter; everything before them is content.
      this.#consume(Math.max(0, this.#window.length - this.#delimiter.length))
      return false
    }
    const after = at + this.#delimiter.length
    if (this.#window.length < after + 2) return false
    if (this.#window.toString('latin1', after, after + 2) === '--') {
      this.#closePart(at)
      this.#isEnded = true
      return false
    }
    const headersEnd = this.#window.indexOf(HEADERS_END, after)
    if (headersEnd === -1) {
      if (this.#window.length - after > LONGEST_HEADERS_BYTES) throw new MultipartError('a part has too long headers')
      return false
    }
    const headers = this.#window.toString('utf8', after, headersEnd)
    this.#closePart(at) // the window now begins at the delimiter
    this.#openPart(headers, headersEnd + HEADERS_END.length - at)
    return true
  }

  #openPart (headers: string, bodyStart: number): void {
    if (++this.#parts > MOST_PARTS) throw new MultipartError(`the multipart body has more than ${MOST_PARTS} parts`)
    const disposition = /content-disposition:[^\r\n]*/i.exec(headers)?.[0] ?? ''
    const isFile = /;\s*filename\*?=/i.test(disposition)
    const name = isFile ? '' : /;\s*name="([^"]*)"/i.exec(disposition)?.[1] ?? ''
    this.#drop(bodyStart)
    this.#part = { name, start: this.#offset, kept: [], keptBytes: 0 }
  }

  #closePart (at: number): void {
    this.#consume(at)
    const part = this.#part
    this.#part = undefined
    if (!part || part.name === '' || part.keptBytes > LONGEST_FIELD_BYTES) return
    if (part.name === 'model' && this.fields.has('model')) throw new MultipartError('"model" is there twice')
    const value = Buffer.concat(part.kept).toString('utf8')
    this.fields.set(part.name, { value, start: part.start, end: part.start + part.keptBytes })
  }

  /** Takes `count` bytes of the window as content of the open part. */
  #consume (count: number): void {
    const part = this.#part
    if (part && part.name !== '') {
      part.keptBytes += count
      if (part.keptBytes <= LONGEST_FIELD_BYTES) part.kept.push(Buffer.from(this.#window.subarray(0, count)))
    }
    this.#drop(count)
  }

  #drop (count: number): void {
    this.#window = this.#window.subarray(count)
    this.#offset += count
  }
}
