// What a person sees on a terminal at start: where, with which providers, and the line to paste.

import { countOf } from './catalog/model-card.ts'
import type { Gateway } from './gateway.ts'

export function banner (listen: string, gateway: Gateway, firstKey: string | undefined): string {
  const { settings, mode } = gateway
  const found = gateway.providers().all()
    .filter(({ id }) => mode === 'proxy' && gateway.credentials.state(id).kind !== 'none')
    .map(({ displayName, secretSource }) => `${displayName} (${secretSource})`)
  const lines = [
    '',
    `  aibroker listens on ${listen}`,
    mode === 'dry_run'
      ? '  dry run: nothing leaves this machine. Set e.g. OPENAI_API_KEY and start again to call a provider.'
      : `  providers: ${found.join(', ')}`,
    `  models: ${countOf(gateway.catalog())} · data: ${settings.home}`
  ]
  if (settings.isOpen) lines.push('  WARNING: --open serves everybody who can reach this address, on your keys.')
  if (firstKey !== undefined) lines.push('', '  The first client key, shown only now:', `  ${firstKey}`)
  if (settings.isTcp) lines.push('', ...exportsFor(listen, firstKey ?? 'any'))
  return [...lines, '', ''].join('\n')
}

/** What makes the clients of both dialects come here. */
function exportsFor (listen: string, key: string): string[] {
  return [
    `  export OPENAI_BASE_URL=${listen}/v1 OPENAI_API_KEY=${key}`,
    `  export ANTHROPIC_BASE_URL=${listen} ANTHROPIC_AUTH_TOKEN=${key}`
  ]
}
