// What the routes are that operators and their machines ask.

import type { RouteDoc } from '../../src/openapi/route-doc.ts'
import { backendList, health, liveness, readiness } from '../schemas/health.ts'
import { openrpc, rpcAnswer, rpcRequest } from '../schemas/rpc.ts'
import { text } from '../schemas/words.ts'

const json = 'application/json'

export const HEALTH_DOC: RouteDoc = {
  group: 'Operations',
  summary: 'How the broker is',
  answers: { 200: { says: 'In short.', content: { [json]: health } } }
}

export const LIVENESS_DOC: RouteDoc = {
  group: 'Operations',
  summary: 'Whether it runs',
  answers: { 200: { says: 'It does.', content: { [json]: liveness } } }
}

export const READINESS_DOC: RouteDoc = {
  group: 'Operations',
  summary: 'Whether requests should come here',
  answers: {
    200: { says: 'They should.', content: { [json]: readiness } },
    503: { says: 'Not now.', content: { [json]: readiness }, headers: ['Retry-After'] }
  }
}

export const METRICS_DOC: RouteDoc = {
  group: 'Operations',
  summary: 'Metrics for Prometheus',
  more: 'For keys of the operator, and for programs of this machine without a key.',
  answers: { 200: { says: 'The exposition format.', content: { 'text/plain': text('') } } },
  errors: ['not_allowed']
}

export const BACKENDS_DOC: RouteDoc = {
  group: 'Operations',
  summary: 'How each backend is',
  more: 'For keys of the operator, and for programs of this machine without a key.',
  answers: { 200: { says: 'Every backend that could be called.', content: { [json]: backendList } } },
  errors: ['not_allowed']
}

export const OPENAPI_DOC: RouteDoc = {
  group: 'Operations',
  summary: 'This document',
  answers: {
    200: { says: 'OpenAPI 3.1.', content: { [json]: { type: 'object' } }, headers: ['ETag'] },
    304: { says: 'The one you have.', headers: ['ETag'] }
  }
}

export const PAGE_DOC: RouteDoc = {
  group: 'Operations',
  summary: 'This document as a page',
  answers: {
    200: { says: 'HTML without scripts.', content: { 'text/html': text('') }, headers: ['ETag'] },
    304: { says: 'The one you have.', headers: ['ETag'] }
  }
}

export const RPC_DOC: RouteDoc = {
  group: 'Operations',
  summary: 'JSON-RPC 2.0',
  more: 'One message, or a batch of up to 100. GET /openrpc.json lists the methods; what they can refuse is in the answer, ' +
    'with status 200. A batch counts as one request.',
  body: { [json]: rpcRequest },
  example: { jsonrpc: '2.0', id: 1, method: 'info' },
  answers: {
    200: { says: 'The answer, or one for each message that has an id.', content: { [json]: rpcAnswer } },
    204: { says: 'Nothing in it wanted an answer.' }
  },
  errors: ['too_large', 'wrong_content_type']
}

export const OPENRPC_DOC: RouteDoc = {
  group: 'Operations',
  summary: 'The methods of POST /rpc',
  answers: {
    200: { says: 'OpenRPC 1.3.', content: { [json]: openrpc }, headers: ['ETag'] },
    304: { says: 'The one you have.', headers: ['ETag'] }
  }
}
