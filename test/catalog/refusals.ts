// What a configuration text is refused for, as the sentences an operator would read.

import { ConfigError } from '../../src/catalog/config-error.ts'
import { readCatalog } from '../../src/catalog/modelsconfig.ts'

/** Empty when the text is accepted. */
export function refusalsOf (text: string): readonly string[] {
  try {
    readCatalog(text, 'modelsconfig.yml', 0)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
    throw error
  }
}

/** A file with one model whose rest is given, indented as needed. */
export function oneModel (rest: string): string {
  return `models:\n  gpt:\n${rest.split('\n').map((line) => `    ${line}`).join('\n')}\n`
}

export const ONE_BACKEND = 'backends: [{ provider: openai, model_id: gpt }]'
