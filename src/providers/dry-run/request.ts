// Reads a call the way a provider would: the whole body, as JSON or as a form, without ever holding a file.

import type { Readable } from 'node:stream'
import { parseObject, type JsonObject } from '../../core/json.ts'
import { FormReader } from './form.ts'

export interface ReadBody {
  /** Members of the JSON object or fields of the form; undefined: the body is neither. */
  readonly value: JsonObject | undefined
  readonly bytes: number
}

/** Of a JSON body that comes as a stream; the gateway hands JSON over as one buffer. */
const LONGEST_STREAMED_JSON_BYTES = 64 * 1024 * 1024
const BOUNDARY = /^multipart\/form-data\b.*?\bboundary=(?:"([^"]+)"|([^;\s]+))/i

/**
 * @param headers flat name, value list.
 * @throws whatever the stream of the body fails with.
 */
export async function readBody (headers: readonly string[], body: Buffer | Readable): Promise<ReadBody> {
  const match = BOUNDARY.exec(valueOf(headers, 'content-type') ?? '')
  const boundary = match?.[1] ?? match?.[2]
  const source: Iterable<Buffer> | AsyncIterable<Buffer> = Buffer.isBuffer(body) ? [body] : body
  return boundary === undefined ? readJson(source) : readForm(source, boundary)
}

async function readForm (source: Iterable<Buffer> | AsyncIterable<Buffer>, boundary: string): Promise<ReadBody> {
  const form = new FormReader(boundary)
  let bytes = 0
  for await (const chunk of source) {
    form.push(chunk)
    bytes += chunk.length
  }
  return { value: form.fields, bytes }
}

async function readJson (source: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<ReadBody> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of source) {
    bytes += chunk.length
    if (bytes > LONGEST_STREAMED_JSON_BYTES) return { value: undefined, bytes }
    chunks.push(chunk)
  }
  const text = chunks.length === 1 ? chunks[0]?.toString('utf8') : Buffer.concat(chunks).toString('utf8')
  return { value: text ? parseObject(text) : {}, bytes }
}

function valueOf (headers: readonly string[], name: string): string | undefined {
  const at = headers.findIndex((header, index) => index % 2 === 0 && header.toLowerCase() === name)
  return at === -1 ? undefined : headers[at + 1]
}
