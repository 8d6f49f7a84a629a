// From an HTTP request with a JSON body to an ask: who asks, what its headers choose, and what its body says.

import type { FastifyRequest } from 'fastify'
import type { Task } from '../src/core/ask.ts'
import { GatewayError } from '../src/core/errors.ts'
import { JsonError, readJsonObject, type JsonBody } from '../src/core/json.ts'
import type { Ask } from '../src/exchange/ask.ts'
import type { PresetStore } from '../src/ledger/presets.ts'
import { openaiChat } from '../src/wire/openai-chat/index.ts'
import { presetNameIn, withPreset } from '../src/wire/openai-chat/preset.ts'
import { translatedWire, type AskingWire } from '../src/wire/translated.ts'
import { isOpenRouterClient, wantsMetadata } from './client-traits.ts'
import { refuseUnknownHeaders } from './own-headers.ts'
import { readDeadlineHeaders, readMaxCostHeader, readSessionHeader, readStreamHeader } from './exchange-headers.ts'

const NOT_EXACT = 'Answers of this path are told anew, never byte for byte: leave X-Aibroker-Relay out.'

/** What is known of an ask before its body is read. */
export type Facts = Omit<Ask, 'task' | 'envelope' | 'body'>

/**
 * `task`: the endpoint's, or what tells it from the body. `operatorTotalMs`: the longest time a client may ask for.
 * @throws GatewayError for a header or a body that says nothing.
 */
export function readJsonAsk (
  request: FastifyRequest, task: Task | ((json: JsonBody) => Task), operatorTotalMs: number
): Ask {
  const known = factsOf(request, operatorTotalMs)
  const json = withNamedPreset(readBody(request.body), request.server.gateway.presets)
  const meant = typeof task === 'function' ? task(json) : task
  const ask = askOf(known, json, meant)
  return ask.envelope.isStream && isOpenRouterClient(request) ? Object.assign(ask, { isOpenRouterClient: true }) : ask
}

/** A request in a dialect that is told as a chat. @throws GatewayError as above, and for an answer wanted as it is. */
export function readTranslatedAsk (request: FastifyRequest, asking: AskingWire, operatorTotalMs: number): Ask {
  const known = factsOf(request, operatorTotalMs)
  if (known.isExact) throw new GatewayError('invalid_body', { reason: NOT_EXACT }, { param: 'x-aibroker-relay' })
  const { chat, losses, teller } = asking.interpret(readBody(request.body).value)
  const told = readBody(Buffer.from(JSON.stringify(chat))) // a chat has more values than what it tells
  const ask = askOf(known, withNamedPreset(told, request.server.gateway.presets), 'chat')
  return Object.assign(ask, { wire: translatedWire(asking, teller), losses, isOpenRouterClient: ask.envelope.isStream })
}

function askOf (known: Facts, json: JsonBody, task: Task): Ask {
  // Not `{ ...known, task }`: V8 takes 2.7 us to add members behind a spread.
  return Object.assign(known, {
    task,
    envelope: openaiChat.readEnvelope(json, task),
    body: { kind: 'json' as const, json },
    opening: task === 'chat' ? () => openaiChat.openingOf(json) : undefined
  })
}

/**
 * The body, with the preset that it names. One that stands beside the model, and nobody made here, may be OpenRouter's.
 * @throws GatewayError `no_such_preset`
 */
function withNamedPreset (json: JsonBody, presets: PresetStore): JsonBody {
  const name = presetNameIn(json.value)
  if (!name) return json
  const preset = presets.find(name.slug)
  if (preset) return withPreset(json, preset, name.model)
  if (!name.isModel) return json
  throw new GatewayError('no_such_preset', { slug: name.slug.slice(0, 100) })
}

/** @throws GatewayError for a header that says nothing. */
export function factsOf (request: FastifyRequest, operatorTotalMs: number): Facts {
  const { principal, headers } = request
  refuseUnknownHeaders(headers)
  const title = headers['x-openrouter-title'] ?? headers['x-title']
  return {
    wire: openaiChat,
    principal,
    isExact: headers['x-aibroker-relay'] === 'exact',
    isOpenRouterClient: false,
    wantsMetadata: wantsMetadata(request),
    deadlines: readDeadlineHeaders(headers, operatorTotalMs),
    maxCost: readMaxCostHeader(headers),
    streamMode: readStreamHeader(headers) ?? principal.streamMode,
    session: readSessionHeader(headers),
    attribution: { referer: headers['http-referer'] as string | undefined, title: title as string | undefined }
  }
}

/** @throws GatewayError `invalid_json` */
export function readBody (body: unknown): JsonBody {
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
