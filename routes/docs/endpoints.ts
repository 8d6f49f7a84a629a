// What the routes are that tell backends and providers.

import type { RouteDoc } from '../../src/openapi/route-doc.ts'
import { endpointList, modelParameters, providerList } from '../schemas/endpoint.ts'
import { text } from '../schemas/words.ts'

const json = 'application/json'

export const ZDR_DOC: RouteDoc = {
  group: 'Models',
  summary: 'Backends that keep nothing of what they are sent',
  answers: { 200: { says: 'As the operator told it of each.', content: { [json]: endpointList } } }
}

export const PROVIDERS_DOC: RouteDoc = {
  group: 'Models',
  summary: 'The providers that can be called',
  answers: { 200: { says: 'Those with a credential, or that need none.', content: { [json]: providerList } } }
}

export const PARAMETERS_DOC: RouteDoc = {
  group: 'Models',
  summary: 'What a model can be told',
  path: { '*': { name: 'id', says: 'A name or an alias.', schema: text(''), example: 'gpt-4o' } },
  query: [{ name: 'provider', says: 'At this provider.', schema: text('') }],
  answers: { 200: { says: 'Members of a request.', content: { [json]: modelParameters } } },
  errors: ['no_such_model', 'nothing_eligible']
}
