// Reads HTTP/1.1 requests from the bytes of a connection; just enough of it to know where a request ends.
// https://www.rfc-editor.org/rfc/rfc9112

const HEAD_END = Buffer.from('\r\n\r\n')
const LINE_END = Buffer.from('\r\n')
const LONGEST_HEAD_BYTES = 64 * 1024

export interface RequestHead {
  readonly method: string
  /** With the query. */
  readonly path: string
  /** Names in lower case; of a repeated one the last value. */
  readonly headers: ReadonlyMap<string, string>
}

/** What the reader tells, in this order: the head at once, the body when it is whole. */
export interface RequestListener {
  onHead (head: RequestHead): void
  onBody (body: Buffer): void
}

/** Bytes that are not HTTP. The connection is of no more use. */
export class BadRequest extends Error {}

type Part = { readonly kind: 'head' } | { readonly kind: 'length', readonly bytes: number } | { readonly kind: 'chunks' }

export class RequestReader {
  readonly #listener: RequestListener
  #rest: Buffer = Buffer.alloc(0)
  /** Bytes behind the rest, put together only when there are enough: a large body must not be copied per packet. */
  #held: Buffer[] = []
  #heldBytes = 0
  #neededBytes = 0
  #part: Part = { kind: 'head' }
  #chunks: Buffer[] = []

  constructor (listener: RequestListener) {
    this.#listener = listener
  }

  /** @throws BadRequest */
  push (bytes: Buffer): void {
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
    if (this.#rest.length + this.#heldBytes < this.#neededBytes) return
    this.#rest = Buffer.concat([this.#rest, ...this.#held])
    this.#held = []
    this.#heldBytes = 0
    this.#neededBytes = 0
    while (this.#readPart());
  }

  /** Whether a whole part was there to read. */
  #readPart (): boolean {
    switch (this.#part.kind) {
      case 'head': return this.#readHead()
      case 'length': return this.#readLength(this.#part.bytes)
      case 'chunks': return this.#readChunk()
    }
  }

  #readHead (): boolean {
    const at = this.#rest.indexOf(HEAD_END)
    if (at === -1 && this.#rest.length > LONGEST_HEAD_BYTES) throw new BadRequest('the head is too long')
    if (at === -1) return false
    const head = headOf(this.#take(at + HEAD_END.length).toString('latin1'))
    this.#part = bodyOf(head)
    this.#listener.onHead(head)
    return true
  }

  #readLength (bytes: number): boolean {
    if (!this.#has(bytes)) return false
    this.#endBody(this.#take(bytes))
    return true
  }

  /** One chunk, or the last one with its trailers, which are passed over. */
  #readChunk (): boolean {
    const lineEnd = this.#rest.indexOf(LINE_END)
    if (lineEnd === -1) return false
    const size = Number.parseInt(this.#rest.toString('latin1', 0, lineEnd), 16)
    if (Number.isNaN(size)) throw new BadRequest('a chunk has no size')
    const start = lineEnd + LINE_END.length
    if (size === 0) return this.#readTrailers(lineEnd)
    if (!this.#has(start + size + LINE_END.length)) return false
    this.#chunks.push(this.#take(start + size + LINE_END.length).subarray(start, start + size))
    return true
  }

  #readTrailers (lineEnd: number): boolean {
    const at = this.#rest.indexOf(HEAD_END, lineEnd)
    if (at === -1) return false
    this.#take(at + HEAD_END.length)
    this.#endBody(Buffer.concat(this.#chunks))
    return true
  }

  #endBody (body: Buffer): void {
    this.#chunks = []
    this.#part = { kind: 'head' }
    this.#listener.onBody(body)
  }

  #has (bytes: number): boolean {
    this.#neededBytes = this.#rest.length < bytes ? bytes : 0
    return this.#neededBytes === 0
  }

  #take (count: number): Buffer {
    const taken = this.#rest.subarray(0, count)
    this.#rest = this.#rest.subarray(count)
    return taken
  }
}

function headOf (text: string): RequestHead {
  const [line = '', ...fields] = text.trimEnd().split('\r\n')
  const [, method = '', path = ''] = /^([A-Z]+) (\S+) HTTP\/1\.[01]$/.exec(line.trimStart()) ?? []
  if (method === '') throw new BadRequest('the request line is not HTTP/1.1')
  const headers = new Map(fields.map((field) => {
    const colon = field.indexOf(':')
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const
  }))
  return { method, path, headers }
}

function bodyOf ({ headers }: RequestHead): Part {
  if (/\bchunked$/i.test(headers.get('transfer-encoding') ?? '')) return { kind: 'chunks' }
  const bytes = Number(headers.get('content-length') ?? 0)
  if (!Number.isSafeInteger(bytes) || bytes < 0) throw new BadRequest('content-length is not a count')
  return { kind: 'length', bytes }
}
