// `tool_choice: "required"` said in Mistral's word. https://docs.mistral.ai/capabilities/function_calling

import type { RequestQuirk } from './quirk.ts'

export const anyForRequired: RequestQuirk = (body) =>
  body['tool_choice'] === 'required' ? { tool_choice: 'any' } : undefined
