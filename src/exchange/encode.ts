// The call a turn makes: the client's own bytes with the declared splices, and headers from an allow-list.

import { skipSpace, type JsonBody, type JsonObject, type JsonValue } from '../core/json.ts'
import { editMembers, splice } from '../core/json-edit.ts'
import { headersOf, urlOf } from '../providers/address.ts'
import type { RequestQuirk } from '../providers/quirks/quirk.ts'
import { PLAIN_CHAT } from '../providers/quirks/told-as-chat.ts'
import type { Ask, SpooledBody } from './ask.ts'
import type { AttemptJob } from './attempted.ts'
import { recordingForm } from '../wire/openai-chat/recording-form.ts'
import { limitMembers } from './clamp.ts'
import type { Turn } from './turns.ts'
import type { UpstreamCall } from './upstream.ts'
import { withheldFrom } from './withheld.ts'

export interface EncodedCall {
  readonly call: UpstreamCall
  /** Names of the members that were changed, for `X-Aibroker-Edits`. */
  readonly edits: readonly string[]
}

const NO_LIMITS: ReadonlyMap<string, string> = new Map()
const LIMITS = ['max_completion_tokens', 'max_tokens']
/** For a model whose longest output nobody knows: less than any window, which is what is reserved. */
const USUAL_OUTPUT_TOKENS = 4_096
/** Tasks whose streams tell their usage only when asked. */
const ASKS_USAGE = new Set(['chat', 'completion'])

export function encode (job: AttemptJob): EncodedCall {
  const { ask, lane, turn } = job
  const url = urlOf(turn.provider, lane.task)
  if (!url) throw new Error(`${turn.provider.id} has no address for ${lane.task}`) // the plan let it through
  const { body, contentType, length, edits } = encodeBody(job)
  const headers = headersOf(turn.provider, turn.credential, contentType, ask.attribution)
  headers.push('content-length', String(length))
  return { call: { method: 'POST', url, headers, body }, edits }
}

function encodeBody (job: AttemptJob) {
  const { ask: { body }, lane, turn } = job
  if (body.kind === 'multipart') return encodeMultipart(body, turn)
  const isForm = lane.task === 'transcription' && turn.provider.takesJsonRecordings !== true
  return isForm ? encodeRecording(job, body.json) : encodeJson(job)
}

function encodeRecording (job: AttemptJob, json: JsonBody) {
  const changes = changesOf(job, json)
  const left = Object.entries(json.value).filter(([name]) => !changes.has(name))
  const { body, contentType } = recordingForm({ ...Object.fromEntries(left), ...membersIn(changes) })
  return { body, contentType, length: body.length, edits: [...changes.keys(), 'input_audio'] }
}

function encodeJson (job: AttemptJob) {
  const { body: own, edits } = job.lane
  if (own.kind !== 'json') throw new Error('not a JSON body')
  const { bytes, members } = own.json
  const changes = changesOf(job, own.json)
  const body = changes.size === 0
    ? bytes
    : splice(bytes, editMembers(bytes, skipSpace(bytes, 0), changes, members))
  const names = edits ? [...new Set([...edits, ...changes.keys()])] : [...changes.keys()]
  return { body, contentType: 'application/json', length: body.length, edits: names }
}

/** `json`: the body of its lane. */
function changesOf ({ ask, lane, turn, sequel }: AttemptJob, json: JsonBody): Map<string, string | undefined> {
  const changes = lane.wire.changesFor(json, {
    task: lane.task,
    envelope: ask.envelope,
    modelId: modelIdFor(turn),
    contextWindow: windowOf(turn),
    mayAskUsage: ASKS_USAGE.has(lane.task) && !ask.isExact
  })
  const messages = membersIn(changes, 'messages')
  rewrite(json.value, turn, changes)
  for (const name of withheldFrom(ask, turn)) changes.set(name, undefined)
  fillIn(turn.provider.defaults?.[lane.task], json.value, changes)
  if (sequel) for (const [name, text] of sequel.changes) changes.set(name, text)
  const limits = limitsFor(json.value, turn)
  for (const [name, text] of limits) changes.set(name, text)
  const quirks = quirksFor(ask, turn)
  if (!quirks) return changes
  // Quirks judge by what the splice is about to write: the provider's own model id, and the messages of a sequel.
  const written = { model: modelIdFor(turn), ...messages, ...membersIn(sequel?.changes), ...membersIn(limits) }
  return withQuirks({ ...json.value, ...written }, quirks, changes)
}

