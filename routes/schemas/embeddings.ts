// Embeddings: texts as vectors. https://platform.openai.com/docs/api-reference/embeddings

import { MODEL } from './chat.ts'
import { ADDED, usage } from './usage.ts'
import { always, anything, count, listOf, number, oneOf, record, text, whole } from './words.ts'

export const embeddingsRequest = record({
  title: 'EmbeddingsRequest',
  says: 'What else a provider takes passes to it as it is.',
  members: { model: MODEL, input: anything('Text, a list of texts, tokens, or lists of tokens.') },
  optional: {
    encoding_format: oneOf(['float', 'base64'], 'Numbers, or 32-bit floats of little-endian order in base64.'),
    dimensions: whole('Length of the vectors, where the model can shorten them.')
  },
  isOpen: true
})

export const embeddingsAnswer = record({
  title: 'EmbeddingsAnswer',
  says: 'One vector for each input.',
  members: {
    object: always('list'),
    model: text('The model that answered.'),
    data: listOf(record({
      says: 'One vector.',
      members: {
        object: always('embedding'),
        index: count('Which input.'),
        embedding: {
          anyOf: [listOf(number(''), ''), text('')], description: 'Numbers, or base64 when it was asked for.'
        }
      },
      isOpen: true
    }), 'In the order of the input.')
  },
  optional: { usage, ...ADDED },
  isOpen: true
})
