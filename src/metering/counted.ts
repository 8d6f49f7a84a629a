// What a request and its answer come to by our own count: the provider told none, and every word of both is known.
//
// DESIGN. A count is booked instead of the upper bound only where it is as good as the provider's own:
// - The model is one whose tokenizer is published and that writes nothing it does not show (encodings.ts).
// - The answer is whole. Of one that broke or was left, the provider may have written more than was seen.
// - Nothing but words went either way: what tools, schemas, images and predictions come to is not published.
// Around the words stand 3 tokens a message, 1 for each name and 3 before the answer:
// https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb
// On top of each side come one part in a hundred and 4 tokens, so that it is rather too much: a model may write a text
// in other tokens than a tokenizer finds in it, newer models count the mark that ends each choice, and a role that is
// no single token is rare. The sum stays within two parts in a hundred of what a provider would tell of a long text.

import type { InputTexts } from '../core/texts.ts'
import type { Usage } from '../core/usage.ts'
import type { Encoding } from './encodings.ts'
import type { TokenCounter } from './token-counter.ts'

const MESSAGE_TOKENS = 3
const NAME_TOKENS = 1
const REPLY_TOKENS = 3
const MARGIN_TOKENS = 4
const MARGIN_SHARE = 100

/** Input tokens of a text, without a margin; undefined: not counted. */
export async function countInput (
  counter: TokenCounter, encoding: Encoding, { texts, messages, names }: InputTexts
): Promise<number | undefined> {
  const words = await counter.count(encoding, texts)
  if (words === undefined) return undefined
  return words + messages * MESSAGE_TOKENS + names * NAME_TOKENS + (messages > 0 ? REPLY_TOKENS : 0)
}

/** `outputs`: the words of each choice; none where the task has no answer in words. Undefined: not counted. */
export async function countUsage (
  counter: TokenCounter, encoding: Encoding, input: InputTexts, outputs: readonly string[]
): Promise<Usage | undefined> {
  const [read, written] = await Promise.all([
    countInput(counter, encoding, input),
    outputs.length === 0 ? 0 : counter.count(encoding, outputs)
  ])
  if (read === undefined || written === undefined) return undefined
  if (outputs.length === 0) return { input: withMargin(read, 1) }
  return { input: withMargin(read, 1), output: withMargin(written, outputs.length) }
}

function withMargin (tokens: number, texts: number): number {
  return tokens + Math.ceil(tokens / MARGIN_SHARE) + MARGIN_TOKENS * texts
}
