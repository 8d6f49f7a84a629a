// Legacy text completions, plain and streamed.

import type { JsonObject, JsonValue } from '../../core/json.ts'
import { markLast, MOST_CHOICES } from './chat.ts'
import { countOf, events, json, piecesOf, refusal, usageOf, type Answer, type DryRun } from './run.ts'

const MOST_ANSWERS = 2048

/** https://platform.openai.com/docs/api-reference/completions */
export function answerCompletion (run: DryRun): Answer {
  const count = promptsIn(run.request['prompt']) * countOf(run.request['n'], MOST_CHOICES)
  if (count > MOST_ANSWERS) return refusal(`${count} completions are more than ${MOST_ANSWERS}.`, 'prompt')
  const indexes = Array.from({ length: count }, (_, index) => index)
  const head: JsonObject = {
    id: `cmpl-${run.id}`, object: 'text_completion', created: run.createdS, model: run.model
  }
  const choice = (index: number, text: string, finish: JsonValue): JsonObject =>
    ({ index, text, logprobs: null, finish_reason: finish })
  const usage = usageOf(run, count * Buffer.byteLength(run.note))

  if (run.request['stream'] === true) {
    const sent = piecesOf(run.note).flatMap((piece) => indexes.map((index) => choice(index, piece, null)))
    const finished = indexes.map((index) => choice(index, '', 'stop'))
    const all = [...sent, ...finished].map((each) => ({ ...head, choices: [each] }))
    return events(markLast(all, run, usage, { ...head, choices: [] }))
  }
  const choices = indexes.map((index) => choice(index, run.note, 'stop'))
  return json({ ...head, system_fingerprint: 'fp_dry_run', choices, usage, ...run.marks })
}

/** A list of texts or of token lists holds several prompts; a text or one list of tokens is one. */
function promptsIn (prompt: JsonValue | undefined): number {
  return Array.isArray(prompt) && typeof prompt[0] !== 'number' ? Math.max(1, prompt.length) : 1
}
