// How much input a request in Anthropic's dialect is. https://docs.claude.com/en/api/messages-count-tokens

import type { FastifyPluginAsync } from 'fastify'
import type { Gateway } from '../src/gateway.ts'
import { estimateInput } from '../src/metering/token-estimate.ts'
import { countableOf } from '../src/wire/anthropic/count.ts'
import { anthropic } from '../src/wire/anthropic/index.ts'
import { readTranslatedAsk } from './json-ask.ts'

/**
 * Nothing is sent or recorded: it is planned only to know whose tokens are meant. It takes a place all the same: a body
 * of 12 MB is 200 ms of the loop.
 */
const countTokens: FastifyPluginAsync<{ gateway: Gateway }> = async (fastify, { gateway }) => {
  const { router, counter, settings: { limits, deadlines: { totalMs } } } = gateway
  const config = { task: 'chat' as const, errors: anthropic, doc: 'COUNT_TOKENS_DOC' as const }
  fastify.post('/messages/count_tokens', { bodyLimit: limits.inference, config }, async (request, reply) => {
    const ask = readTranslatedAsk(request, anthropic, totalMs)
    reply.header('cache-control', 'no-store').header('request-id', request.id)
    const { candidates: [first], requestedModel } = router.plan(ask)
    const modelId = first?.backend.modelId ?? requestedModel
    const chat = ask.body.kind === 'json' ? ask.body.json.value : {}
    const { keyId, ip } = ask.principal
    const { tokens, grade } = await estimateInput(counter.of(keyId ?? ip), modelId, countableOf(chat))
    return { input_tokens: tokens, x_aibroker: { model_id: modelId, grade } }
  })
}

export default countTokens
