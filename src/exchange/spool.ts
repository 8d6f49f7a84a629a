// A multipart body on its way in: scanned while it arrives, kept in memory while small and in a file when not, so that
// it can be sent to a second backend and its length is known. A 100 MiB recording costs 1 MiB of memory.

import { randomUUID } from 'node:crypto'
import { createReadStream, rmSync } from 'node:fs'
import { open, mkdir, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { GatewayError } from '../core/errors.ts'
import { splice, type Edit } from '../core/json-edit.ts'
import { boundaryOf, MultipartError, MultipartScanner, type FormField } from '../wire/multipart.ts'
import type { SpooledBody } from './ask.ts'
import { FormDigest } from './form-digest.ts'

const MEMORY_BYTES = 1024 * 1024

export interface SpoolOptions {
  readonly contentType: string
  /** Where a large body waits; made when needed, readable by the owner only. */
  readonly folder: string
  readonly limitBytes: number
  /** Of one part. */
  readonly recordingBytes: number
  /** The body gets its digest. */
  readonly wantsDigest?: boolean
}

export interface Spooled {
  readonly body: SpooledBody
  readonly fields: ReadonlyMap<string, FormField>
}

/**
 * Reads the body to its end.
 * @throws GatewayError `too_large`, `recording_too_large`, `missing_model` or `invalid_body`; the spool is freed then.
 */
export async function spool (incoming: Readable, options: SpoolOptions): Promise<Spooled> {
  const boundary = boundaryOf(options.contentType)
  if (boundary === undefined) throw new GatewayError('invalid_body', { reason: 'The multipart content type names no boundary.' })
  const scanner = new MultipartScanner(boundary)
  const digest = options.wantsDigest ? new FormDigest(boundary) : undefined
  const store = new SpoolStore(options.folder)
  try {
    // The rest of a form that is refused is still to come: a connection that broke under it would hide the refusal.
    for await (const chunk of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      scanner.push(chunk)
      digest?.push(chunk)
      await store.add(chunk)
      checkSizes(scanner.longestPartBytes, store.bytes, options)
    }
    scanner.end()
    await store.closeFile()
    const model = scanner.fields.get('model')
    if (!model) throw new GatewayError('missing_model')
    const body = bodyOf(store, options.contentType, model)
    return { body: digest ? { ...body, digest: digest.end() } : body, fields: scanner.fields }
  } catch (error) {
    await store.closeFile()
    store.release()
    if (error instanceof MultipartError) throw new GatewayError('invalid_body', { reason: `Broken form: ${error.message}.` })
    throw error
  }
}

function checkSizes (partBytes: number, bytes: number, { recordingBytes, limitBytes }: SpoolOptions): void {
  if (partBytes > recordingBytes) throw recordingTooLarge(recordingBytes)
  if (bytes > limitBytes) throw tooLarge(limitBytes)
}

export function recordingTooLarge (limit: number): GatewayError {
  return new GatewayError('recording_too_large', { limit })
}

function tooLarge (limit: number): GatewayError {
  return new GatewayError('too_large', { limit, setting: 'AIBROKER_MULTIPART_LIMIT' })
}

function bodyOf (store: SpoolStore, contentType: string, model: FormField): SpooledBody {
  return {
    kind: 'multipart',
    contentType,
    bytes: store.bytes,
    model: { start: model.start, end: model.end },
    open (edits) {
      const grown = edits.reduce((sum, { start, end, text }) => sum + Buffer.byteLength(text) - (end - start), 0)
      return { stream: Readable.from(store.read(edits), { objectMode: false }), length: store.bytes + grown }
    },
    release: () => { store.release() }
  }
}

class SpoolStore {
  readonly #folder: string
  #memory: Buffer[] = []
  #file: FileHandle | undefined
  #path: string | undefined
  bytes = 0

  constructor (folder: string) {
    this.#folder = folder
  }

  async add (chunk: Buffer): Promise<void> {
    this.bytes += chunk.length
    if (!this.#path && this.bytes <= MEMORY_BYTES) {
      this.#memory.push(chunk)
      return
    }
    this.#file ??= await this.#openFile()
    await this.#file.appendFile(chunk)
  }

  async #openFile (): Promise<FileHandle> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    this.#path = join(this.#folder, `upload-${randomUUID()}`)
    const file = await open(this.#path, 'wx', 0o600)
    await file.appendFile(Buffer.concat(this.#memory))
    this.#memory = []
    return file
  }

  async closeFile (): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  async * read (edits: readonly Edit[]): AsyncGenerator<Buffer> {
    if (!this.#path) {
      yield splice(Buffer.concat(this.#memory), edits)
      return
    }
    let from = 0
    for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start)) {
      yield * this.#readFile(from, start)
      yield Buffer.from(text)
      from = end
    }
    yield * this.#readFile(from, this.bytes)
  }

  async * #readFile (start: number, end: number): AsyncGenerator<Buffer> {
    if (end > start) yield * createReadStream(this.#path as string, { start, end: end - 1 })
  }

  release (): void {
    this.#memory = []
    if (this.#path) rmSync(this.#path, { force: true })
    this.#path = undefined
  }
}
