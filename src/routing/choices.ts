// The models a request may be served with, in its order, each once: one for most requests.

import type { Model } from '../catalog/catalog.ts'
import { TASK_PATHS, type Task } from '../core/ask.ts'
import { GatewayError } from '../core/errors.ts'
import { tooManyModels, type RoutingWishes } from '../core/wishes.ts'
import type { PlanRequest } from './plan.ts'
import { CHOOSING_BY_MESSAGES, OPENROUTER } from './openrouter-names.ts'
import { resolve, type Meant, type Snapshot } from './resolve.ts'
import { servesTask, type Row } from './roster.ts'

export interface Choice {
  readonly index: number
  /** As the client wrote it. */
  readonly asked: string
  readonly meant: Meant
  /** All backends. */
  readonly rows: readonly Row[]
}

/** @throws GatewayError `unknown_model`, `wrong_task` or `router_needs_messages`. */
export function firstChoice (request: PlanRequest, snapshot: Snapshot): Choice {
  const { task, envelope: { model } } = request
  return choiceOf(0, resolve(model, snapshot, { task, param: 'model' }), { asked: model, request, snapshot })
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
    const meant = resolve(asked, snapshot, { task, param: 'models' })
    const choice = choiceOf(choices.length, meant, { asked, request, snapshot })
    if (!choices.some(({ meant }) => isSame(meant, choice.meant))) choices.push(choice)
  }
  return choices
}

function choiceOf (index: number, meant: Meant, { asked, request, snapshot }: {
  readonly asked: string, readonly request: PlanRequest, readonly snapshot: Snapshot
}): Choice {
  const { task, envelope } = request
  if (task === 'completion' && envelope.needsCompletions !== 'messages' && choosesByMessages(meant)) {
    throw new GatewayError('router_needs_messages', { model: asked }, { param: index === 0 ? 'model' : 'models' })
  }
  return { index, asked, meant, rows: rowsFor(meant, task, snapshot) }
}

/** @throws GatewayError `wrong_task` for a model that was not configured for the endpoint. */
function rowsFor (meant: Meant, task: Task, { roster }: Snapshot): readonly Row[] {
  if (meant.kind === 'auto') return roster.serving(task)
  if (!servesTask(meant.model, task)) throw wrongTask(meant.model, task)
  return roster.rowsOf(meant.model)
}

/** Ours, and OpenRouter's: what they choose by is not in a prompt. */
function choosesByMessages (meant: Meant): boolean {
  if (meant.kind === 'auto') return true
  const { backends } = meant.model
  return backends.some(({ provider, modelId }) => provider === OPENROUTER && CHOOSING_BY_MESSAGES.has(modelId))
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
