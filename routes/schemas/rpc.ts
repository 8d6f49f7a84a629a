// JSON-RPC 2.0 messages. https://www.jsonrpc.org/specification

import type { Schema } from '../../src/openapi/schema.ts'
import { always, anything, listOf, record, text, whole } from './words.ts'

const ID: Schema = { description: 'Sent back as it came; null where it could not be read.', type: ['string', 'integer', 'null'] }

const request = record({
  title: 'RpcRequest',
  says: 'One message. Without an id it is a notification: nobody answers it.',
  members: { jsonrpc: always('2.0'), method: text('As GET /openrpc.json lists it.') },
  optional: {
    id: { ...ID, description: 'A text, a whole number up to 2^53, or null.' },
    params: { description: 'By name, or in their order.', type: ['object', 'array'] }
  }
})

const result = record({
  title: 'RpcResult',
  says: 'It was done.',
  members: { jsonrpc: always('2.0'), result: anything('What came of it.'), id: ID }
})

const failure = record({
  title: 'RpcFailure',
  says: 'It was not.',
  members: {
    jsonrpc: always('2.0'),
    error: record({
      says: 'Why.',
      members: { code: whole('-32700 … -32600 of the specification, or -32001 (not allowed), -32000.'), message: text('In words.') },
      optional: { data: { type: 'object', description: 'For programs: nearest, member, reason.' } }
    }),
    id: ID
  }
})

const answer: Schema = { anyOf: [result, failure] }

export const rpcRequest: Schema = { anyOf: [request, listOf(request, 'A batch.')] }
export const rpcAnswer: Schema = { anyOf: [...answer.anyOf ?? [], listOf(answer, 'Of a batch.')] }
export const openrpc: Schema = { type: 'object', description: 'https://spec.open-rpc.org' }
