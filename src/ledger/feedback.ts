// What somebody said of a generation. The last word counts, and the newest ten thousand are kept.

/** OpenRouter's own: https://openrouter.ai/docs/api/api-reference/generations/submit-feedback */
export const FEEDBACK_CATEGORIES = [
  'latency', 'incoherence', 'incorrect_response', 'formatting', 'billing', 'api_error', 'other'
] as const
export type FeedbackCategory = typeof FEEDBACK_CATEGORIES[number]

export interface Feedback {
  readonly category: FeedbackCategory
  readonly comment: string | undefined
  readonly createdAtMs: number
}

export const MOST_FEEDBACK = 10_000

export interface FeedbackStore {
  /** Of a generation that is there; it goes with its row. @throws GatewayError `ledger_unavailable` */
  note (generationId: string, feedback: Feedback): void
}
