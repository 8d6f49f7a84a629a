// The call a turn makes: the client's own bytes with the declared splices, and headers from an allow-list.

import { skipSpace, type JsonObject, type JsonValue } from '../core/json.ts'
import { editMembers, splice } from '../core/json-edit.ts'
import { headersOf, urlOf } from '../providers/address.ts'
import type { RequestQuirk } from '../providers/quirks/quirk.ts'
import type { Ask, SpooledBody } from './ask.ts'
import type { AttemptJob, Sequel } from './attempted.ts'
import { limitMembers } from './clamp.ts'
import type { Turn } from './turns.ts'
import type { UpstreamCall } from './upstream.ts'
import { withheldFrom } from './withheld.ts'

export interface EncodedCall {
  readonly call: UpstreamCall
  /** Names of the members that were changed, for `X-Aibroker-Edits`. */
  readonly edits: readonly string[]
}

/** Tasks whose streams tell their usage only when asked. */
const NO_LIMITS: ReadonlyMap<string, string> = new Map()
const ASKS_USAGE = new Set(['chat', 'completion'])

export function encode ({ ask, turn, sequel }: AttemptJob): EncodedCall {
  const url = urlOf(turn.provider, ask.task)
  if (!url) throw new Error(`${turn.provider.id} has no address for ${ask.task}`) // the plan let it through
  const { body, contentType, length, edits } = ask.body.kind === 'json'
    ? encodeJson(ask, turn, sequel)
    : encodeMultipart(ask.body, turn)
  const headers = headersOf(turn.provider, turn.credential, contentType, ask.attribution)
  headers.push('content-length', String(length))
  return { call: { method: 'POST', url, headers, body }, edits }
}

function encodeJson (ask: Ask, turn: Turn, sequel: Sequel | undefined) {
  if (ask.body.kind !== 'json') throw new Error('not a JSON body')
  const { bytes, members } = ask.body.json
  const changes = changesOf(ask, turn, sequel)
  const body = changes.size === 0
    ? bytes
    : splice(bytes, editMembers(bytes, skipSpace(bytes, 0), changes, members))
  return { body, contentType: 'application/json', length: body.length, edits: [...changes.keys()] }
}

function changesOf (ask: Ask, turn: Turn, sequel: Sequel | undefined): Map<string, string | undefined> {
  if (ask.body.kind !== 'json') return new Map()
  const changes = ask.wire.changesFor(ask.body.json, {
    task: ask.task,
    envelope: ask.envelope,
    modelId: modelIdFor(turn),
    contextWindow: windowOf(turn),
    mayAskUsage: ASKS_USAGE.has(ask.task) && !ask.isExact
  })
  const messages = membersIn(changes, 'messages')
  rewrite(ask.body.json.value, turn, changes)
  for (const name of withheldFrom(ask, turn)) changes.set(name, undefined)
  if (sequel) for (const [name, text] of sequel.changes) changes.set(name, text)
  const { clampedOutput } = turn.candidate
  const limits = clampedOutput === undefined ? NO_LIMITS : limitMembers(ask.body.json.value, clampedOutput)
  for (const [name, text] of limits) changes.set(name, text)
  const { requestQuirks } = turn.provider
  if (!requestQuirks) return changes
  // Quirks judge by what the splice is about to write: the provider's own model id, and the messages of a sequel.
  const written = { model: modelIdFor(turn), ...messages, ...membersIn(sequel?.changes), ...membersIn(limits) }
  return withQuirks({ ...ask.body.json.value, ...written }, requestQuirks, changes)
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

/** OpenRouter makes do with its windows itself. */
function windowOf ({ provider, candidate: { backend, model } }: Turn): number | undefined {
  return provider.isVerbatim === true ? undefined : backend.contextWindow ?? model.contextWindow
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
