// aibroker reconcile: bounds, estimates and unknown costs are corrected to what the provider says it charged.

import { formatUsd, type NanoUsd } from '../core/money.ts'
import { systemClock } from '../core/clock.ts'
import { readSettings } from '../settings.ts'
import { booksOptions, withBooks, type BooksFlags } from './books.ts'
import { writeBesideBroker } from './busy.ts'
import { readCatalogFile } from './catalog-file.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { CommandFailure } from './failure.ts'
import { counted, plain, plainJson } from './plain-text.ts'
import { openAskCost, PROVIDER, type Account, type AskCost } from './reconcile-openrouter.ts'
import { readSpanMs } from './times.ts'
import type { Reconciler } from '../ledger/sqlite/adjust-reconcile.ts'
import type { Terminal } from './terminal.ts'

interface Flags extends BooksFlags, JsonFlag {
  readonly since?: string
  readonly config?: string
}

interface Tally {
  reconciled: number
  difference: NanoUsd
  notTold: number
}

export const define: Define = (command, terminal) => {
  booksOptions(command)
    .description('Asks the provider what it charged for attempts that were booked at a bound, at an estimate or without a ' +
      'cost, and books the difference as an adjustment, once for each. Only attempts whose answer had an id of the ' +
      'provider can be asked about. Works beside a running broker. Tokens stay as they were told.')
    .argument('<provider>', 'openrouter')
    .option('--since <span>', 'requests of the last 30m, 24h, 7d or 4w only')
    .option('--config <file>', 'read this file')
    .addHelpText('after', examples(['aibroker reconcile openrouter --since 7d']))
    .action((provider: string, flags: Flags) => reconcile(provider, flags, terminal))
}

async function reconcile (provider: string, flags: Flags, terminal: Terminal): Promise<void> {
  if (provider !== PROVIDER) {
    throw new CommandFailure('wrong_usage', `${plain(provider)} cannot be asked what a request has cost; ${PROVIDER} can`)
  }
  const sinceMs = flags.since === undefined ? undefined : systemClock.nowMs() - readSpanMs('--since', flags.since)
  const ask = await openAskCost(await accountOf(flags, terminal))
  const { createReconciler } = await import('../ledger/sqlite/adjust-reconcile.ts')
  const tally = await withBooks(flags, terminal, 'guest', ({ sqlite }) => run(createReconciler(sqlite), ask, sinceMs))
  const { reconciled, notTold } = tally
  const difference = formatUsd(tally.difference)
  if (flags.json) {
    return terminal.print(plainJson({ provider, attempts: reconciled, difference_usd: difference, not_told: notTold }))
  }
  terminal.print(`${counted(reconciled, 'attempt')} ${reconciled === 1 ? 'was' : 'were'} reconciled: ${difference} USD on top of what was booked; of ${notTold} ` +
    `${provider} did not tell`)
}

/** @throws CommandFailure when there is no key. */
async function accountOf (flags: Flags, terminal: Terminal): Promise<Account> {
  const { builtin } = await import('../providers/builtin.ts')
  const { createKeyFile } = await import('../providers/key-file.ts')
  const { createProviders } = await import('../providers/registry.ts')
  const { createSecrets } = await import('../providers/secrets.ts')
  const { env } = terminal
  const { home } = readSettings({ ...flags }, env)
  const { catalog } = await readCatalogFile(flags.config, terminal)
  const keyFile = createKeyFile(home)
  const provider = createProviders({ builtin, catalogProviders: catalog.providers, env, keyFile }).get(PROVIDER)
  const secrets = provider ? createSecrets({ env, keyFile })(provider) : []
  if (provider?.url === undefined || secrets.length === 0) {
    throw new CommandFailure('not_found', 'there is no key of OpenRouter; "aibroker keys add openrouter" stores one')
  }
  return { url: provider.url, secrets }
}

async function run (reconciler: Reconciler, ask: AskCost, sinceMs: number | undefined): Promise<Tally> {
  const tally = { reconciled: 0, difference: 0n, notTold: 0 }
  for (let after = 0; ;) {
    const attempts = reconciler.doubtful({ provider: PROVIDER, sinceMs }, after)
    if (attempts.length === 0) return tally
    for (const attempt of attempts) {
      after = attempt.id
      const cost = await ask(attempt)
      if (cost === undefined) {
        tally.notTold++
        continue
      }
      const told = { attempt: attempt.id, cost }
      const difference = await writeBesideBroker(() =>
        reconciler.reconcile(told, `aibroker reconcile ${PROVIDER}`, systemClock.nowMs()))
      if (difference === undefined) continue
      tally.reconciled++
      tally.difference += difference
    }
  }
}
