// The words of a request, apart from the JSON around them: what a tokenizer can count.

export interface InputTexts {
  readonly texts: readonly string[]
  /** Messages of a chat; each stands in a frame of tokens. Elsewhere 0. */
  readonly messages: number
  /** Messages that name their speaker. */
  readonly names: number
  /**
   * Nothing else of the request reaches the model, or is billed: no tools, no images, no schema, no settings whose
   * tokens nobody documents.
   */
  readonly isAll: boolean
}
