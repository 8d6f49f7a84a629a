// aibroker prices update: takes a price list in, after a review. A broker itself reads no prices but OpenRouter's.

import { InvalidArgumentError } from 'commander'
import { resolve } from 'node:path'
import { systemClock } from '../core/clock.ts'
import { readFactor, type Factor } from '../core/money.ts'
import { examples, type Define } from './command.ts'
import { CommandFailure } from './failure.ts'
import { plain, plainJson, table } from './plain-text.ts'
import { HOW_TO_USE, openPricesFile, packagedPrices, pricesOptions, type PricesFlags } from './prices-file.ts'
import { readSource } from './prices-source.ts'
import { costWords, HELD_COLUMNS, heldCells, heldJson, type CostKeys } from './prices-text.ts'
import type { Change, Review } from '../catalog/price-list-review.ts'
import type { PriceList } from '../catalog/price-list.ts'
import type { Terminal } from './terminal.ts'

interface Flags extends PricesFlags {
  readonly from: string
  readonly factor?: Factor
  readonly approveAll?: boolean
  readonly dryRun?: boolean
}

const DEFAULT_FACTOR = '3'

export const define: Define = (command, terminal) => {
  pricesOptions(command)
    .description('Reads a price list and shows what it adds and changes. A price that would be more than a few times as ' +
      'much or as little, free, gone or unreadable is not taken: it waits for "aibroker prices approve". The list counts ' +
      'for models that modelsconfig.yml does not name.')
    .requiredOption('--from <file|url>', 'a list of our own shape, OpenRouter\'s /models or models.dev\'s api.json')
    .option('--factor <number>', 'how many times a cost may change by itself (AIBROKER_PRICE_FACTOR, 3)', readLimit)
    .option('--approve-all', 'take what would wait, too')
    .option('--dry-run', 'show, and write nothing')
    .addHelpText('after', examples([
      'aibroker prices update --from https://models.dev/api.json',
      'aibroker prices update --from https://openrouter.ai/api/v1/models --dry-run',
      'aibroker prices update --from ./prices.json --factor 1.5'
    ]))
    .action((flags: Flags) => update(flags, terminal))
}

async function update (flags: Flags, terminal: Terminal): Promise<void> {
  const factor = flags.factor ?? factorIn(terminal)
  const file = await openPricesFile(flags, terminal)
  const review = await reviewSource(flags.from, factor, file.list)
  const list = flags.approveAll ? await withAllApproved(review) : review.list
  if (!flags.dryRun) file.write(list)
  const { COST_KEYS } = await import('../catalog/cost-keys.ts')
  const waiting = review.held.filter(({ id }) => list.held.has(id))
  const shown = { ...review, held: waiting }
  if (flags.json) return terminal.print(plainJson(jsonOf(shown, COST_KEYS, !flags.dryRun)))
  terminal.print(textOf(shown, COST_KEYS))
  if (waiting.length > 0) terminal.note(`${waiting.length} wait: aibroker prices approve <id>, or --approve-all`)
  terminal.note(flags.dryRun ? 'Nothing was written.' : `Wrote ${plain(file.path)}. ${HOW_TO_USE}`)
}

async function reviewSource (from: string, factor: Factor, list: PriceList): Promise<Review> {
  const { readFeed } = await import('../catalog/price-list-feeds.ts')
  const { reviewFeed } = await import('../catalog/price-list-review.ts')
  const { sheetOf } = await import('../metering/price-sheet.ts')
  const { builtin } = await import('../providers/builtin.ts')
  const text = await readSource(from)
  try {
    const feed = readFeed(text, new Set(builtin.map(({ id }) => id)))
    if (feed.rows.length === 0) throw new RangeError('has no price of a provider that is known here')
    return reviewFeed({
      list,
      builtIn: await packagedPrices(),
      rows: feed.rows,
      source: feed.source ?? (/^(https?|file):/i.test(from) ? from : resolve(from)),
      asOf: feed.asOf ?? new Date(systemClock.nowMs()).toISOString().slice(0, 10),
      factor,
      ratesOf: (price) => sheetOf(price).rates
    })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new CommandFailure('failed', `${plain(from)} ${plain(error.message)}`, error)
  }
}

async function withAllApproved ({ list, held }: Review): Promise<PriceList> {
  const { approve } = await import('../catalog/price-list-review.ts')
  return held.reduce((list, { id }) => approve(list, id) ?? list, list)
}

function readLimit (text: string): Factor {
  const factor = limitOf(text)
  if (factor) return factor
  throw new InvalidArgumentError('Give a number above 1 and up to 1000, such as 3 or 1.5.')
}

function factorIn ({ env }: Terminal): Factor {
  const text = env['AIBROKER_PRICE_FACTOR'] ?? DEFAULT_FACTOR
  const factor = limitOf(text)
  if (factor) return factor
  throw new CommandFailure('wrong_usage', 'AIBROKER_PRICE_FACTOR must be a number above 1 and up to 1000')
}

/** Undefined: not above 1, or so large that it limits nothing. */
function limitOf (text: string): Factor | undefined {
  if (!/^\d{1,4}(\.\d{1,6})?$/.test(text)) return undefined
  const factor = readFactor(text)
  const isFit = factor.numerator > factor.denominator && factor.numerator <= 1000n * factor.denominator
  return isFit ? factor : undefined
}

function textOf ({ added, changed, unchanged, held }: Review, keys: CostKeys): string {
  const lines = [
    ...added.map(({ id, after }) => `+ ${plain(id)}: ${costWords(after, keys)}`),
    ...changed.map(({ id, before, after }) => `~ ${plain(id)}: ${before ? costWords(before, keys) : ''} -> ${costWords(after, keys)}`)
  ]
  const sums = `${added.length} added, ${changed.length} changed, ${unchanged} unchanged, ${held.length} quarantined`
  const waiting = held.length === 0 ? [] : [table(HELD_COLUMNS, held.map((one) => heldCells(one, keys)))]
  return [...lines, ...waiting, sums].join('\n')
}

function jsonOf ({ added, changed, unchanged, held }: Review, keys: CostKeys, isWritten: boolean) {
  const change = ({ id, before, after }: Change) =>
    ({ id, before: before ? costWords(before, keys) : null, after: costWords(after, keys) })
  return {
    added: added.map(change),
    changed: changed.map(change),
    removed: held.filter(({ kind }) => kind === 'removed').map(({ id }) => id),
    unchanged,
    quarantined: held.map(heldJson),
    written: isWritten
  }
}
