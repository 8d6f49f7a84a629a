// What an operator should hear of a list that was taken, once for each thing that is so.

import type { Live } from './live.ts'

const MOST_NAMED = 5

export function remarksOn (live: Live, before: Live | undefined): string[] {
  const sentences: string[] = []
  if (live.skipped > 0 && live.skipped !== before?.skipped) {
    sentences.push(`OpenRouter's list of models: ${live.skipped} entries cannot be used and are left out`)
  }
  const held = heldIn(live)
  if (held.length > 0 && held.join() !== heldIn(before).join()) {
    const rest = held.length > MOST_NAMED ? ` and ${held.length - MOST_NAMED} more` : ''
    sentences.push('prices of OpenRouter\'s list that are not taken by themselves: ' +
      `${held.slice(0, MOST_NAMED).join(', ')}${rest}. A cost in modelsconfig.yml counts before them.`)
  }
  return sentences
}

function heldIn (live: Live | undefined): string[] {
  return (live?.held ?? []).map(({ id, reason }) => `${id} (${reason})`)
}
