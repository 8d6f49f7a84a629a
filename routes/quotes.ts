// What would this request do and cost? `POST /explain` with the body of the request; nothing is sent for it.

import type { FastifyPluginAsync } from 'fastify'
import type { Task } from '../src/core/ask.ts'
import { GatewayError } from '../src/core/errors.ts'
import type { JsonObject } from '../src/core/json.ts'
import type { Gateway } from '../src/gateway.ts'
import { readJsonAsk } from './json-ask.ts'
import { answerQuote } from './quote-answer.ts'

interface QuoteRoute {
  Querystring: { readonly task?: string }
}

/** The member that tells one body from another, where the query does not say. */
const TELLING: ReadonlyArray<readonly [member: string, task: Task]> =
  [['messages', 'chat'], ['documents', 'rerank'], ['voice', 'speech'], ['input', 'embedding'], ['prompt', 'completion']]
const TASKS: readonly Task[] = ['chat', 'completion', 'embedding', 'moderation', 'image', 'speech', 'rerank']

/** Registered under `/v1` and `/api/v1`. */
const quotes: FastifyPluginAsync<{ gateway: Gateway }> = async (fastify, { gateway }) => {
  const { limits, deadlines: { totalMs } } = gateway.settings
  const counted = { bodyLimit: limits.inference, config: { isRated: true, doc: 'QUOTE_DOC' as const } }
  fastify.post<QuoteRoute>('/explain', counted, async (request, reply) => {
    return answerQuote(readJsonAsk(request, ({ value }) => taskOf(request.query.task, value), totalMs), reply, gateway)
  })
}

export default quotes

function taskOf (named: string | undefined, body: JsonObject): Task {
  const task = named === undefined
    ? TELLING.find(([member]) => body[member] !== undefined)?.[1]
    : TASKS.find((task) => task === named)
  if (task) return task
  throw new GatewayError('invalid_body', { reason: `Say which endpoint is meant: ?task= one of ${TASKS.join(', ')}.` })
}
