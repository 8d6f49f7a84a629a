// aibroker keys add: stores a provider's key in the key file. It comes through stdin or a prompt that shows nothing.

import { examples, type Define } from './command.ts'
import { CommandFailure } from './failure.ts'
import { keyOptions, knownProvider, openKeyFile, type KeyFlags } from './key-names.ts'
import { plainJson } from './plain-text.ts'
import { readSecretText } from './secret-input.ts'
import type { Terminal } from './terminal.ts'

export const define: Define = (command, terminal) => {
  keyOptions(command)
    .description('Stores a key of a provider in <home>/provider-keys.json, readable by you only. ' +
      'The key is read from stdin, one per line, or typed at a prompt that does not show it; never from the ' +
      'command line, where every process of this machine could read it. Keys in the environment ' +
      '(OPENAI_API_KEY) work without being stored.')
    .argument('<provider>', 'openai, openrouter, groq, …, or a provider of modelsconfig.yml')
    .argument('[nothing-else...]', 'the key is not given here')
    .option('--config <file>', 'where providers of your own are named (MODELS_CONFIG_PATH, ./modelsconfig.yml)')
    .addHelpText('after', examples([
      'aibroker keys add openai                  asks for the key',
      'aibroker keys add openai < key.txt',
      'pass show openai | aibroker keys add openai'
    ]))
    .action((provider: string, rest: readonly string[], flags: KeyFlags) => add(provider, rest, flags, terminal))
}

async function add (name: string, rest: readonly string[], flags: KeyFlags, terminal: Terminal): Promise<void> {
  if (rest.length > 0) {
    throw new CommandFailure('wrong_usage', 'a key on the command line can be read by every process of this machine, ' +
      'and your shell may have stored it already: consider it known, make a new one, and pipe that through stdin')
  }
  const provider = await knownProvider(name, flags, terminal)
  const keyFile = await openKeyFile(flags, terminal)
  const keys = (await readSecretText(terminal, `Key of ${provider} (not shown): `))
    .split('\n').map((line) => line.trim()).filter((line) => line !== '')
  const added = keys.filter((key) => keyFile.add(provider, key)).length

  if (flags.json) return terminal.print(plainJson({ provider, added, known: keys.length - added }))
  if (added === 0) return terminal.print(`That key of ${provider} is stored already.`)
  terminal.print(`Stored ${added === 1 ? 'a key' : `${added} keys`} of ${provider} in ${keyFile.path}. ` +
    'A running broker uses it after SIGHUP or its next start.')
}
