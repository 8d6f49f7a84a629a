// A whole answer whose provider told no usage: priced by our own count where that is sound, else left at its bound.
//
// What must hold: only a cost that is `bounded` for lack of usage is ever replaced, before it is booked, and only by
// the count of a whole answer (metering/counted.ts). The exchange stays open meanwhile, so a kill books its bound.

import { toldTask } from '../core/ask.ts'
import { wholeEncodingOf, type Encoding } from '../metering/encodings.ts'
import { costOf, type Cost, type Measured } from '../metering/cost.ts'
import { countUsage } from '../metering/counted.ts'
import type { InputTexts } from '../core/texts.ts'
import type { Ask } from './ask.ts'
import { laneOf } from './lane.ts'
import type { ExchangeParts } from './parts.ts'
import type { Turn } from './turns.ts'

type Priced = Cost & Measured

/** A whole answer that was priced. */
export interface Uncounted {
  readonly ask: Ask
  readonly turn: Turn
  readonly cost: Priced
}

/** The cost as it is booked. `readOutputs`: the words of each choice; undefined: there was more than words. */
export async function counted (
  uncounted: Uncounted, parts: Pick<ExchangeParts, 'counter'>, readOutputs: () => readonly string[] | undefined
): Promise<Priced> {
  const { turn: { candidate: { backend: { price, markup }, ceiling }, sentAtMs }, cost } = uncounted
  const countable = countableOf(uncounted)
  const outputs = countable && readOutputs()
  if (!price || !countable || outputs?.length !== outputsOf(uncounted)) return cost
  const { principal: { keyId, ip } } = uncounted.ask
  const usage = await countUsage(parts.counter.of(keyId ?? ip), countable.encoding, countable.input, outputs)
  if (!usage) return cost
  const { circumstances } = cost
  const measured: Measured = {
    usage, reportedCost: undefined, isTold: false, isCounted: true, ...circumstances && { circumstances }
  }
  const priced = costOf(measured, price, { ceiling, isFree: false, markup, sentAtMs })
  return priced.grade === 'counted' ? { ...measured, ...priced } : cost
}

interface Countable {
  readonly encoding: Encoding
  readonly input: InputTexts
}

function countableOf ({ ask, turn, cost }: Uncounted): Countable | undefined {
  const { drafts, choices } = ask.envelope
  const isWritingMore = drafts !== undefined && drafts !== choices
  if (!isUntold(cost) || isWritingMore || ask.body.kind !== 'json') return undefined
  const encoding = wholeEncodingOf(turn.candidate.backend.modelId)
  const lane = laneOf(ask, turn.candidate)
  const input = encoding && lane.body.kind === 'json' ? lane.wire.readTexts(lane.body.json, lane.task) : undefined
  return encoding && input?.isAll ? { encoding, input } : undefined
}

/** Half of a usage, or one that cannot be true, is a sign that something is as nobody expects. */
function isUntold ({ grade, doubt, usage }: Priced): boolean {
  return grade === 'bounded' && doubt === undefined && Object.keys(usage).length === 0
}

function outputsOf ({ ask: { task, envelope }, turn }: Uncounted): number {
  return toldTask(task, turn.candidate.translation) === 'chat' ? envelope.choices : 0
}
