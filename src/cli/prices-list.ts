// aibroker prices list: what counts where modelsconfig.yml names no price, and what waits.

import { examples, type Define } from './command.ts'
import { plainJson, table, type Column } from './plain-text.ts'
import { openPricesFile, packagedPrices, pricesOptions, type PricesFile, type PricesFlags } from './prices-file.ts'
import { costsOf, costWords, HELD_COLUMNS, heldCells, heldJson, type CostKeys } from './prices-text.ts'
import type { Price } from '../catalog/catalog.ts'
import type { Terminal } from './terminal.ts'

interface Flags extends PricesFlags {
  readonly quarantined?: boolean
}

interface Row {
  readonly id: string
  readonly price: Price
  readonly source: string
  /** Undefined: as the packaged file says at its top. */
  readonly asOf: string | undefined
}

const COLUMNS: readonly Column[] = [
  { title: 'id', align: 'left' },
  { title: 'costs', align: 'left' },
  { title: 'as of', align: 'left' },
  { title: 'source', align: 'left' }
]
const BUILT_IN = 'built in'

export const define: Define = (command, terminal) => {
  pricesOptions(command)
    .description('Lists the prices that count for provider/model_id where modelsconfig.yml says nothing: those the ' +
      'package came with, and over them those of "aibroker prices update".')
    .option('--quarantined', 'what waits for "aibroker prices approve" instead')
    .addHelpText('after', examples(['aibroker prices list', 'aibroker prices list --quarantined --json']))
    .action((flags: Flags) => list(flags, terminal))
}

async function list (flags: Flags, terminal: Terminal): Promise<void> {
  const { COST_KEYS } = await import('../catalog/cost-keys.ts')
  const file = await openPricesFile(flags, terminal)
  if (flags.quarantined) return listHeld(file, flags, COST_KEYS, terminal)
  const rows = rowsOf(await packagedPrices(), file)
  if (flags.json) {
    return terminal.print(plainJson({
      data: rows.map(({ id, price, source, asOf }) =>
        ({ id, costs: costsOf(price, COST_KEYS), version: price.version, source, as_of: asOf ?? null }))
    }))
  }
  terminal.print(table(COLUMNS, rows.map(({ id, price, source, asOf }) =>
    [id, costWords(price, COST_KEYS), asOf ?? '-', source])))
  if (file.list.held.size > 0) terminal.note(`${file.list.held.size} more wait: aibroker prices list --quarantined`)
}

function listHeld ({ list }: PricesFile, { json }: Flags, keys: CostKeys, terminal: Terminal): void {
  const held = [...list.held.values()]
  if (json) return terminal.print(plainJson({ data: held.map(heldJson) }))
  if (held.length === 0) return terminal.note('Nothing waits.')
  terminal.print(table(HELD_COLUMNS, held.map((one) => heldCells(one, keys))))
}

function rowsOf (packaged: ReadonlyMap<string, Price>, { list }: PricesFile): Row[] {
  const builtIn = [...packaged].filter(([id]) => !list.prices.has(id))
    .map(([id, price]): Row => ({ id, price, source: BUILT_IN, asOf: undefined }))
  return [...builtIn, ...list.prices.values()].sort((one, other) => one.id < other.id ? -1 : 1)
}
