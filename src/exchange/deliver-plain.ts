// A whole answer: priced, settled, and only then told.

import type { Task } from '../core/ask.ts'
import type { JsonObject } from '../core/json.ts'
import type { PlainAnswer } from '../wire/format.ts'
import { costHeaders } from './answer-headers.ts'
import type { Attempted } from './attempted.ts'
import { counted } from './counted.ts'
import type { Ask } from './ask.ts'
import type { Delivering } from './delivering.ts'
import { laneOf, type Lane } from './lane.ts'
import { isUntouched, textHeader, usageOf } from './lanes.ts'
import { priceAnswer } from './settle.ts'
import type { Turn } from './turns.ts'

/** What was changed in the answer itself, as `x-aibroker-edits` tells it of the request. */
const HEALED = ['x-aibroker-healed', 'content']
const NOTHING: readonly string[] = []
/** Cohere tells search units in `meta`, and some servers tell tokens in `usage` as well. */
const COUNTED_BESIDE: ReadonlySet<Task> = new Set(['rerank'])

export async function deliverPlain (exchange: Delivering, attempted: Attempted, plain: PlainAnswer): Promise<void> {
  const { ask, outlet, parts } = exchange
  const { turn } = attempted
  const lane = laneOf(ask, turn.candidate)
  const usage = plain.value && toldBy(ask, turn, plain.value)
  const told = priceAnswer(ask, turn, usage, parts)
  const cost = told.grade === 'bounded' ? await counted({ ask, turn, cost: told }, parts, () => wordsOf(lane, plain)) : told
  if (exchange.stop === 'client_gone') {
    await exchange.settle({ status: 499, error: 'client_gone' }, attempted, cost)
    return outlet.cut()
  }
  const isExact = isUntouched(ask, turn)
  const healed = isExact ? plain : healedOf(ask, plain)
  const bytes = isExact
    ? plain.bytes
    : lane.wire.finishAnswer(healed, exchange.additions(turn, cost, exchange.attempts.length))
  await exchange.settle({ status: 200, error: undefined }, attempted, cost)
  outlet.begin(200, [
    ...exchange.headers(attempted), ...costHeaders(cost), ...healed === plain ? NOTHING : HEALED,
    'content-type', textHeader(attempted.headers, 'content-type') || 'application/json',
    'content-length', String(bytes.length)
  ])
  outlet.end(bytes)
}

/** What tells the usage: its object, or the whole answer where counts may lie beside it. */
function toldBy ({ task }: Ask, { provider }: Turn, value: JsonObject): JsonObject {
  return COUNTED_BESIDE.has(task) ? value : usageOf(provider, value) ?? value
}

function healedOf ({ envelope, wire }: Ask, plain: PlainAnswer): PlainAnswer {
  return envelope.plugins?.wantsHealing ? wire.healAnswer(plain) : plain
}

/** Only a chat is answered in words. */
function wordsOf ({ task, wire }: Lane, plain: PlainAnswer): readonly string[] | undefined {
  return task === 'chat' ? wire.readAnswerTexts(plain) : []
}
