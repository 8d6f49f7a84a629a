// Which way an answer takes: held whole and spliced, or passed on as it comes; and who reads a stream on its way.

import { asObject, type JsonObject } from '../core/json.ts'
import type { Secret } from '../core/secret.ts'
import type { Provider } from '../providers/provider.ts'
import { withServiceTier } from '../wire/circumstances.ts'
import type { StreamReader } from '../wire/format.ts'
import type { AttemptJob } from './attempted.ts'
import type { Turn } from './turns.ts'
import type { UpstreamHeaders } from './upstream.ts'
import type { Ask } from './ask.ts'

/** The first value of a header; '' when it is absent. */
export function textHeader (headers: UpstreamHeaders, name: string): string {
  const value = headers[name]
  return (Array.isArray(value) ? value[0] : value) ?? ''
}

/** The headers with our credential masked, for providers that echo it (P8). Almost always the same headers. */
export function hideInHeaders (headers: UpstreamHeaders, secret: Secret | undefined): UpstreamHeaders {
  if (!secret) return headers
  let hidden = headers
  for (const name in headers) {
    const value = textHeader(headers, name)
    const shown = secret.hideIn(value)
    if (shown !== value) hidden = { ...hidden, [name]: shown }
  }
  return hidden
}

/** Server-sent events and media go out as they come; JSON and text are held until they are whole. */
export function isStreamAnswer (ask: Ask, headers: UpstreamHeaders): boolean {
  const type = textHeader(headers, 'content-type')
  if (type.startsWith('text/event-stream')) return true
  return ask.task === 'speech' && !type.includes('json')
}

/** Usage of an answer or event, with its service tier: first where this provider hides it, then in its usual place. */
export function usageOf (provider: Provider, value: JsonObject): JsonObject | undefined {
  const usage = hiddenUsage(provider, value) ?? asObject(value['usage'])
  return usage && withServiceTier(usage, value)
}

function hiddenUsage (provider: Provider, value: JsonObject): JsonObject | undefined {
  for (const quirk of provider.usageQuirks ?? []) {
    const usage = quirk(value)
    if (usage) return usage
  }
  return undefined
}

/** Whether the answer goes out byte for byte: the client asked for that, or it is OpenRouter's own. */
export function isUntouched ({ isExact, wire }: Ask, { provider, candidate }: Turn): boolean {
  return (isExact || provider.isVerbatim === true) && !wire.isTranslated && candidate.translation === undefined
}

export function openReader (job: AttemptJob, headers: UpstreamHeaders): StreamReader {
  const { ask, lane, turn, identity, additionsFor } = job
  const { provider } = turn
  const isExact = isUntouched(ask, turn)
  return lane.wire.createStream({
    task: lane.task,
    contentType: textHeader(headers, 'content-type'),
    choices: ask.envelope.choices,
    identity,
    provider: JSON.stringify(provider.displayName),
    hidesUsage: !ask.envelope.wantsUsage && !ask.isOpenRouterClient && !isExact,
    hidesReasoning: ask.envelope.hidesReasoning === true && !isExact,
    isExact,
    usageOf: (event) => usageOf(provider, event),
    additionsFor
  })
}
