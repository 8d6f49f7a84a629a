// A turn that differs from the plan's: a lower limit of output, more input, or without some members of the request.
//
// What must hold: its ceilings are those of the request as it will be sent.

import { ceilingOf, tokensCeilingOf, type Offer } from '../metering/estimate.ts'
import { toldTask, type Envelope } from '../core/ask.ts'
import type { Candidate } from '../routing/plan.ts'
import type { Ask } from './ask.ts'
import type { Sequel } from './attempted.ts'
import type { Turn } from './turns.ts'

export type TurnChanges = Pick<Candidate, 'clampedOutput' | 'addedInputBytes' | 'withheld' | 'askedAs'>

export function changedTurn (ask: Ask, turn: Turn, changes: TurnChanges): Turn {
  return { ...turn, candidate: changedCandidate(ask, turn.candidate, changes) }
}

export function changedCandidate (ask: Ask, from: Candidate, changes: TurnChanges): Candidate {
  const { backend, model, boundPrice, ceiling, ...before } = changesIn(from)
  const candidate = { ...before, ...changes, backend, model, boundPrice, ceiling }
  const offer = offerOf(ask, candidate, candidate.clampedOutput)
  return { ...candidate, ceiling: ceiling === 0n ? 0n : ceilingOf(offer), ceilingTokens: tokensCeilingOf(offer) }
}

/** A candidate of the plan is a class with getters, which a spread would leave behind. */
function changesIn (candidate: Candidate) {
  const { backend, model, boundPrice, ceiling, clampedOutput, addedInputBytes, withheld } = candidate
  const { translation, choice, askedAs, rewrites } = candidate
  const told = { translation, choice, askedAs, rewrites }
  return { backend, model, boundPrice, ceiling, clampedOutput, addedInputBytes, withheld, ...told }
}

/** What is asked of a backend; `maxOutputTokens` undefined: as the client asked. */
export function offerOf (ask: Ask, candidate: Candidate, maxOutputTokens?: number): Offer {
  const { model, backend, boundPrice = backend.price } = candidate
  const asked = envelopeOf(ask, candidate)
  const envelope = maxOutputTokens === undefined ? asked : { ...asked, maxOutputTokens }
  const modelId = candidate.askedAs ?? backend.modelId
  const task = toldTask(ask.task, candidate.translation)
  return { task, envelope, model, modelId, price: boundPrice, markup: backend.markup }
}

/** The request's envelope, with the bytes this turn adds to it. */
export function envelopeOf ({ envelope }: Ask, { addedInputBytes }: Candidate): Envelope {
  return addedInputBytes === undefined ? envelope : { ...envelope, bodyBytes: envelope.bodyBytes + addedInputBytes }
}

/** The turn with which a broken stream is carried on: what the client has got of it becomes input. */
export function carryingOn (ask: Ask, turn: Turn, sequel: Sequel | undefined): Turn {
  if (!sequel || sequel.changes.size === 0 || ask.body.kind !== 'json') return turn
  let addedInputBytes = 0
  for (const [name, text] of sequel.changes) {
    const own = ask.body.json.members.find((member) => member.name === name)
    const ownBytes = own ? own.valueEnd - own.valueStart : 0
    addedInputBytes += Math.max(0, Buffer.byteLength(text ?? '') - ownBytes)
  }
  return changedTurn(ask, turn, { addedInputBytes })
}
