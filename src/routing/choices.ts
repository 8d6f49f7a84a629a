// The models a request may be served with, in its order, each once: one for most requests.

import type { Model } from '../catalog/catalog.ts'
import { TASK_PATHS, type Task } from '../core/ask.ts'
import { GatewayError } from '../core/errors.ts'
import { tooManyModels, type RoutingWishes } from '../core/wishes.ts'
import type { PlanRequest } from './plan.ts'
import { resolve, type Meant, type Snapshot } from './resolve.ts'
import type { Row } from './roster.ts'

export interface Choice {
  readonly index: number
  /** As the client wrote it. */
  readonly asked: string
  readonly meant: Meant
  /** All backends. */
  readonly rows: readonly Row[]
}

/** @throws GatewayError `unknown_model` or `wrong_task`. */
export function firstChoice ({ task, envelope: { model } }: PlanRequest, snapshot: Snapshot): Choice {
  return choiceOf(0, resolve(model, snapshot, { task, param: 'model' }), { asked: model, task, snapshot })
}

/**
 * `model`, then each of `models` that means another.
 * @throws GatewayError `unknown_model`, `wrong_task`, or `invalid_body` for more than `most` in `models`.
 */
export function choicesOf (
  request: PlanRequest, { models }: RoutingWishes, snapshot: Snapshot, most: number
): Choice[] {
  if (models.length > most) throw tooManyModels(most)
  const { task } = request
  const choices = [firstChoice(request, snapshot)]
  for (const asked of models) {
    const choice = choiceOf(choices.length, resolve(asked, snapshot, { task, param: 'models' }), { asked, task, snapshot })
    if (!choices.some(({ meant }) => isSame(meant, choice.meant))) choices.push(choice)
  }
  return choices
}

function choiceOf (index: number, meant: Meant, { asked, task, snapshot }: {
  readonly asked: string, readonly task: Task, readonly snapshot: Snapshot
}): Choice {
  return { index, asked, meant, rows: rowsFor(meant, task, snapshot) }
}

/** @throws GatewayError `wrong_task` for a model that was not configured for the endpoint. */
function rowsFor (meant: Meant, task: Task, { roster }: Snapshot): readonly Row[] {
  if (meant.kind === 'auto') return roster.serving(task)
  if (!meant.model.tasks.has(task)) throw wrongTask(meant.model, task)
  return roster.rowsOf(meant.model)
}

function wrongTask ({ name, tasks }: Model, task: Task): GatewayError {
  return new GatewayError('wrong_task', { model: name, path: `/v1${TASK_PATHS[task]}`, tasks: [...tasks].join(', ') })
}

/** Names and aliases of one model, with the same suffix. */
function isSame (one: Meant, other: Meant): boolean {
  return nameOf(one) === nameOf(other) && one.suffix?.text === other.suffix?.text
}

/** What sessions are kept under: it is the same for every name of a model. */
export function nameOf (meant: Meant): string {
  return meant.kind === 'auto' ? meant.name : meant.model.name
}
