// Embeddings: unit vectors drawn from a hash of the input, so equal texts are equal and nothing else means anything.

import { createHash } from 'node:crypto'
import type { JsonValue } from '../../core/json.ts'
import { json, refusal, roughTokens, type Answer, type DryRun } from './run.ts'

const DEFAULT_DIMENSIONS = 1536
const MOST_DIMENSIONS = 8192
/** OpenAI's limit. */
const MOST_INPUTS = 2048
/** Keeps the answer below what a gateway holds in memory: about 20 bytes each as text. */
const MOST_NUMBERS = 3 * 1024 * 1024

/**
 * https://platform.openai.com/docs/api-reference/embeddings/create
 * `encoding_format` base64 is little-endian float32: OpenAI's own client asks for it and decodes it by itself.
 */
export function answerEmbedding (run: DryRun): Answer {
  const { input, dimensions = DEFAULT_DIMENSIONS, encoding_format: encoding } = run.request
  if (!isDimensions(dimensions)) return refusal(`"dimensions" must be from 1 to ${MOST_DIMENSIONS}.`, 'dimensions')
  const inputs = inputsOf(input)
  if (inputs.length > MOST_INPUTS || inputs.length * dimensions > MOST_NUMBERS) {
    return refusal(`${inputs.length} inputs of ${dimensions} dimensions are more than fit into one answer.`, 'input')
  }
  const encode = encoding === 'base64' ? base64Of : (vector: Float32Array) => Array.from(vector)
  const tokens = roughTokens(run.bodyBytes)
  return json({
    object: 'list',
    data: inputs.map((each, index) => ({ object: 'embedding', index, embedding: encode(vectorOf(each, dimensions)) })),
    model: run.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens, is_estimated: true },
    ...run.marks
  })
}

function isDimensions (value: JsonValue): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MOST_DIMENSIONS
}

/** A text or a list of token ids is one input; a list of those is several. */
function inputsOf (input: JsonValue | undefined): JsonValue[] {
  return Array.isArray(input) && typeof input[0] !== 'number' ? input : [input ?? '']
}

/** A unit vector of float32 numbers; the same for the same input. */
function vectorOf (input: JsonValue, dimensions: number): Float32Array {
  const next = createNumbers(createHash('sha256').update(JSON.stringify(input)).digest())
  const raw = Float64Array.from({ length: dimensions }, next)
  const length = Math.hypot(...chunkLengths(raw)) || 1
  return Float32Array.from(raw, (number) => number / length)
}

/** Lengths of runs of 1024 numbers: `Math.hypot` takes arguments, and their count is bounded. */
function chunkLengths (raw: Float64Array): number[] {
  const lengths: number[] = []
  for (let from = 0; from < raw.length; from += 1024) lengths.push(Math.hypot(...raw.subarray(from, from + 1024)))
  return lengths
}

/** Numbers from -1 to 1 by xorshift32 (Marsaglia, 2003), seeded with the hash. */
function createNumbers (seed: Buffer): () => number {
  let state = seed.readUInt32LE(0) || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state / 0x8000_0000
  }
}

function base64Of (vector: Float32Array): string {
  const bytes = Buffer.allocUnsafe(vector.length * 4)
  vector.forEach((number, index) => { bytes.writeFloatLE(number, index * 4) })
  return bytes.toString('base64')
}
