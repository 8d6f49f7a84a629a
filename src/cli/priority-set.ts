// aibroker priority set: the priority of every backend of a provider, over modelsconfig.yml.

import { InvalidArgumentError } from 'commander'
import { systemClock } from '../core/clock.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { knownProvider } from './key-names.ts'
import { plain, plainJson } from './plain-text.ts'
import type { Terminal } from './terminal.ts'

interface Flags extends BooksFlags, JsonFlag {
  readonly config?: string
}

// As in ledger/priorities.ts, which a command does not load before it runs.
const HIGHEST = 1_000_000

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Sets the priority of every backend of a provider, over modelsconfig.yml; the lowest is first. A running ' +
      'broker follows within a second, and a restart changes nothing of it. "aibroker priority clear" takes it back.')
    .argument('<provider>', 'openai, openrouter, groq, …, or a provider of modelsconfig.yml')
    .argument('<priority>', `a whole number from 0 to ${HIGHEST}`, readPriority)
    .option('--config <file>', 'where providers of your own are named (MODELS_CONFIG_PATH, ./modelsconfig.yml)')
    .addHelpText('after', examples(['aibroker priority set groq 1', 'aibroker priority set openrouter 100 --json']))
    .action((provider: string, priority: number, flags: Flags) => set(provider, priority, flags, terminal))
}

async function set (name: string, priority: number, flags: Flags, terminal: Terminal): Promise<void> {
  const provider = await knownProvider(name, flags, terminal)
  const { createPriorities } = await import('../ledger/sqlite/priorities.ts')
  await withBooks(flags, terminal, 'guest', ({ sqlite }) => {
    createPriorities(sqlite).set({ provider, priority, setAtMs: systemClock.nowMs() })
  })
  terminal.print(flags.json ? plainJson({ provider, priority }) : `${plain(provider)} has priority ${priority}.`)
}

function readPriority (text: string): number {
  if (/^\d{1,7}$/.test(text) && Number(text) <= HIGHEST) return Number(text)
  throw new InvalidArgumentError(`Give a whole number from 0 to ${HIGHEST}.`)
}
