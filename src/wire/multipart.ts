// Finds the fields of a multipart body while it streams by: where `model` is, whatever comes before it.
// https://www.rfc-editor.org/rfc/rfc7578
//
// DESIGN. Nothing is decoded or re-encoded: the parts go upstream byte for byte, only the model's value is replaced.
// A key may be limited to some models, so the provider's parser must find the same `model` as this one. Parsers differ
// in what they forgive; therefore nothing they differ in gets through: every part has one readable disposition, a
// boundary stands on a line of its own, no part follows the closing one, and there is one part named model.

import { MultipartError, readDisposition, readParameters } from './part-headers.ts'

export { MultipartError } from './part-headers.ts'

/** A small form field: its text and the byte range of its value in the whole body. */
export interface FormField {
  readonly value: string
  readonly start: number
  readonly end: number
}

const LONGEST_HEADERS_BYTES = 16 * 1024
/** Values longer than this are files as far as we care. */
const LONGEST_FIELD_BYTES = 64 * 1024
const MOST_PARTS = 1_000
const CR = 0x0d
const CRLF = Buffer.from('\r\n')
const NOTHING = Buffer.alloc(0)
const HEADERS_END = Buffer.from('\r\n\r\n')

/** The boundary of a content type; undefined: it names none, or several, or one RFC 2046 does not allow. */
export function boundaryOf (contentType: string): string | undefined {
  const boundary = readParameters(contentType)?.parameters.get('boundary')
  return boundary !== undefined && /^[^"\\]{0,69}[^"\\\s]$/.test(boundary) ? boundary : undefined
}

/** Feed it every chunk in order, then `end`. Memory is bounded by one part's headers and one small field. */
export class MultipartScanner {
  readonly fields = new Map<string, FormField>()
  readonly #dashBoundary: Buffer
  /** A line break and the boundary. The break must be CRLF, but some parsers also take a bare LF. */
  readonly #delimiter: Buffer
  #window: Buffer
  /** Offset of the window's first byte in the body. */
  #offset: number
  #part: { name: string, start: number, kept: Buffer[], keptBytes: number, bytes: number } | undefined
  #parts = 0
  #hasModel = false
  /** Content of the longest part so far. */
  longestPartBytes = 0
  #isEnded = false

  constructor (boundary: string) {
    this.#dashBoundary = Buffer.from(`--${boundary}`)
    this.#delimiter = Buffer.from(`\n--${boundary}`)
    // The first delimiter may stand at the very start, without its line break: give it one.
    this.#window = Buffer.from('\r\n')
    this.#offset = -2
  }

  /** @throws MultipartError when it is no form, or one that parsers read differently. */
  push (chunk: Buffer): void {
    if (this.#isEnded) return this.#readEpilogue(chunk)
    this.#window = this.#window.length === 0 ? chunk : Buffer.concat([this.#window, chunk])
    while (this.#step());
  }

  /** @throws MultipartError when the closing boundary never came. */
  end (): void {
    if (!this.#isEnded) throw new MultipartError('the multipart body ends before its closing boundary')
  }

  /** Moves on by one delimiter; false: more bytes are needed. */
  #step (): boolean {
    const lineEnd = this.#window.indexOf(this.#delimiter)
    const at = lineEnd - 1
    if (lineEnd === -1) {
      // The last bytes may be the beginning of a delimiter; everything before them is content.
      this.#consume(Math.max(0, this.#window.length - this.#delimiter.length))
      return false
    }
    if (this.#window[at] !== CR) throw new MultipartError('a boundary stands behind a line break that is not CRLF')
    const after = lineEnd + this.#delimiter.length
    if (this.#window.length < after + 2) return false
    if (this.#window.toString('latin1', after, after + 2) === '--') {
      this.#closePart(at)
      this.#drop(after + 2 - at)
      this.#isEnded = true
      this.#readEpilogue(NOTHING)
      return false
    }
    return this.#readHeaders(at, after)
  }

  #readHeaders (at: number, after: number): boolean {
    const headersEnd = this.#window.indexOf(HEADERS_END, after)
    if (headersEnd === -1) {
      if (this.#window.length - after > LONGEST_HEADERS_BYTES) throw new MultipartError('a part has too long headers')
      return false
    }
    const bodyStart = headersEnd + HEADERS_END.length
    const peekEnd = bodyStart + this.#dashBoundary.length
    if (this.#window.length < peekEnd) return false // a delimiter is still to come, so more bytes are
    if (this.#window.subarray(bodyStart, peekEnd).equals(this.#dashBoundary)) {
      throw new MultipartError('a part has no line break before its closing boundary')
    }
    const headers = this.#window.toString('utf8', after, headersEnd)
    this.#closePart(at) // the window now begins at the delimiter
    this.#openPart(headers, bodyStart - at)
    return true
  }

  #openPart (headers: string, bodyStart: number): void {
    if (++this.#parts > MOST_PARTS) throw new MultipartError(`the multipart body has more than ${MOST_PARTS} parts`)
    const { name, isFile } = readDisposition(headers)
    if (isModel(name)) {
      if (this.#hasModel) throw new MultipartError('"model" is there twice')
      this.#hasModel = true
    }
    this.#drop(bodyStart)
    this.#part = { name: isFile ? '' : name, start: this.#offset, kept: [], keptBytes: 0, bytes: 0 }
  }

  #closePart (at: number): void {
    this.#consume(at)
    const part = this.#part
    this.#part = undefined
    if (!part || part.name === '' || part.keptBytes > LONGEST_FIELD_BYTES) return
    const value = Buffer.concat(part.kept).toString('utf8')
    this.fields.set(part.name, { value, start: part.start, end: part.start + part.keptBytes })
  }

  /** What follows means nothing, but it must not be a further part to a parser that still looks for some. */
  #readEpilogue (chunk: Buffer): void {
    const bytes = Buffer.concat([this.#window, chunk])
    const isOnItsLine = bytes.subarray(0, 2).equals(CRLF.subarray(0, bytes.length))
    if (!isOnItsLine || bytes.includes(this.#dashBoundary)) {
      throw new MultipartError('something like a part follows the closing boundary')
    }
    const kept = this.#dashBoundary.length - 1 // the beginning of a boundary, perhaps
    this.#window = bytes.length <= 2 + kept ? bytes : Buffer.concat([CRLF, bytes.subarray(-kept)])
  }

  /** Takes `count` bytes of the window as content of the open part. */
  #consume (count: number): void {
    const part = this.#part
    if (part) {
      part.bytes += count
      if (part.bytes > this.longestPartBytes) this.longestPartBytes = part.bytes
    }
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

/** `Model` and `model[]` are also model to some. */
function isModel (name: string): boolean {
  return name.replace(/\[.*$/, '').trim().toLowerCase() === 'model'
}
