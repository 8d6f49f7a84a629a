// How much a rerank can come to: what it reads, and the search units it is sold in.
//
// DESIGN. A model that ranks reads the query again with each document, so the body does not bound its tokens; the
// query times the documents does, with what a template puts around each pair. A search unit is a query with up to 100
// documents of up to 500 tokens, query included, and a longer document counts as several
// (https://cohere.com/pricing, https://docs.cohere.com/docs/reranking-best-practices). No vendor tells what a query of
// more than half of that leaves for the document: half is assumed.

import type { Envelope } from '../core/ask.ts'

/** Special tokens, and the instruction that rerankers made of chat models put before each pair. */
const PAIR_TOKENS = 128
const DOCUMENTS_PER_UNIT = 100
const CHUNK_TOKENS = 500

/** Tokens that are read besides those of the body, at most; 0: it is no rerank. */
export function repeatedTokens ({ rerank }: Pick<Envelope, 'rerank'>): number {
  return rerank ? rerank.documents * (rerank.queryBytes + PAIR_TOKENS) : 0
}

export function mostSearchUnits ({ rerank, bodyBytes }: Envelope): number {
  if (!rerank) return 1
  const room = CHUNK_TOKENS - Math.min(rerank.queryBytes, CHUNK_TOKENS / 2)
  return unitsOf(rerank.documents + Math.floor(bodyBytes / room))
}

/** Most documents are short. */
export function usualSearchUnits ({ rerank }: Envelope): number {
  return unitsOf(rerank?.documents ?? 1)
}

function unitsOf (chunks: number): number {
  return Math.ceil(chunks / DOCUMENTS_PER_UNIT)
}
