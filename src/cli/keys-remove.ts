// aibroker keys remove: forgets a stored key of a provider.

import { examples, type Define } from './command.ts'
import { CommandFailure } from './failure.ts'
import { keyOptions, openKeyFile, type KeyFlags } from './key-names.ts'
import { plain, plainJson } from './plain-text.ts'
import type { StoredKey } from '../providers/key-file.ts'
import type { Terminal } from './terminal.ts'

export const define: Define = (command, terminal) => {
  keyOptions(command)
    .description('Forgets a stored key of a provider. It stays valid at the provider: revoke it there as well.')
    .argument('<provider>', 'whose key')
    .argument('[number]', 'which one, as "aibroker keys list" counts; not needed when there is only one')
    .addHelpText('after', examples(['aibroker keys remove openai', 'aibroker keys remove openai 2']))
    .action((provider: string, wanted: string | undefined, flags: KeyFlags) =>
      remove({ provider, wanted }, flags, terminal))
}

interface Wanted {
  readonly provider: string
  readonly wanted: string | undefined
}

async function remove ({ provider, wanted }: Wanted, flags: KeyFlags, terminal: Terminal): Promise<void> {
  const keyFile = await openKeyFile(flags, terminal)
  const { number, hint } = choose(keyFile.list().filter((key) => key.provider === provider), wanted)
  if (!keyFile.remove(provider, number)) throw notStored()
  if (flags.json) return terminal.print(plainJson({ provider, number, hint, removed: true }))
  terminal.print(`Forgot key ${number} (${plain(hint)}) of ${plain(provider)}. ` +
    'A running broker stops using it after SIGHUP or its next start.')
}

function choose (own: readonly StoredKey[], wanted: string | undefined): StoredKey {
  const [only] = own
  if (only === undefined) throw notStored()
  if (wanted === undefined && own.length === 1) return only
  if (wanted === undefined) {
    const choices = own.map(({ number, hint }) => `${number} (${plain(hint)})`).join(', ')
    throw new CommandFailure('wrong_usage', `there are several keys, say which: ${choices}`)
  }
  const found = own.find(({ number }) => String(number) === wanted)
  if (found === undefined) throw notStored()
  return found
}

/** What was asked for is not repeated: somebody may have given the key itself. */
function notStored (): CommandFailure {
  return new CommandFailure('not_found', 'no such key is stored; see "aibroker keys list"')
}