/**
 * What a budget has left; or, where a provider wants a limit and the client set none, the model's own. No 0 beside a
 * limit under the other name, which is what is reserved for: some servers go by the 0, and take it for none.
 */
function limitsFor (
  body: JsonObject, { provider, candidate: { clampedOutput, model } }: Turn
): ReadonlyMap<string, string> {
  if (clampedOutput !== undefined) return limitMembers(body, clampedOutput)
  const [one, other] = LIMITS.map((name) => body[name])
  if ((one === 0 && other) || (other === 0 && one)) return limitMembers(body, Number(one) + Number(other))
  if (!provider.needsOutputLimit || LIMITS.some((name) => body[name])) return NO_LIMITS
  return limitMembers(body, model.maxOutputTokens ?? USUAL_OUTPUT_TOKENS)
}

function quirksFor ({ wire }: Ask, turn: Turn): readonly RequestQuirk[] | undefined {
  const { isVerbatim, translatedQuirks } = turn.provider
  const quirks = untoldQuirks(turn)
  if (!wire.isTranslated || isVerbatim) return quirks
  return [...quirks ?? [], ...translatedQuirks ?? PLAIN_CHAT]
}

/** Those of a request in any dialect. */
function untoldQuirks ({ provider, candidate: { model } }: Turn): readonly RequestQuirk[] | undefined {
  const { reasoningQuirks, requestQuirks } = provider
  if (!reasoningQuirks || !model.capabilities.has('reasoning')) return requestQuirks
  return [...reasoningQuirks, ...requestQuirks ?? []]
}

/** What this provider would otherwise take for something else than the client means. */
function fillIn (defaults: JsonObject | undefined, body: JsonObject, changes: Map<string, string | undefined>): void {
  for (const name in defaults) if (body[name] === undefined) changes.set(name, JSON.stringify(defaults[name]))
}

/** What the plan wants to leave otherwise. */
function rewrite (body: JsonObject, { candidate }: Turn, changes: Map<string, string | undefined>): void {
  if (!candidate.rewrites) return
  for (const [name, text] of candidate.rewrites) {
    if (text !== undefined || Object.hasOwn(body, name)) changes.set(name, text)
  }
}

function modelIdFor ({ candidate: { backend, askedAs } }: Turn): string {
  return askedAs ?? backend.modelId
}

/** OpenRouter makes do with its windows itself, and a prompt is not shortened unasked. */
function windowOf ({ provider, candidate: { backend, model, translation } }: Turn): number | undefined {
  if (provider.isVerbatim === true || translation !== undefined) return undefined
  return backend.contextWindow ?? model.contextWindow
}

function membersIn (changes: ReadonlyMap<string, string | undefined> | undefined, only?: string): JsonObject {
  const members: Record<string, JsonValue> = {}
  for (const [name, text] of changes ?? []) {
    if (text !== undefined && name === (only ?? name)) members[name] = JSON.parse(text) as JsonValue
  }
  return members
}

function withQuirks (
  body: JsonObject, quirks: readonly RequestQuirk[], changes: Map<string, string | undefined>
): Map<string, string | undefined> {
  let value = body
  for (const quirk of quirks) {
    const changed = quirk(value)
    if (!changed) continue
    value = { ...value, ...changed } as JsonObject
    for (const [name, member] of Object.entries(changed)) {
      changes.set(name, member === undefined ? undefined : JSON.stringify(member))
    }
  }
  return changes
}

function encodeMultipart (body: SpooledBody, turn: Turn) {
  const { stream, length } = body.open([{ ...body.model, text: turn.candidate.backend.modelId }])
  return { body: stream, contentType: body.contentType, length, edits: ['model'] }
}
