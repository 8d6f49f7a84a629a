// Why an answer ended, as its provider told it.

export interface Finish {
  /** One of OpenRouter's five words, or the provider's own where it means none of them. */
  readonly reason: string
  /** In the provider's own word. */
  readonly native: string
}
