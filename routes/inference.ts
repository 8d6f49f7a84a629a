// Inference: one table of paths, one handler for JSON and one for forms. From here on the exchange does the work.

import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Readable } from 'node:stream'
import { TASK_PATHS, type Task } from '../src/core/ask.ts'
import { GatewayError } from '../src/core/errors.ts'
import { JsonError, readJsonObject, type JsonBody } from '../src/core/json.ts'
import type { Ask } from '../src/exchange/ask.ts'
import { spool } from '../src/exchange/spool.ts'
import type { Gateway } from '../src/gateway.ts'
import { openaiChat } from '../src/wire/openai-chat/index.ts'
import { readFormEnvelope } from '../src/wire/openai-chat/form-envelope.ts'
import { outletOf } from '../plugins/outlet.ts'
import { readDeadlineHeaders, readStreamHeader } from './exchange-headers.ts'

/** Tasks whose request is JSON, and those whose request is a form; the wire they are asked in. */
const JSON_TASKS: readonly Task[] = ['chat', 'completion', 'embedding', 'moderation', 'image', 'speech']
const FORM_TASKS: readonly Task[] = ['transcription']

const inference: FastifyPluginAsync<{ gateway: Gateway }> = async (fastify, { gateway }) => {
  const { limits, spoolFolder, deadlines: { totalMs } } = gateway.settings
  for (const task of JSON_TASKS) {
    fastify.post(TASK_PATHS[task], { bodyLimit: limits.inference, config: { task } }, (request, reply) =>
      gateway.exchange(askJson(request.body, task, facts(request, totalMs)), take(request, reply)))
  }
  for (const task of FORM_TASKS) {
    fastify.post(TASK_PATHS[task], { bodyLimit: limits.multipart, config: { task } }, async (request, reply) => {
      const known = { ...facts(request, totalMs), task } // before the body: a wrong header must not cost an upload
      const ask = await askForm(request, known, { folder: spoolFolder, limitBytes: limits.multipart })
      try {
        await gateway.exchange(ask, take(request, reply))
      } finally {
        if (ask.body.kind === 'multipart') ask.body.release()
      }
    })
  }
}

export default inference

/** What is known of an ask before its body is read. */
type Facts = Omit<Ask, 'task' | 'envelope' | 'body'>

function take (request: FastifyRequest, reply: FastifyReply) {
  request.isExchange = true
  return outletOf(reply)
}

function askJson (body: unknown, task: Task, known: Facts): Ask {
  const json = readBody(body)
  // Not `{ ...known, task }`: V8 takes 2.7 us to add members behind a spread.
  return Object.assign(known, { task, envelope: openaiChat.readEnvelope(json, task), body: { kind: 'json' as const, json } })
}

async function askForm (
  request: FastifyRequest, known: Facts & { task: Task }, limits: { folder: string, limitBytes: number }
): Promise<Ask> {
  const contentType = request.headers['content-type'] ?? ''
  if (!contentType.startsWith('multipart/')) throw new GatewayError('wrong_content_type', { contentType, expected: 'multipart/form-data' })
  const { body, fields } = await spool(request.body as Readable, { ...limits, contentType })
  return { ...known, envelope: readFormEnvelope(fields, body.bytes), body }
}

/** @throws GatewayError `invalid_json` */
function readBody (body: unknown): JsonBody {
  if (body !== undefined && !Buffer.isBuffer(body)) {
    throw new GatewayError('wrong_content_type', { contentType: 'multipart/form-data', expected: 'application/json' })
  }
  try {
    return readJsonObject(body ?? Buffer.alloc(0))
  } catch (error) {
    if (error instanceof JsonError) throw new GatewayError('invalid_json', { reason: error.message })
    throw error
  }
}

/** `operatorTotalMs`: the longest time a client may ask for. @throws GatewayError for a header that says nothing. */
function facts ({ principal, headers }: FastifyRequest, operatorTotalMs: number): Facts {
  const title = headers['x-openrouter-title'] ?? headers['x-title']
  return {
    wire: openaiChat,
    principal,
    isExact: headers['x-aibroker-relay'] === 'exact',
    deadlines: readDeadlineHeaders(headers, operatorTotalMs),
    streamMode: readStreamHeader(headers) ?? principal.streamMode,
    attribution: { referer: headers['http-referer'] as string | undefined, title: title as string | undefined }
  }
}
