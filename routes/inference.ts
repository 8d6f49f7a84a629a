// Inference: one table of paths, one handler for JSON and one for forms. From here on the exchange does the work.

import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import { TASK_PATHS, type Task } from '../src/core/ask.ts'
import { GatewayError } from '../src/core/errors.ts'
import type { Ask } from '../src/exchange/ask.ts'
import { spool, type SpoolOptions } from '../src/exchange/spool.ts'
import type { Gateway } from '../src/gateway.ts'
import { readFormEnvelope } from '../src/wire/openai-chat/form-envelope.ts'
import { answer } from './answer.ts'
import { readIdempotencyKey } from './idempotency-key.ts'
import { factsOf, readJsonAsk, type Facts } from './json-ask.ts'
import { answerQuote } from './quote-answer.ts'
import { wantsQuote } from './quote-wish.ts'

/** Tasks whose request is JSON, and those whose request is a form; the wire they are asked in. */
const JSON_TASKS: readonly Task[] = ['chat', 'completion', 'embedding', 'moderation', 'image', 'speech', 'rerank']
const FORM_TASKS: readonly Task[] = ['transcription']

const inference: FastifyPluginAsync<{ gateway: Gateway }> = async (fastify, { gateway }) => {
  const { limits, spoolFolder, deadlines: { totalMs } } = gateway.settings
  const quote = (ask: Ask, reply: FastifyReply) => answerQuote(ask, reply, gateway)
  for (const task of JSON_TASKS) {
    const config = { task, doc: task }
    fastify.post(TASK_PATHS[task], { bodyLimit: limits.inference, config }, (request, reply) => {
      const ask = readJsonAsk(request, task, totalMs)
      return wantsQuote(request) ? quote(ask, reply) : answer(request, reply, ask)
    })
  }
  for (const task of FORM_TASKS) {
    const config = { task, doc: task }
    fastify.post(TASK_PATHS[task], { bodyLimit: limits.multipart, config }, async (request, reply) => {
      const known = { ...factsOf(request, totalMs), task } // before the body: a wrong header must not cost an upload
      const wantsDigest = readIdempotencyKey(request) !== undefined
      const ask = await askForm(request, known, { folder: spoolFolder, limitBytes: limits.multipart, wantsDigest })
      try {
        if (wantsQuote(request)) return quote(ask, reply)
        await answer(request, reply, ask)
      } finally {
        if (ask.body.kind === 'multipart') ask.body.release()
      }
    })
  }
}

export default inference

async function askForm (
  request: FastifyRequest, known: Facts & { task: Task }, limits: Omit<SpoolOptions, 'contentType'>
): Promise<Ask> {
  const contentType = request.headers['content-type'] ?? ''
  if (!contentType.startsWith('multipart/')) throw new GatewayError('wrong_content_type', { contentType, expected: 'multipart/form-data' })
  const { body, fields } = await spool(request.body as Readable, { ...limits, contentType })
  return { ...known, envelope: readFormEnvelope(fields, body.bytes), body }
}
