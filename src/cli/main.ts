#!/usr/bin/env node
// The command `aibroker`. Only the command that was asked for is loaded: `--help` and the start of `serve` stay quick.

import { Command } from 'commander'
import { version } from '../version.ts'
import type { CommandRow } from './command.ts'
import { report } from './failure.ts'
import { systemTerminal, type Terminal } from './terminal.ts'

const COMMANDS: readonly CommandRow[] = [
  { path: ['serve'], summary: 'start the broker (also without any command)', load: () => import('./serve.ts') },
  { path: ['health'], summary: 'ask a running broker whether it is well', load: () => import('./health.ts') },
  { path: ['models'], summary: 'list the models that can be asked for', load: () => import('./models.ts') },
  { path: ['price'], summary: 'work out what a request would cost', load: () => import('./price.ts') },
  { path: ['usage'], summary: 'show requests, tokens and cost', load: () => import('./usage.ts') },
  { path: ['explain'], summary: 'show why an exchange went where it went', load: () => import('./explain.ts') },
  { path: ['verify'], summary: 'compare every sum of the books with its rows', load: () => import('./verify.ts') },
  { path: ['reprice'], summary: 'book what requests without a known price have cost', load: () => import('./reprice.ts') },
  { path: ['reconcile'], summary: 'ask a provider what it charged, and book the difference', load: () => import('./reconcile.ts') },
  { path: ['prune'], summary: 'delete rows of old requests; usage stays', load: () => import('./prune.ts') },
  { path: ['chaos'], summary: 'start a provider that misbehaves on purpose', load: () => import('./chaos.ts') },
  { path: ['keys', 'add'], summary: 'store a key of a provider', load: () => import('./keys-add.ts') },
  { path: ['keys', 'list'], summary: 'list stored provider keys by their hints', load: () => import('./keys-list.ts') },
  { path: ['keys', 'remove'], summary: 'forget a key of a provider', load: () => import('./keys-remove.ts') },
  { path: ['token', 'create'], summary: 'make a key for a client', load: () => import('./token-create.ts') },
  { path: ['token', 'list'], summary: 'list client keys and their limits', load: () => import('./token-list.ts') },
  { path: ['token', 'revoke'], summary: 'take a client key back', load: () => import('./token-revoke.ts') },
  { path: ['budget', 'set'], summary: 'make or change a budget', load: () => import('./budget-set.ts') },
  { path: ['budget', 'list'], summary: 'list budgets with what is left', load: () => import('./budget-list.ts') },
  { path: ['budget', 'show'], summary: 'show one budget', load: () => import('./budget-show.ts') },
  { path: ['budget', 'remove'], summary: 'lift a budget', load: () => import('./budget-remove.ts') },
  { path: ['priority', 'list'], summary: 'list priorities that were set live', load: () => import('./priority-list.ts') },
  { path: ['priority', 'set'], summary: 'set the priority of a provider', load: () => import('./priority-set.ts') },
  { path: ['priority', 'clear'], summary: 'go by modelsconfig.yml again', load: () => import('./priority-clear.ts') },
  { path: ['prices', 'update'], summary: 'take a price list in, after a review', load: () => import('./prices-update.ts') },
  { path: ['prices', 'list'], summary: 'list prices, and what waits for approval', load: () => import('./prices-list.ts') },
  { path: ['prices', 'approve'], summary: 'take prices that waited', load: () => import('./prices-approve.ts') }
]

const GROUPS: { readonly [name: string]: string } = {
  keys: 'keys of providers, kept by the broker (add, list, remove)',
  token: 'keys for clients of the broker (create, list, revoke)',
  budget: 'what keys, teams, projects, models and addresses may use (set, list, show, remove)',
  priority: 'priorities of providers, over those of modelsconfig.yml (list, set, clear)',
  prices: 'prices of models that modelsconfig.yml does not name (update, list, approve)'
}

const EXPLANATION = `
Exit codes:
  0   done
  1   failed, or differences were found
  2   wrong usage or settings
  3   not found, or nobody answers there (health: 1)
  70  internal error

Every command takes --json: the answer is JSON on stdout, an error {"error": …} on stderr.

Examples:
  aibroker                                start on http://127.0.0.1:8791
  aibroker usage --by model --since 7d    what the last week cost
  aibroker keys add openai < key.txt      store a provider key
  aibroker token create --name laptop     make a key for a client`

const OWN_FLAGS = ['-h', '--help', '-V', '--version']

/** @returns the exit code. Never throws. */
async function run (argv: readonly string[], terminal: Terminal): Promise<number> {
  const words = isForServe(argv) ? ['serve', ...argv] : argv
  try {
    const program = await createProgram(words, terminal)
    await program.parseAsync(words, { from: 'user' })
    return 0
  } catch (error) {
    return report(error, argv.includes('--json'), terminal)
  }
}

/** `aibroker` and `aibroker --port 0` mean `aibroker serve`. */
function isForServe ([first]: readonly string[]): boolean {
  return first === undefined || (first.startsWith('-') && !OWN_FLAGS.includes(first))
}

async function createProgram (words: readonly string[], terminal: Terminal): Promise<Command> {
  const program = new Command('aibroker')
    .description('A gateway between programs and AI providers: one endpoint, exact costs, honest streams.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => { terminal.print(text.replace(/\n$/, '')) },
      writeErr: (text) => { terminal.note(text.replace(/\n$/, '')) },
      outputError: () => {} // said once, by report()
    })
    .addHelpText('after', EXPLANATION)

  const asked = words[0] === 'help' ? words.slice(1) : words
  for (const { path, summary, load } of COMMANDS) {
    const name = path[1] ?? path[0]
    const parent = path[1] === undefined ? program : groupOf(program, path[0])
    const command = parent.command(name).summary(summary)
    if (!path.every((word, index) => asked[index] === word)) continue
    const { define } = await load()
    define(command.option('--json', 'answer as JSON'), terminal)
  }
  return program
}

function groupOf (program: Command, name: string): Command {
  const group = program.commands.find((command) => command.name() === name)
  return group ?? program.command(name).description(GROUPS[name] ?? '')
}

process.exitCode = await run(process.argv.slice(2), systemTerminal)
