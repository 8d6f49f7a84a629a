// Inference: one table of paths, one handler for JSON and one for forms. From here on the exchange does the work.

import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import { TASK_PATHS, type Task } from '../src/core/ask.ts'
import { GatewayError } from '../src/core/errors.ts'
import type { Ask } from '../src/exchange/ask.ts'
import { recordingTooLarge, spool, type SpoolOptions } from '../src/exchange/spool.ts'
import type { Gateway } from '../src/gateway.ts'
import { readFormEnvelope } from '../src/wire/openai-chat/form-envelope.ts'
import { readRecording } from '../src/wire/openai-chat/recording.ts'
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
  const spoolOptions = { folder: spoolFolder, limitBytes: limits.multipart, recordingBytes: limits.recording }
  for (const task of FORM_TASKS) {
    const config = { task, doc: task }
    fastify.post(TASK_PATHS[task], { bodyLimit: jsonBytesOf(limits.recording), config }, async (request, reply) => {
      const known = { ...factsOf(request, totalMs), task } // before the body: a wrong header must not cost an upload
      const wantsDigest = readIdempotencyKey(request) !== undefined
      const spooling = { ...spoolOptions, wantsDigest }
      const ask = Buffer.isBuffer(request.body)
        ? readRecordingAsk(request, totalMs, limits.recording)
        : await askForm(request, known, spooling)
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

/** What a JSON body with such a recording may have: base64, and a MiB for what stands around it. */
function jsonBytesOf (recordingBytes: number): number {
  return Math.ceil(recordingBytes / 3) * 4 + 1024 * 1024
}

/** A recording inside a JSON body: https://openrouter.ai/docs/api/api-reference/stt/create-transcription */
function readRecordingAsk (request: FastifyRequest, totalMs: number, limit: number): Ask {
  const ask = readJsonAsk(request, 'transcription', totalMs)
  if (ask.body.kind !== 'json') throw new Error('a JSON body is not JSON')
  const { data, bytes } = readRecording(ask.body.json.value)
  if (bytes > limit) throw recordingTooLarge(limit)
  const bodyBytes = ask.envelope.bodyBytes - data.length + bytes // as of a form
  return { ...ask, envelope: { ...ask.envelope, bodyBytes, wantsUsage: true } }
}

async function askForm (
  request: FastifyRequest, known: Facts & { task: Task }, limits: Omit<SpoolOptions, 'contentType'>
): Promise<Ask> {
  const contentType = request.headers['content-type'] ?? ''
  if (!contentType.startsWith('multipart/')) throw new GatewayError('wrong_content_type', { contentType, expected: 'multipart/form-data or application/json' })
  const { body, fields } = await spool(request.body as Readable, { ...limits, contentType })
  return { ...known, envelope: readFormEnvelope(fields, body.bytes), body }
}
