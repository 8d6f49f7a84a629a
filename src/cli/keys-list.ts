// aibroker keys list: which providers have keys, and from where; of a key only its last characters.

import { examples, type Define } from './command.ts'
import { keyOptions, openKeyFile, type KeyFlags } from './key-names.ts'
import { plainJson, table, type Column } from './plain-text.ts'
import type { Terminal } from './terminal.ts'

interface KeyRow {
  readonly provider: string
  /** `stored`, or the variables of this shell. */
  readonly source: string
  /** The number `keys remove` takes; null for keys of the environment. */
  readonly number: number | null
  readonly hint: string
}

const COLUMNS: readonly Column[] = [
  { title: 'provider', align: 'left' },
  { title: 'number', align: 'right' },
  { title: 'key', align: 'left' },
  { title: 'from', align: 'left' }
]

export const define: Define = (command, terminal) => {
  keyOptions(command)
    .description('Lists stored provider keys by their last characters, and those that this environment holds.')
    .addHelpText('after', examples(['aibroker keys list', 'aibroker keys list --json']))
    .action((flags: KeyFlags) => list(flags, terminal))
}

async function list (flags: KeyFlags, terminal: Terminal): Promise<void> {
  const keyFile = await openKeyFile(flags, terminal)
  const stored = keyFile.list().map((key): KeyRow => ({ ...key, source: 'stored' }))
  const rows = [...stored, ...await environmentRows(terminal)]

  if (flags.json) return terminal.print(plainJson({ data: rows }))
  if (rows.length === 0) return terminal.note('No provider keys. "aibroker keys add openai" stores one.')
  terminal.print(table(COLUMNS, rows.map(({ provider, number, hint, source }) =>
    [provider, String(number ?? '-'), hint, source])))
}

async function environmentRows ({ env }: Terminal): Promise<KeyRow[]> {
  const { builtin } = await import('../providers/builtin.ts')
  const { readEnvironmentKeys } = await import('../providers/environment.ts')
  const { toSecrets } = await import('../providers/key-text.ts')
  return builtin.flatMap((provider) => {
    const { keys, variables } = readEnvironmentKeys(provider.env, env)
    return toSecrets(keys).map(({ hint }) => ({ provider: provider.id, source: variables.join(', '), number: null, hint }))
  })
}
