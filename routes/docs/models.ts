// What the routes of the model list are.

import type { ParameterDoc, RouteDoc } from '../../src/openapi/route-doc.ts'
import { modelEndpoints } from '../schemas/endpoint.ts'
import { model, modelCount, modelList, wrappedModel } from '../schemas/model.ts'
import { count, number, oneOf, text } from '../schemas/words.ts'

const json = 'application/json'

const words = (name: string, says: string): ParameterDoc => ({ name, says: `${says}, comma-separated.`, schema: text('') })
const bound = (name: string, says: string): ParameterDoc => ({ name, says, schema: number('') })
const bounds = (name: string, says: string): ParameterDoc[] =>
  [bound(`min_${name}`, `${says} at the least.`), bound(`max_${name}`, `${says} at the most.`)]

const FILTERS: readonly ParameterDoc[] = [
  { name: 'q', says: 'Words in name, id or aliases.', schema: text('') },
  words('supported_parameters', 'Models that take all of these'),
  words('input_modalities', 'Models that read all of these'),
  words('output_modalities', 'Models that write any of these'),
  words('model_authors', 'Made by any of these'),
  words('providers', 'Served by any of these'),
  words('arch', 'Of any of these families'),
  bound('context', 'Tokens of the context at the least.'),
  ...bounds('price', 'US dollars for a million tokens of the request,'),
  ...bounds('output_price', 'US dollars for a million tokens of the answer,'),
  ...bounds('age_days', 'Days since it came out,'),
  ...bounds('intelligence_index', 'Intelligence index,'),
  ...bounds('coding_index', 'Coding index,'),
  ...bounds('agentic_index', 'Agentic index,'),
  { name: 'zdr', says: '"true": models with a backend that keeps nothing.', schema: oneOf(['true', 'false'], '') }
]

const LIST: Pick<RouteDoc, 'group' | 'query' | 'answers'> = {
  group: 'Models',
  query: [
    ...FILTERS,
    { name: 'sort', says: 'The order, such as "newest" or "pricing-low-to-high".', schema: text('') },
    { name: 'offset', says: 'Where a page begins.', schema: count('') },
    { name: 'limit', says: 'Length of a page, 1000 at the most; without both the list is whole.', schema: count('') }
  ],
  answers: { 200: { says: 'The list.', content: { [json]: modelList } } }
}

const PATH: RouteDoc['path'] = {
  '*': { name: 'id', says: 'A name or an alias; slashes stay as they are.', schema: text(''), example: 'gpt-4o' }
}

export const MODELS_DOC: RouteDoc = { ...LIST, summary: 'The models that are served' }
export const OWN_MODELS_DOC: RouteDoc = { ...LIST, summary: 'Those that this key may use' }
export const EMBEDDING_MODELS_DOC: RouteDoc = { ...LIST, summary: 'Those that make embeddings' }

export const MODEL_COUNT_DOC: RouteDoc = {
  group: 'Models',
  summary: 'How many models there are',
  query: FILTERS,
  answers: { 200: { says: 'The number.', content: { [json]: modelCount } } }
}

export const MODEL_DOC: RouteDoc = {
  group: 'Models',
  summary: 'One model',
  more: 'With "/endpoints" behind the name: the ways it is served.',
  path: PATH,
  answers: {
    200: { says: 'The model, or its endpoints.', content: { [json]: { anyOf: [model, modelEndpoints] } } }
  },
  errors: ['no_such_model']
}

export const WRAPPED_MODEL_DOC: RouteDoc = {
  group: 'Models',
  summary: 'One model, as OpenRouter wraps it',
  path: PATH,
  answers: { 200: { says: 'The model.', content: { [json]: wrappedModel } } },
  errors: ['no_such_model']
}
