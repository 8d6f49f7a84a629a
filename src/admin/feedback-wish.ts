// The body of POST /generation/feedback: https://openrouter.ai/docs/api/api-reference/generations/submit-feedback

import type { JsonBody } from '../core/json.ts'
import { FEEDBACK_CATEGORIES, type Feedback } from '../ledger/feedback.ts'
import { refused } from './key-wish.ts'

const LONGEST_COMMENT = 1_000

/** @throws GatewayError `invalid_body` with `param` */
export function readFeedbackWish ({ value }: JsonBody): Pick<Feedback, 'category' | 'comment'> & { readonly id: string } {
  const { generation_id: id, category: word, comment = null } = value
  if (typeof id !== 'string' || id === '') throw refused('generation_id', '"generation_id" must be the id of an answer.')
  const category = FEEDBACK_CATEGORIES.find((category) => category === word)
  if (!category) throw refused('category', `"category" must be one of ${FEEDBACK_CATEGORIES.join(', ')}.`)
  if (comment === null) return { id, category, comment: undefined }
  if (typeof comment === 'string' && comment.length <= LONGEST_COMMENT) return { id, category, comment }
  throw refused('comment', `"comment" must be a text of at most ${LONGEST_COMMENT} characters.`)
}
