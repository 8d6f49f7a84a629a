// Documents in the order in which they answer a query. https://openrouter.ai/docs/api/api-reference/rerank/create-rerank

import type { Schema } from '../../src/openapi/schema.ts'
import { MODEL } from './chat.ts'
import { ADDED } from './usage.ts'
import { count, flag, listOf, number, record, text } from './words.ts'

const document = record({
  says: 'A document of text, of an image, or of both.',
  members: {},
  optional: { text: text('Its text.'), image: text('URL of its image, or a data URI.') },
  isOpen: true
})

const least = (schema: Schema): Schema => ({ ...schema, minItems: 1 })

export const rerankRequest = record({
  title: 'RerankRequest',
  says: 'What else a provider takes passes to it as it is.',
  members: {
    model: MODEL,
    query: text('What the documents are ranked by.'),
    documents: least(listOf({ anyOf: [text('A text.'), document] }, 'Texts, or objects.'))
  },
  optional: {
    top_n: { type: 'integer', minimum: 1, description: 'How many of the best to give back; otherwise all.' },
    return_documents: flag('false: leave the documents out of the answer.')
  },
  isOpen: true
})

export const rerankAnswer = record({
  title: 'RerankAnswer',
  says: 'The documents, best first.',
  members: {
    model: text('The model that answered.'),
    results: listOf(record({
      says: 'One document.',
      members: {
        index: count('Which one of the request, from 0.'),
        relevance_score: number('How well it answers the query; only the order of two of one answer means something.')
      },
      optional: { document },
      isOpen: true
    }), 'Best first.')
  },
  optional: {
    id: text('Id of the answer.'),
    usage: record({
      says: 'What the answer used, as the provider tells it.',
      members: {},
      optional: {
        search_units: count('Units that reranking is sold in.'),
        total_tokens: count('Tokens read.'),
        cost: number('US dollars. Absent where the price is not known.')
      },
      isOpen: true
    }),
    ...ADDED
  },
  isOpen: true
})
