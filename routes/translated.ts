// Inference in the dialects that are told as chats: Anthropic's Messages, OpenAI's Responses.

import type { FastifyContextConfig, FastifyPluginAsync } from 'fastify'
import type { TRANSLATED_PATHS } from '../src/core/ask.ts'
import type { Gateway } from '../src/gateway.ts'
import { anthropic } from '../src/wire/anthropic/index.ts'
import { openaiResponses } from '../src/wire/openai-responses/index.ts'
import type { AskingWire } from '../src/wire/translated.ts'
import { answer } from './answer.ts'
import countTokens from './count-tokens.ts'
import { readTranslatedAsk } from './json-ask.ts'
import { answerQuote } from './quote-answer.ts'
import { wantsQuote } from './quote-wish.ts'

interface TranslatedRoute {
  readonly path: typeof TRANSLATED_PATHS[number]
  readonly wire: AskingWire
  readonly doc: NonNullable<FastifyContextConfig['doc']>
}

const TRANSLATED: readonly TranslatedRoute[] = [
  { path: '/messages', wire: anthropic, doc: 'MESSAGES_DOC' },
  { path: '/responses', wire: openaiResponses, doc: 'RESPONSES_DOC' }
]

const translated: FastifyPluginAsync<{ gateway: Gateway }> = async (fastify, { gateway }) => {
  const { limits, deadlines: { totalMs } } = gateway.settings
  await fastify.register(countTokens, { gateway })
  for (const { path, wire, doc } of TRANSLATED) {
    const config = { task: 'chat' as const, errors: wire, doc }
    fastify.post(path, { bodyLimit: limits.inference, config }, (request, reply) => {
      const ask = readTranslatedAsk(request, wire, totalMs)
      return wantsQuote(request) ? answerQuote(ask, reply, gateway) : answer(request, reply, ask)
    })
  }
}

export default translated
