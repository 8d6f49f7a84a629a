// Groq tells the usage of a stream in `x_groq.usage` of the last chunk, asked or not.
// https://console.groq.com/docs/api-reference#chat-create

import { asObject } from '../../core/json.ts'
import type { UsageQuirk } from './quirk.ts'

export const usageInXGroq: UsageQuirk = (event) => asObject(asObject(event['x_groq'])?.['usage'])
