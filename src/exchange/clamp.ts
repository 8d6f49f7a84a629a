// A turn made smaller, so that its upper bound fits what a budget has left: a lower limit of output tokens.
//
// What must hold: the bound of the smaller turn is within the room. Output is what can be bounded from outside, and for
// a given input its bound grows by the same amount with every token, up to the longest that a model can write, so the
// largest limit that fits is found by rule of three and not by trying.

import type { NanoUsd } from '../core/money.ts'
import type { Room } from '../ledger/ledger.ts'
import { ceilingOf, longestOutput, tokensCeilingOf } from '../metering/estimate.ts'
import type { Ask } from './ask.ts'
import { offerOf } from './changed-turn.ts'
import type { Turn } from './turns.ts'

type Clamped = Pick<Turn, 'candidate'>

/** Fewer are of no use, and some providers refuse them. */
export const LEAST_OUTPUT_TOKENS = 16
/** Far enough from the first that rounding does not show in the slope; where limits end earlier, their end is. */
const FAR = 1_000_001

/** The limit of output tokens with which the turn fits; undefined: not even the least that makes sense does. */
export function fittingOutput (ask: Ask, turn: Clamped, { usd, tokens }: Room): number | undefined {
  if (ask.body.kind !== 'json' || (ask.task !== 'chat' && ask.task !== 'completion')) return undefined
  const asked = ask.envelope.maxOutputTokens ?? Infinity
  const most = Math.min(asked, withinUsd(ask, turn, usd), withinTokens(ask, turn, tokens))
  return most >= LEAST_OUTPUT_TOKENS ? most : undefined
}

/** Members that limit the output, as this request spells them; JSON text. */
export function limitMembers (body: Readonly<Record<string, unknown>>, maxOutputTokens: number): Map<string, string> {
  const spelt = ['max_completion_tokens', 'max_tokens'].filter((name) => body[name] !== undefined && body[name] !== null)
  return new Map((spelt.length > 0 ? spelt : ['max_tokens']).map((name) => [name, String(maxOutputTokens)]))
}

function withinUsd (ask: Ask, turn: Clamped, room: NanoUsd | undefined): number {
  if (room === undefined) return Infinity
  const one = ceilingOf(offerOf(ask, turn.candidate, 1))
  const farAt = Math.min(FAR, longestOutput(turn.candidate.model))
  const far = ceilingOf(offerOf(ask, turn.candidate, farAt))
  if (one === undefined || far === undefined || one > room) return 0
  if (far === one) return Infinity
  let most = 1 + Number((room - one) * BigInt(farAt - 1) / (far - one))
  // Bounds are rounded up: the slope is off by a nano-dollar or two, and the limit by a token.
  const fits = (tokens: number) => (ceilingOf(offerOf(ask, turn.candidate, tokens)) ?? 0n) <= room
  while (most > 0 && !fits(most)) most--
  while (most < farAt && fits(most + 1)) most++
  return most
}

function withinTokens (ask: Ask, turn: Clamped, room: number | undefined): number {
  if (room === undefined) return Infinity
  const one = tokensCeilingOf(offerOf(ask, turn.candidate, 1)) ?? 0
  const each = (tokensCeilingOf(offerOf(ask, turn.candidate, 2)) ?? 0) - one
  return each > 0 ? 1 + Math.floor((room - one) / each) : 0
}
