// The provider a key is for: known here, or a clear refusal with what may have been meant.

import { readSettings } from '../settings.ts'
import { readCatalogFile } from './catalog-file.ts'
import { CommandFailure } from './failure.ts'
import { plain } from './plain-text.ts'
import type { Command } from 'commander'
import type { KeyFile } from '../providers/key-file.ts'
import type { JsonFlag } from './command.ts'
import type { Terminal } from './terminal.ts'

export interface KeyFlags extends JsonFlag {
  readonly home?: string
  readonly config?: string
}

export function keyOptions (command: Command): Command {
  return command.option('--home <folder>', 'where the broker keeps its files (AIBROKER_HOME, ~/.aibroker)')
}

export async function openKeyFile (flags: KeyFlags, terminal: Terminal): Promise<KeyFile> {
  const { createKeyFile } = await import('../providers/key-file.ts')
  return createKeyFile(readSettings(flags.home === undefined ? {} : { home: flags.home }, terminal.env).home)
}

/** Built-in providers, and those of modelsconfig.yml. @throws CommandFailure for any other name. */
export async function knownProvider (name: string, flags: KeyFlags, terminal: Terminal): Promise<string> {
  const { builtin } = await import('../providers/builtin.ts')
  const ids = builtin.map(({ id }) => id)
  if (ids.includes(name)) return name
  const { catalog } = await readCatalogFile(flags.config, terminal)
  if (catalog.providers.has(name)) return name

  const { nearestNames } = await import('../catalog/nearest.ts')
  const [near] = nearestNames(name, [...ids, ...catalog.providers.keys()], 1)
  // Not repeated when it could be the key itself, given in the place of the name.
  const shown = /^[a-z][a-z0-9-]{0,24}$/.test(name) ? ` "${plain(name)}"` : ' of that name'
  const hint = near === undefined ? `known are ${ids.join(', ')}.` : `did you mean ${plain(near)}?`
  throw new CommandFailure('wrong_usage', `no provider${shown}; ${hint} Others need an entry in modelsconfig.yml`)
}
