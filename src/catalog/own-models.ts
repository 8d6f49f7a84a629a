// Which models of the list a client may use: those its key allows, by the rule that requests are judged by.

import { matchesAny } from '../core/allow-list.ts'
import type { Principal } from '../core/ask.ts'
import type { ListedModel } from './model-card.ts'

type Limits = Pick<Principal, 'models' | 'providers'>

/** The very list for a client without limits. */
export function openTo (limits: Limits, models: readonly ListedModel[]): readonly ListedModel[] {
  if (!limits.models && !limits.providers) return models
  return models.filter((listed) => isOpenTo(limits, listed))
}

/** A name that chooses a model chooses among those that are allowed, so it is there for everybody. */
function isOpenTo ({ models, providers }: Limits, { card, model }: ListedModel): boolean {
  if (!model) return true
  const backends = model.backends.filter(({ provider }) => !providers || matchesAny(providers, provider))
  if (!models) return backends.length > 0
  const isNamed = matchesAny(models, model.name) || card.x_aibroker.aliases.some((alias) => models.includes(alias))
  return backends.some(({ provider, modelId }) => isNamed || matchesAny(models, `${provider}/${modelId}`))
}
