// Moderations: nothing is flagged, because nothing was read.

import type { JsonValue } from '../../core/json.ts'
import { json, type Answer, type DryRun } from './run.ts'

/** https://platform.openai.com/docs/api-reference/moderations/object */
const CATEGORIES = [
  'harassment', 'harassment/threatening', 'sexual', 'hate', 'hate/threatening', 'illicit', 'illicit/violent',
  'self-harm/intent', 'self-harm/instructions', 'self-harm', 'sexual/minors', 'violence', 'violence/graphic'
]

const RESULT = {
  flagged: false,
  categories: everyCategory(false),
  category_scores: everyCategory(0),
  category_applied_input_types: everyCategory([])
}

export function answerModeration (run: DryRun): Answer {
  const results = Array.from({ length: inputsIn(run.request['input']) }, () => RESULT)
  return json({ id: `modr-${run.id}`, model: run.model, results, ...run.marks })
}

/** A list of texts has a result each; a text, or the parts of one message, has one. */
function inputsIn (input: JsonValue | undefined): number {
  return Array.isArray(input) && typeof input[0] === 'string' ? input.length : 1
}

function everyCategory<T extends JsonValue> (value: T): { [category: string]: T } {
  return Object.fromEntries(CATEGORIES.map((category) => [category, value]))
}
