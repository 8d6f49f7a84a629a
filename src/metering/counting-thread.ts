// The thread that counts tokens: loading a tokenizer takes 0.2 seconds and 60 MB, and a long text some more.

import { parentPort } from 'node:worker_threads'
import type { Encoding } from './encodings.ts'
import { countByPieces } from './token-pieces.ts'

export interface CountOrder {
  readonly id: number
  readonly encoding: Encoding
  readonly texts: readonly string[]
}

/** `tokens` undefined: no tokenizer is installed. */
export interface CountReport {
  readonly id: number
  readonly tokens: number | undefined
}

/** What we use of the package. */
interface Tokenizer {
  countTokens (text: string, options: object): number
}

const LOADERS: { readonly [encoding in Encoding]: () => Promise<Tokenizer> } = {
  o200k_base: () => import('gpt-tokenizer/encoding/o200k_base'),
  cl100k_base: () => import('gpt-tokenizer/encoding/cl100k_base')
}

/** Words like `<|endoftext|>` are words to a provider, not marks. */
const AS_WORDS = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() }

parentPort?.on('message', (order: CountOrder) => answer(order))

async function answer ({ id, encoding, texts }: CountOrder): Promise<void> {
  const tokens = await tokensOf(encoding, texts)
  parentPort?.postMessage({ id, tokens } satisfies CountReport)
}

async function tokensOf (encoding: Encoding, texts: readonly string[]): Promise<number | undefined> {
  let tokenizer: Tokenizer
  try {
    tokenizer = await LOADERS[encoding]()
  } catch {
    return undefined // an optional package: it was left out
  }
  const count = (piece: string) => tokenizer.countTokens(piece, AS_WORDS)
  return texts.reduce((sum, text) => sum + countByPieces(text, count), 0)
}
