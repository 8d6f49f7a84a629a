// What another backend would need to take a request that one refused, read from the provider's error.

import { asObject, parseObject } from '../core/json.ts'
import type { Remedy } from '../core/outcome.ts'

/** https://platform.openai.com/docs/guides/error-codes and what compatible servers answer. */
const BY_CODE: { readonly [code: string]: Remedy } = {
  context_length_exceeded: 'larger_window',
  string_above_max_length: 'larger_window',
  content_policy_violation: 'other_policy',
  content_filter: 'other_policy',
  moderation_blocked: 'other_policy'
}

/** Servers without codes say it in words: vLLM and llama.cpp, Mistral, Anthropic-compatible ones. */
const TOO_LONG = /context (length|window|size)|maximum context|(prompt|input|request) (is )?too (long|large)|too many tokens/i

/** `text`: the error body. */
export function remedyOf (text: string, words: string): Remedy | undefined {
  const error = asObject(parseObject(text)?.['error'])
  for (const name of ['code', 'type']) {
    const code = error?.[name]
    if (typeof code === 'string' && Object.hasOwn(BY_CODE, code)) return BY_CODE[code]
  }
  return TOO_LONG.test(words) ? 'larger_window' : undefined
}
