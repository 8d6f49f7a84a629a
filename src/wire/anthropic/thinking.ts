// How long the model may think, in OpenRouter's word `reasoning`.
// https://docs.claude.com/en/docs/build-with-claude/extended-thinking and …/effort

import type { JsonObject } from '../../core/json.ts'
import { isTold, readObject, readOne, readWhole } from './values.ts'

const LEAST_BUDGET = 1_024
const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const

export interface Thinking {
  /** Members of the chat. */
  readonly members: JsonObject
  /** `display: "omitted"`: signatures are told, and no words. */
  readonly isShown: boolean
}

/** Effort is how much is written at all: with thinking its share of thoughts, else OpenRouter's `verbosity`. */
export function thinkingOf ({ thinking, output_config: config }: JsonObject): Thinking {
  const effort = effortIn(config)
  if (!isTold(thinking)) return { members: effort === undefined ? {} : { verbosity: effort }, isShown: true }
  const told = readObject(thinking, 'thinking')
  const isShown = told['display'] !== 'omitted'
  switch (readOne(told['type'], 'thinking.type', ['enabled', 'disabled', 'adaptive', 'between_tools'])) {
    case 'disabled': return { members: { reasoning: { enabled: false }, ...effort && { verbosity: effort } }, isShown }
    case 'enabled': {
      const budget = readWhole(told['budget_tokens'], 'thinking.budget_tokens', LEAST_BUDGET)
      return { members: { reasoning: { max_tokens: budget }, ...effort && { verbosity: effort } }, isShown }
    }
    case 'adaptive':
    case 'between_tools': return { members: { reasoning: { enabled: true, ...effort && { effort } } }, isShown }
  }
}

function effortIn (config: JsonObject[string]): string | undefined {
  if (!isTold(config)) return undefined
  const { effort } = readObject(config, 'output_config')
  return isTold(effort) ? readOne(effort, 'output_config.effort', EFFORTS) : undefined
}
