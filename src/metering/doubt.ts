// Counts a provider told that cannot belong to the request: larger than anything it could have led to.
//
// DESIGN. The bounds are wide on purpose. A false alarm costs exactness, since the attempt is then booked at its
// ceiling; an alarm that does not come costs at most what the wide bound is worth. So they catch counts that are wrong
// by orders of magnitude (a counter that was never reset, bytes for tokens, nanoseconds for seconds) and nothing else:
// - Input: the bytes of the body, since a token is at least one, and 65,536 tokens that a provider may put before them:
//   templates, a prompt of its own, what a search found. With input that the body does not show, twice the window.
// - Output: twice the larger of what the model can write and what was asked for, and never less than 65,536: some
//   count reasoning beside the limit. Each for every text that is written.
// - Transcribed time: twenty times what speech needs; more is in no file, even of silence.

import type { Model } from '../catalog/catalog.ts'
import type { Envelope, Task } from '../core/ask.ts'
import { inputTokens, outputTokens, type Usage } from '../core/usage.ts'
import { LARGEST_WINDOW, longestOutput, mostAudioMs } from './estimate.ts'
import { repeatedTokens } from './rerank-bounds.ts'

export interface Asked {
  readonly task: Task
  readonly envelope: Envelope
  /** Undefined: not known, and then as large as models are. */
  readonly model: Pick<Model, 'contextWindow' | 'maxOutputTokens'> | undefined
}

const HIDDEN_TOKENS = 65_536
const LEAST_OUTPUT_TOKENS = 65_536
const SLACK = 2
const SILENCE_FACTOR = 20
const NOT_KNOWN = { contextWindow: undefined, maxOutputTokens: undefined }

/** Why the counts cannot be true, in words behind the provider's name; undefined: they may be. */
export function doubtOf (usage: Usage, asked: Asked): string | undefined {
  const input = inputTokens(usage) ?? 0
  if (input > mostInput(asked)) return `told ${input} input tokens for a body of ${asked.envelope.bodyBytes} bytes`
  const output = outputTokens(usage) ?? 0
  if (output > mostOutput(asked)) return `told ${output} output tokens, more than the model can write`
  const { audio_ms: audioMs = 0 } = usage
  if (audioMs > SILENCE_FACTOR * mostAudioMs(asked.envelope)) {
    return `told ${Math.round(audioMs / 1_000)} seconds of audio in a body of ${asked.envelope.bodyBytes} bytes`
  }
  return undefined
}

function mostInput ({ task, envelope, model }: Asked): number {
  const { bodyBytes, openInputs = 0 } = envelope
  const inBody = bodyBytes + HIDDEN_TOKENS + repeatedTokens(envelope)
  if (openInputs === 0) return draftsOf(envelope) * inBody
  const window = model?.contextWindow ?? LARGEST_WINDOW
  return draftsOf(envelope) * (inBody + SLACK * window * (task === 'chat' ? 1 : openInputs))
}

function mostOutput ({ envelope, model }: Asked): number {
  const written = model?.maxOutputTokens ?? model?.contextWindow ?? LARGEST_WINDOW
  const asked = Math.min(envelope.maxOutputTokens ?? 0, longestOutput(model ?? NOT_KNOWN))
  return SLACK * draftsOf(envelope) * Math.max(written, asked, LEAST_OUTPUT_TOKENS)
}

function draftsOf ({ choices, drafts = choices }: Envelope): number {
  return drafts
}
