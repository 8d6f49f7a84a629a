// Mistral's Voxtral tells heard audio as `usage.prompt_audio_seconds`; OpenAI's place for it is `usage.seconds`.
// https://docs.mistral.ai/capabilities/audio

import { asObject } from '../../core/json.ts'
import type { UsageQuirk } from './quirk.ts'

export const audioSeconds: UsageQuirk = (event) => {
  const usage = asObject(event['usage'])
  const seconds = usage?.['prompt_audio_seconds']
  if (!usage || typeof seconds !== 'number' || typeof usage['seconds'] === 'number') return undefined
  return { ...usage, seconds }
}
