// Images: one transparent pixel.

import { crc32, deflateSync } from 'node:zlib'
import { countOf, events, json, roughTokens, type Answer, type DryRun } from './run.ts'

const MOST_IMAGES = 10
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
/** Width 1, height 1, 8 bits a channel, RGBA, no interlace. */
const HEADER = [0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0]
/** Filter 0 and one pixel. */
const PIXEL = [0, 0, 0, 0, 0]

/** https://www.w3.org/TR/png-3/ */
const PNG = Buffer.concat([
  Buffer.from(SIGNATURE),
  pngChunk('IHDR', Buffer.from(HEADER)),
  pngChunk('IDAT', deflateSync(Buffer.from(PIXEL))),
  pngChunk('IEND', Buffer.alloc(0))
]).toString('base64')

/** https://platform.openai.com/docs/api-reference/images/create */
export function answerImage (run: DryRun): Answer {
  const count = countOf(run.request['n'], MOST_IMAGES)
  const image = run.request['response_format'] === 'url'
    ? { url: `data:image/png;base64,${PNG}` }
    : { b64_json: PNG }
  const usage = usageOf(roughTokens(run.bodyBytes), count)
  if (run.request['stream'] === true) {
    return events([{
      type: 'image_generation.completed', created_at: run.createdS, b64_json: PNG, output_format: 'png', usage, ...run.marks
    }])
  }
  return json({ created: run.createdS, data: Array.from({ length: count }, () => image), usage, ...run.marks })
}

function usageOf (input: number, output: number) {
  return {
    input_tokens: input,
    output_tokens: output,
    total_tokens: input + output,
    input_tokens_details: { text_tokens: input, image_tokens: 0 },
    output_tokens_details: { text_tokens: 0, image_tokens: output },
    is_estimated: true
  }
}

function pngChunk (type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type), content])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, check])
}
