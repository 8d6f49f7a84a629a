// What a card says a model takes, gives and can be told, in OpenRouter's words.

import type { Task } from '../core/ask.ts'
import type { Model } from './catalog.ts'
import type { CardArchitecture } from './listed-card.ts'

/** By task. */
const MODALITIES: { readonly [task in Task]: { readonly input: readonly string[], readonly output: string } } = {
  chat: { input: ['text'], output: 'text' },
  completion: { input: ['text'], output: 'text' },
  embedding: { input: ['text'], output: 'embeddings' },
  speech: { input: ['text'], output: 'speech' },
  transcription: { input: ['audio'], output: 'transcription' },
  moderation: { input: ['text'], output: 'text' },
  image: { input: ['text'], output: 'image' },
  rerank: { input: ['text'], output: 'rerank' }
}

const TEXT = ['max_tokens']
/** Reasoning models refuse these at several providers, and a client sends what it finds here. */
const SAMPLING = ['temperature', 'top_p', 'stop', 'seed', 'frequency_penalty', 'presence_penalty']
const TOOLS = ['tools', 'tool_choice']
const SCHEMA = ['response_format', 'structured_outputs']
const REASONING = ['reasoning', 'include_reasoning', 'reasoning_effort']

/** What a request may need to find out: for names whose model is chosen later. */
export const ALL_PARAMETERS: readonly string[] = [...TEXT, ...SAMPLING, ...TOOLS, ...SCHEMA]
export const ANY_ARCHITECTURE: CardArchitecture = architectureWith(['text', 'image'], ['text'])

export function architectureOf ({ tasks, capabilities }: Model): CardArchitecture {
  const rows = [...tasks].map((task) => MODALITIES[task])
  const input = new Set(rows.flatMap(({ input }) => input))
  if (capabilities.has('vision')) input.add('image')
  if (capabilities.has('audio_input')) input.add('audio')
  return architectureWith([...input], [...new Set(rows.map(({ output }) => output))])
}

function architectureWith (input: readonly string[], output: readonly string[]): CardArchitecture {
  return {
    modality: `${input.join('+')}->${output.join('+')}`,
    input_modalities: input,
    output_modalities: output,
    tokenizer: 'Other',
    instruct_type: null
  }
}

export function parametersOf ({ tasks, capabilities }: Model): string[] {
  if (!tasks.has('chat') && !tasks.has('completion')) return []
  return [
    ...TEXT,
    ...(capabilities.has('reasoning') ? REASONING : SAMPLING),
    ...(capabilities.has('tool_calling') ? TOOLS : []),
    ...(capabilities.has('json_schema') ? SCHEMA : [])
  ]
}
