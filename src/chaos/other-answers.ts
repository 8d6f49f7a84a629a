// Plausible plain answers of the endpoints that are not chat, so that every kind of call can be staged.

import type { JsonObject } from '../core/json.ts'
import type { Asked } from './asked.ts'
import { textOf } from './text.ts'

const TOKENS = 8

type Shape = (asked: Asked, identity: { readonly id: string, readonly createdS: number }) => JsonObject

/** By the end of the path. */
const SHAPES: { readonly [ending: string]: Shape } = {
  '/completions': (asked, { id, createdS }) => ({
    id,
    object: 'text_completion',
    created: createdS,
    model: asked.model,
    choices: [{ index: 0, text: textOf(TOKENS), logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: TOKENS, total_tokens: 1 + TOKENS }
  }),
  '/embeddings': ({ model }) => ({
    object: 'list',
    data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.25, 0.125] }],
    model,
    usage: { prompt_tokens: 1, total_tokens: 1 }
  }),
  '/moderations': ({ model }, { id }) => ({ id, model, results: [{ flagged: false, categories: {}, category_scores: {} }] }),
  '/rerank': ({ model }, { id }) => ({ id, model, results: [{ index: 0, relevance_score: 0.5 }], usage: { total_tokens: 1 } }),
  '/images/generations': (_, { createdS }) => ({ created: createdS, data: [{ url: 'https://images.example/1.png' }] }),
  '/audio/transcriptions': () => ({ text: textOf(TOKENS), usage: { type: 'duration', seconds: 3 } })
}

export function otherAnswer (asked: Asked, identity: { readonly id: string, readonly createdS: number }): JsonObject {
  const ending = Object.keys(SHAPES).find((ending) => asked.path.endsWith(ending))
  const shape = ending === undefined ? undefined : SHAPES[ending]
  return shape?.(asked, identity) ?? { id: identity.id, object: 'chaos.answer', model: asked.model, text: textOf(TOKENS) }
}
