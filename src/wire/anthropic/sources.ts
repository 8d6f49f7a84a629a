// Images and documents of a request as parts of a chat.
// https://docs.claude.com/en/api/messages and https://openrouter.ai/docs/features/multimodal/pdfs

import type { JsonObject, JsonValue } from '../../core/json.ts'
import type { Losses } from './losses.ts'
import { isTold, readList, readObject, readOne, readOptionalText, readText, refuse } from './values.ts'

const STORED = 'files that were uploaded before are not kept here; send the file itself'
const DEFAULT_NAME = 'document.pdf'

export function textPart (text: string, { cache_control: cacheControl }: JsonObject = {}): JsonObject {
  return { type: 'text', text, ...isTold(cacheControl) && { cache_control: cacheControl } }
}

/** @throws GatewayError `invalid_body` */
export function imagePart ({ source, cache_control: cacheControl }: JsonObject, path: string): JsonObject {
  const from = readObject(source, `${path}.source`)
  const type = readOne(from['type'], `${path}.source.type`, ['base64', 'url', 'file'])
  if (type === 'file') return refuse(`${path}.source.type`, STORED)
  const url = type === 'url' ? readText(from['url'], `${path}.source.url`) : dataUrlOf(from, `${path}.source`)
  return { type: 'image_url', image_url: { url }, ...isTold(cacheControl) && { cache_control: cacheControl } }
}

/** A text document becomes text, one of blocks their parts, a PDF a file. @throws GatewayError `invalid_body` */
export function documentParts (block: JsonObject, path: string, losses: Losses): JsonObject[] {
  const at = `${path}.source`
  const source = readObject(block['source'], at)
  const title = readOptionalText(block['title'], `${path}.title`)
  const context = readOptionalText(block['context'], `${path}.context`)
  if (readsCitations(block, path)) losses.add('citations')
  switch (readOne(source['type'], `${at}.type`, ['base64', 'url', 'text', 'content', 'file'])) {
    case 'file': return refuse(`${at}.type`, STORED)
    case 'text': return [textPart(linesOf(title, context, readText(source['data'], `${at}.data`)), block)]
    case 'content': return [...headingOf(title, context), ...contentParts(source['content'], `${at}.content`)]
    case 'url': return [...headingOf(context), filePart(readText(source['url'], `${at}.url`), title, block)]
    case 'base64': return [...headingOf(context), filePart(dataUrlOf(source, at), title, block)]
  }
}

function readsCitations (block: JsonObject, path: string): boolean {
  const { citations } = block
  return isTold(citations) && readObject(citations, `${path}.citations`)['enabled'] === true
}

/** What somebody found, and where. @throws GatewayError `invalid_body` */
export function searchResultPart (block: JsonObject, path: string): JsonObject {
  const words = readList(block['content'], `${path}.content`)
    .map((item, at) => readText(readObject(item, `${path}.content.${at}`)['text'], `${path}.content.${at}.text`))
  const title = readOptionalText(block['title'], `${path}.title`)
  return textPart(linesOf(title, readOptionalText(block['source'], `${path}.source`), ...words), block)
}

function contentParts (content: JsonValue | undefined, path: string): JsonObject[] {
  if (typeof content === 'string') return [textPart(content)]
  return readList(content, path).map((item, at) => {
    const block = readObject(item, `${path}.${at}`)
    const type = readOne(block['type'], `${path}.${at}.type`, ['text', 'image'])
    return type === 'image'
      ? imagePart(block, `${path}.${at}`)
      : textPart(readText(block['text'], `${path}.${at}.text`), block)
  })
}

function dataUrlOf (source: JsonObject, path: string): string {
  const mediaType = readText(source['media_type'], `${path}.media_type`)
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(mediaType)) refuse(`${path}.media_type`, 'must be a media type')
  return `data:${mediaType};base64,${readText(source['data'], `${path}.data`)}`
}

function filePart (url: string, title: string | undefined, { cache_control: cacheControl }: JsonObject): JsonObject {
  const file = { filename: title ?? DEFAULT_NAME, file_data: url }
  return { type: 'file', file, ...isTold(cacheControl) && { cache_control: cacheControl } }
}

function headingOf (...lines: ReadonlyArray<string | undefined>): JsonObject[] {
  const text = linesOf(...lines)
  return text === '' ? [] : [textPart(text)]
}

function linesOf (...lines: ReadonlyArray<string | undefined>): string {
  return lines.filter((line) => line !== undefined && line !== '').join('\n')
}
