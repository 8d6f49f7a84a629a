// What a request wants of the plugins that the broker runs itself, in OpenRouter's words: `plugins` and `transforms`.
// https://openrouter.ai/docs/guides/features/plugins/overview

export interface Plugins {
  /** `response-healing`: an answer that should be JSON is mended where it is not. Plain answers only. */
  readonly wantsHealing: boolean
  /**
   * `context-compression`: a prompt that does not fit loses its middle. Undefined: not said, and then only small
   * windows are made to do.
   */
  readonly mayCompress: boolean | undefined
}

/** A text surely has more tokens than its bytes divided by this; see wire/openai-chat/middle-out.ts. */
export const MOST_BYTES_PER_TOKEN = 5

/** Windows up to this size, in tokens, are made to do unless the request forbids it. */
export const SMALL_WINDOW = 8_192

/** Whether a prompt may lose its middle to fit a window of so many tokens. */
export function mayCompressInto (windowTokens: number, plugins: Plugins | undefined): boolean {
  return plugins?.mayCompress ?? windowTokens <= SMALL_WINDOW
}
