// What the books are told of a stream while it runs, so that a killed broker leaves more than a bound behind.
//
// DESIGN. There is no timer: each block that passes looks at the clock, and at most once a second one of them is
// followed by a note. The first second is never noted, so most streams cost nothing but the looks (40 ns a block,
// against some microseconds to read and write it). The cost of what was seen is an upper bound of it: the input at its
// bound and each byte that passed as a token of output, or what the provider told on the way where that is more.

import { toldTask } from '../core/ask.ts'
import type { NanoUsd } from '../core/money.ts'
import { ceilingOf } from '../metering/estimate.ts'
import type { Delivering } from './delivering.ts'
import type { LiveStream } from './live-stream.ts'
import type { RelayParts } from './relay.ts'
import { attemptIntent, priceAnswer } from './settle.ts'
import { upstreamIdOf } from './told.ts'
import type { Turn } from './turns.ts'

const EVERY_MS = 1_000

export interface WatchedStream {
  readonly turn: Turn
  readonly live: LiveStream
  /** The client gets nothing before the whole is there. */
  readonly isHeld: boolean
}

/** What a relay calls for each block. */
export function watchProgress (
  exchange: Pick<Delivering, 'ask' | 'parts' | 'note'>, stream: WatchedStream
): NonNullable<RelayParts['onBytes']> {
  const { ask, parts } = exchange
  const { turn, live, isHeld } = stream
  let dueMs = parts.clock.monotonicMs() + EVERY_MS
  return (passedBytes, drainedBytes) => {
    const nowMs = parts.clock.monotonicMs()
    if (nowMs < dueMs) return
    dueMs = nowMs + EVERY_MS
    const { usage, upstreamId } = live.reader
    const told = usage && priceAnswer(ask, turn, usage, parts)
    exchange.note({
      deliveredBytes: isHeld ? undefined : passedBytes,
      upstreamId: upstreamIdOf(upstreamId, turn),
      usage: told?.usage ?? {},
      seenCost: mostOf(boundOf(exchange, turn, passedBytes + drainedBytes), told && amountOf(told))
    })
  }
}

function boundOf (
  { ask, parts }: Pick<Delivering, 'ask' | 'parts'>, turn: Turn, seenBytes: number
): NanoUsd | undefined {
  const { backend: { modelId, price, markup }, model, translation, boundPrice } = turn.candidate
  const { ceiling } = attemptIntent(turn, parts)
  if (ceiling === undefined || ceiling === 0n) return ceiling
  const envelope = { ...ask.envelope, maxOutputTokens: seenBytes, choices: 1, drafts: 1 }
  const task = toldTask(ask.task, translation)
  const bound = ceilingOf({ task, envelope, model, modelId, price: price && (boundPrice ?? price), markup })
  return bound === undefined || bound > ceiling ? ceiling : bound
}

/** What was told without all its parts is booked at the bound, and says nothing about what was seen. */
function amountOf ({ amount, markup = 0n, grade }: ReturnType<typeof priceAnswer>): NanoUsd | undefined {
  return amount === undefined || grade === 'bounded' ? undefined : amount + markup
}

function mostOf (bound: NanoUsd | undefined, told: NanoUsd | undefined): NanoUsd | undefined {
  return bound !== undefined && told !== undefined && told > bound ? told : bound
}
