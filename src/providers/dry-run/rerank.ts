// Reranking: documents that share words with the query come first, so that a program sees its own input put in order.

import { asObject, type JsonValue } from '../../core/json.ts'
import { countOf, json, refusal, roughTokens, type Answer, type DryRun } from './run.ts'

/** More words of one text are not compared. */
const MOST_WORDS = 10_000

export function answerRerank (run: DryRun): Answer {
  const { query, documents, top_n: topN, return_documents: wantsDocuments } = run.request
  if (!Array.isArray(documents)) return refusal('"documents" must be a list.', 'documents')
  const asked = wordsOf(query)
  const results = documents
    .map((document, index) => {
      const text = textOf(document)
      const shown = wantsDocuments === false ? {} : { document: typeof document === 'string' ? { text } : document }
      return { index, relevance_score: shareOf(asked, wordsOf(text)), ...shown }
    })
    .sort((one, other) => other.relevance_score - one.relevance_score)
    .slice(0, topN === undefined ? documents.length : countOf(topN, documents.length))
  const usage = { total_tokens: roughTokens(run.bodyBytes), is_estimated: true }
  return json({ id: `rerank-${run.id}`, model: run.model, results, usage, ...run.marks })
}

/** How many of the words asked for are in the text, from 0 to 1. */
function shareOf (asked: ReadonlySet<string>, words: ReadonlySet<string>): number {
  return asked.size === 0 ? 0 : [...asked].filter((word) => words.has(word)).length / asked.size
}

function wordsOf (text: JsonValue | undefined): Set<string> {
  return new Set(typeof text === 'string' ? text.toLowerCase().split(/\W+/, MOST_WORDS).filter((word) => word !== '') : [])
}

function textOf (document: JsonValue): string {
  const text = asObject(document)?.['text'] ?? document
  return typeof text === 'string' ? text : ''
}
