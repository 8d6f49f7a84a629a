// A whole answer: priced, settled, and only then told.

import type { PlainAnswer } from '../wire/format.ts'
import { costHeaders } from './answer-headers.ts'
import type { Attempted } from './attempted.ts'
import { counted } from './counted.ts'
import type { Ask } from './ask.ts'
import type { Delivering } from './delivering.ts'
import { isUntouched, textHeader, usageOf } from './lanes.ts'
import { priceAnswer } from './settle.ts'

export async function deliverPlain (exchange: Delivering, attempted: Attempted, plain: PlainAnswer): Promise<void> {
  const { ask, outlet, parts } = exchange
  const { turn } = attempted
  const usage = plain.value && (usageOf(turn.provider, plain.value) ?? plain.value)
  const told = priceAnswer(ask, turn, usage, parts)
  const cost = told.grade === 'bounded' ? await counted({ ask, turn, cost: told }, parts, () => wordsOf(ask, plain)) : told
  if (exchange.stop === 'client_gone') {
    await exchange.settle({ status: 499, error: 'client_gone' }, attempted, cost)
    return outlet.cut()
  }
  const bytes = isUntouched(ask, turn.provider)
    ? plain.bytes
    : ask.wire.finishAnswer(plain, exchange.additions(turn, cost, exchange.attempts.length))
  await exchange.settle({ status: 200, error: undefined }, attempted, cost)
  outlet.begin(200, [
    ...exchange.headers(attempted), ...costHeaders(cost),
    'content-type', textHeader(attempted.headers, 'content-type') || 'application/json',
    'content-length', String(bytes.length)
  ])
  outlet.end(bytes)
}

/** Only a chat is answered in words. */
function wordsOf ({ task, wire }: Ask, plain: PlainAnswer): readonly string[] | undefined {
  return task === 'chat' ? wire.readAnswerTexts(plain) : []
}
