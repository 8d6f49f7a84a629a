// aibroker prices approve: takes prices that waited.

import { examples, type Define } from './command.ts'
import { CommandFailure } from './failure.ts'
import { plain, plainJson } from './plain-text.ts'
import { HOW_TO_USE, openPricesFile, pricesOptions, type PricesFlags } from './prices-file.ts'
import type { PriceList } from '../catalog/price-list.ts'
import type { Terminal } from './terminal.ts'

interface Flags extends PricesFlags {
  readonly approveAll?: boolean
}

export const define: Define = (command, terminal) => {
  pricesOptions(command)
    .description('Takes prices that wait, by the ids of "aibroker prices list --quarantined"; one that is gone from its ' +
      'feed is forgotten. What could not be read has nothing to take.')
    .argument('[ids...]', 'such as openai:gpt-4o')
    .option('--approve-all', 'everything that can be taken')
    .addHelpText('after', examples([
      'aibroker prices approve openai:gpt-4o groq:qwen/qwen3-32b', 'aibroker prices approve --approve-all'
    ]))
    .action((ids: string[], flags: Flags) => approveThese(ids, flags, terminal))
}

async function approveThese (ids: readonly string[], flags: Flags, terminal: Terminal): Promise<void> {
  if ((ids.length > 0) === (flags.approveAll === true)) {
    throw new CommandFailure('wrong_usage', 'give the ids to approve, or --approve-all')
  }
  const { approve } = await import('../catalog/price-list-review.ts')
  const file = await openPricesFile(flags, terminal)
  const wanted = flags.approveAll ? takable(file.list) : ids
  let { list } = file
  for (const id of wanted) {
    const next = approve(list, id)
    if (!next) throw refusalOf(file.list, id)
    list = next
  }
  if (wanted.length > 0) file.write(list)
  if (flags.json) return terminal.print(plainJson({ approved: wanted, quarantined: list.held.size }))
  terminal.print(`Approved ${wanted.length}; ${list.held.size} still wait.`)
  if (wanted.length > 0) terminal.note(HOW_TO_USE)
}

function takable ({ held }: PriceList): string[] {
  return [...held.values()].filter(({ kind }) => kind !== 'unreadable').map(({ id }) => id)
}

/** Nothing is written when one of them cannot be taken. */
function refusalOf ({ held }: PriceList, id: string): CommandFailure {
  const reason = held.get(id)?.reason
  if (reason === undefined) return new CommandFailure('not_found', `nothing of the id ${plain(id)} waits`)
  return new CommandFailure('failed', `${plain(id)} has no price to take: ${plain(reason)}`)
}
