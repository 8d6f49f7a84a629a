// What a client may ask of its own request by headers: how long to wait, what it may cost, and what becomes of a broken
// stream.
//
// A client may set every deadline, but none beyond the operator's AIBROKER_TOTAL_TIMEOUT_MS: whoever needs longer ones
// than that for a model asks the operator, who writes them into modelsconfig.yml.

import type { IncomingHttpHeaders } from 'node:http'
import { LONGEST_DEADLINE_MS, readDeadlineMs } from '../src/core/deadline-words.ts'
import type { DeadlineName, DeadlineOverrides } from '../src/core/deadlines.ts'
import { GatewayError } from '../src/core/errors.ts'
import { readUsd, type NanoUsd } from '../src/core/money.ts'
import { STREAM_MODES, type StreamMode } from '../src/core/stream-mode.ts'

interface TimeoutHeader {
  readonly title: string
  readonly name: DeadlineName
  textOf (headers: IncomingHttpHeaders): string | string[] | undefined
}

const STREAM = 'X-Aibroker-Stream'
const MAX_COST = 'X-Aibroker-Max-Cost-Usd'

/** Names written out where they are looked up: 0.08 µs for the six of a request, 0.3 µs with computed ones. */
const TIMEOUTS: readonly TimeoutHeader[] = [
  {
    title: 'X-Aibroker-Timeout-Connect',
    name: 'connectMs',
    textOf: (headers) => headers['x-aibroker-timeout-connect']
  },
  {
    title: 'X-Aibroker-Timeout-First-Byte',
    name: 'firstByteMs',
    textOf: (headers) => headers['x-aibroker-timeout-first-byte']
  },
  {
    title: 'X-Aibroker-Timeout-First-Event',
    name: 'firstEventMs',
    textOf: (headers) => headers['x-aibroker-timeout-first-event']
  },
  {
    title: 'X-Aibroker-Timeout-Between',
    name: 'betweenMs',
    textOf: (headers) => headers['x-aibroker-timeout-between']
  },
  {
    title: 'X-Aibroker-Timeout-Total',
    name: 'totalMs',
    textOf: (headers) => headers['x-aibroker-timeout-total']
  }
]

const LONGEST_SESSION = 256

/**
 * The deadlines of `X-Aibroker-Timeout-*`; undefined, without making anything, when there is none.
 * `operatorTotalMs` is the setting, 0 for no bound.
 * @throws GatewayError `invalid_body` naming the header and its range.
 */
export function readDeadlineHeaders (
  headers: IncomingHttpHeaders, operatorTotalMs: number
): DeadlineOverrides | undefined {
  let deadlines: { -readonly [name in DeadlineName]?: number } | undefined
  for (const { title, name, textOf } of TIMEOUTS) {
    const text = textOf(headers)
    if (text === undefined) continue
    deadlines ??= {}
    deadlines[name] = readTimeout(String(text), title, operatorTotalMs || LONGEST_DEADLINE_MS)
  }
  return deadlines
}

/** @throws GatewayError `invalid_body` */
export function readStreamHeader (headers: IncomingHttpHeaders): StreamMode | undefined {
  const text = headers['x-aibroker-stream']
  if (text === undefined) return undefined
  const mode = STREAM_MODES.find((mode) => mode === text)
  if (mode) return mode
  throw wrong(STREAM, `one of ${STREAM_MODES.join(', ')}`)
}

/** What the request may cost at most. @throws GatewayError `invalid_body` */
export function readMaxCostHeader (headers: IncomingHttpHeaders): NanoUsd | undefined {
  const text = headers['x-aibroker-max-cost-usd']
  if (text === undefined) return undefined
  try {
    return readUsd(String(text))
  } catch {
    throw wrong(MAX_COST, 'an amount of US dollars, such as 0.05, with nine decimal places at the most')
  }
}

/** A longer one is of somebody else's making, and no session of ours. */
export function readSessionHeader (headers: IncomingHttpHeaders): string | undefined {
  const session = headers['x-session-id']
  return typeof session === 'string' && session !== '' && session.length <= LONGEST_SESSION ? session : undefined
}

function readTimeout (text: string, title: string, largestMs: number): number {
  const ms = readDeadlineMs(text)
  if (ms !== undefined && ms >= 1 && ms <= largestMs) return ms
  throw wrong(title, `a time from 1ms to ${largestMs / 1_000}s, such as 5, 1500ms or 1m`)
}

/** Without the value: somebody may have put a secret into the wrong header. */
function wrong (title: string, expected: string): GatewayError {
  return new GatewayError('invalid_body', { reason: `The header ${title} must be ${expected}.` }, { param: title })
}
