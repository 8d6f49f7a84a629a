// modelsconfig.yml for staging a failover: a model whose first backend misbehaves and whose second one is well.

import { modelNamed } from './asked.ts'

/** The model that the snippet defines. */
export const STAGED_MODEL = 'staged'

/** @param url the chaos server's base URL. @param play what the first backend does. */
export function failoverSnippet (url: string, play: string): string {
  return `providers:
  chaos-primary: { wire: openai-chat, base_url: "${url}", credential: none }
  chaos-fallback: { wire: openai-chat, base_url: "${url}", credential: none }
models:
  ${STAGED_MODEL}:
    context_window: 128000
    max_output_tokens: 4096
    backends:
      - { provider: chaos-primary, model_id: ${modelNamed(play)}, priority: 1, input_cost: 1, output_cost: 2 }
      - { provider: chaos-fallback, model_id: ${modelNamed('well')}, priority: 2, input_cost: 3, output_cost: 6 }
`
}
