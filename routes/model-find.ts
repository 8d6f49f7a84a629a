// One model by any of its names, or a refusal that names the nearest ones.

import type { ListedModel, ModelList } from '../src/catalog/model-card.ts'
import { GatewayError } from '../src/core/errors.ts'

const LONGEST_SHOWN = 200

/** @throws GatewayError `unknown_model` */
export function findModel (list: ModelList, name: string): ListedModel {
  const model = list.find(name)
  if (model) return model
  const near = list.nearest(name)
  const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'GET /v1/models lists what is served.'
  throw new GatewayError('no_such_model', { model: name.slice(0, LONGEST_SHOWN), hint })
}
