// aibroker price: what a request would be billed, line by line, on every backend of a model.

import { InvalidArgumentError } from 'commander'
import { systemClock } from '../core/clock.ts'
import { formatUsd } from '../core/money.ts'
import type { Circumstances, Usage, UsageKind } from '../core/usage.ts'
import type { Backend, Catalog, Price } from '../catalog/catalog.ts'
import { appliedText, billTable } from './bill-text.ts'
import { readCatalogFile } from './catalog-file.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { readSettings } from '../settings.ts'
import { CommandFailure } from './failure.ts'
import { plain, plainJson } from './plain-text.ts'
import type { Terminal } from './terminal.ts'

/** Counts by flag; `input` and `output` are totals, as providers tell them. */
interface CountFlags {
  readonly input?: number
  readonly cached?: number
  readonly cacheWrite?: number
  readonly cacheWrite1h?: number
  readonly output?: number
  readonly reasoning?: number
  readonly seconds?: number
  readonly characters?: number
  readonly images?: number
  readonly searches?: number
}

interface Flags extends JsonFlag, CountFlags {
  readonly provider?: string
  readonly serviceTier?: string
  readonly region?: string
  readonly at?: number
  readonly config?: string
  readonly home?: string
}

const MOST = 1_000_000_000

/** What is told for the kinds that a price can have on its own. */
const FLAGS: { readonly [kind in UsageKind]?: string } = {
  input: '--input', output: '--output', audio_ms: '--seconds', characters: '--characters', images: '--images', searches: '--searches'
}

export const define: Define = (command, terminal) => {
  command
    .description('Works out what a request would cost: each backend of the model, each line of its bill, by the prices ' +
      'of modelsconfig.yml and of "aibroker prices". Nothing is asked and nothing is booked.')
    .argument('<model>', 'a name of the file, or provider/model_id')
    .option('--input <tokens>', 'tokens in, cached and written ones included', readUnits)
    .option('--cached <tokens>', 'of these: read from the cache', readUnits)
    .option('--cache-write <tokens>', 'of these: written to the cache', readUnits)
    .option('--cache-write-1h <tokens>', 'of these: written to the cache for an hour', readUnits)
    .option('--output <tokens>', 'tokens out, reasoning included', readUnits)
    .option('--reasoning <tokens>', 'of these: reasoning', readUnits)
    .option('--seconds <seconds>', 'of audio, for transcriptions', readUnits)
    .option('--characters <characters>', 'to be spoken', readUnits)
    .option('--images <images>', 'to be made', readUnits)
    .option('--searches <searches>', 'made by the provider', readUnits)
    .option('--provider <provider>', 'this one only')
    .option('--service-tier <name>', 'as the answer would tell it: flex, priority')
    .option('--region <name>', 'as the answer would tell it: us')
    .option('--at <time>', 'sent at that time of the day, UTC: 2230 (default: now)', readTime)
    .option('--config <file>', 'read this file')
    .option('--home <folder>', 'whose price list counts (AIBROKER_HOME, ~/.aibroker)')
    .addHelpText('after', examples([
      'aibroker price gpt-5.4 --input 12000 --cached 9000 --output 800',
      'aibroker price gpt-5.4 --input 300000 --output 2000 --provider openai --service-tier flex',
      "aibroker price openai/whisper-1 --seconds 90 --json | jq -r '.data[].cost_usd'"
    ]))
    .action((model: string, flags: Flags) => price(model, flags, terminal))
}

async function price (model: string, flags: Flags, terminal: Terminal): Promise<void> {
  const usage = usageOf(flags)
  const { home } = readSettings(flags.home === undefined ? {} : { home: flags.home }, terminal.env)
  const { path, catalog } = await readCatalogFile(flags.config, terminal, home)
  const { nearestNames } = await import('../catalog/nearest.ts')
  const backends = backendsOf(model, catalog)
  if (backends.length === 0) {
    const near = nearestNames(model, catalog.names.keys(), 3).map(plain)
    const hint = near.length === 0 ? 'see "aibroker models"' : `did you mean ${near.join(' or ')}?`
    throw new CommandFailure('not_found', `no model ${plain(model)} with a price in ${plain(path)} or "aibroker prices list"; ${hint}`)
  }
  const asked = backends.filter(({ provider }) => flags.provider === undefined || provider === flags.provider)
  if (asked.length === 0) {
    const providers = [...new Set(backends.map(({ provider }) => provider))]
    throw new CommandFailure('not_found', `${plain(model)} is not served by ${plain(flags.provider ?? '')}, but by ${providers.join(', ')}`)
  }
  const sent = { usage, circumstances: circumstancesOf(flags), sentAtMs: flags.at ?? systemClock.nowMs() }
  const bills = await Promise.all(asked.map((backend) => billFor(backend, sent)))
  terminal.print(flags.json
    ? plainJson({ model, data: bills })
    : bills.map((bill, at) => textOf(bill, asked[at]?.price, flags)).join('\n\n'))
}

type Bill = Awaited<ReturnType<typeof billFor>>

interface Sent {
  readonly usage: Usage
  readonly circumstances: Circumstances
  readonly sentAtMs: number
}

/** In JSON terms; the rate of a line is USD for one of its units. */
async function billFor ({ id, provider, modelId, price, markup }: Backend, { usage, circumstances, sentAtMs }: Sent) {
  const { costOf } = await import('../metering/cost.ts')
  const { formatRate } = await import('../catalog/card-pricing.ts')
  const { billIn } = await import('../routing/explain-bill.ts')
  const { lineItemsText } = await import('../metering/line-items.ts')
  const measured = { usage, reportedCost: undefined, isTold: true, circumstances }
  const cost = costOf(measured, price, { ceiling: undefined, isFree: false, markup, sentAtMs })
  const { line_items: items, ...rest } = billIn({
    costNanoUsd: cost.amount,
    lineItems: lineItemsText(cost.lines, cost.applied),
    markupNanoUsd: cost.markup,
    grade: cost.grade,
    priceVersion: price?.version
  })
  const lines = (items ?? []).map((item, at) => {
    const rate = cost.lines[at]?.rate
    return { ...item, rate: rate === undefined ? '' : formatRate(rate, 1n) }
  })
  return { backend: id, provider, model_id: modelId, ...rest, cost_usd: usdOf(cost.amount), line_items: lines }
}

function usdOf (amount: bigint | undefined): string | null {
  return amount === undefined ? null : formatUsd(amount)
}

/** Of the model of that name; else the one that `provider/model_id` names, where its price is known. */
function backendsOf (name: string, { names, prices, providers }: Catalog): readonly Backend[] {
  const model = names.get(name)
  if (model) return model.backends
  const slash = name.indexOf('/')
  const provider = name.slice(0, Math.max(0, slash))
  const modelId = name.slice(slash + 1)
  const id = `${provider}:${modelId}`
  const price = prices.get(id)
  return price ? [{ id, provider, modelId, priority: 0, price, markup: providers.get(provider)?.markup }] : []
}

function circumstancesOf ({ serviceTier: service, region }: Flags): Circumstances {
  return { ...service !== undefined && { service }, ...region !== undefined && { region } }
}

/** @throws CommandFailure when nothing is counted, or a part is more than its whole. */
function usageOf (flags: CountFlags): Usage {
  const { input, cached = 0, cacheWrite = 0, cacheWrite1h = 0, output, reasoning = 0, seconds } = flags
  const counts: { readonly [kind in UsageKind]?: number | undefined } = {
    input: restOf(input, cached + cacheWrite + cacheWrite1h, '--cached and what is written to the cache are more than --input'),
    cache_read: flags.cached,
    cache_write: flags.cacheWrite,
    cache_write_1h: flags.cacheWrite1h,
    output: restOf(output, reasoning, '--reasoning is more than --output'),
    reasoning: flags.reasoning,
    characters: flags.characters,
    audio_ms: seconds === undefined ? undefined : seconds * 1_000,
    images: flags.images,
    searches: flags.searches
  }
  const told = Object.entries(counts).filter(([, count]) => count !== undefined)
  if (told.length === 0) throw new CommandFailure('wrong_usage', 'say what is used: --input and --output, or --seconds, --characters, --images')
  return Object.fromEntries(told)
}

function restOf (total: number | undefined, parts: number, refusal: string): number | undefined {
  if (parts > (total ?? 0)) throw new CommandFailure('wrong_usage', refusal)
  return total === undefined ? undefined : total - parts
}

function readUnits (text: string): number {
  const count = Number(text)
  if (/^\d{1,10}$/.test(text) && count <= MOST) return count
  throw new InvalidArgumentError(`Give a whole number from 0 to ${MOST}.`)
}

/** Ms since the epoch of that time of its first day: which day it is changes no price. */
function readTime (text: string): number {
  const [, hours, minutes] = /^([01]\d|2[0-3]):?([0-5]\d)$/.exec(text) ?? []
  if (minutes === undefined) throw new InvalidArgumentError('Give hours and minutes, such as 2230.')
  return (Number(hours) * 60 + Number(minutes)) * 60_000
}

function textOf (bill: Bill, price: Price | undefined, { region }: Flags): string {
  const applied = appliedText(bill.price_applied)
  const isRegionUnknown = price !== undefined && region !== undefined && !price.terms?.regions.has(region)
  return [
    `${plain(bill.backend)}, price ${bill.price_version ?? 'not known'}`,
    ...applied === '' ? [] : [`priced by: ${applied}`],
    ...isRegionUnknown ? [`region ${plain(region)} is not in the price, and changes nothing`] : [],
    bill.cost_usd === null ? unknownText(price) : billTable(bill.line_items, bill.cost_usd),
    ...bill.markup_usd === null ? [] : [`markup on top: ${bill.markup_usd} USD`]
  ].join('\n')
}

/** Whoever gave tokens for a model that is billed by the second is told what it is billed by. */
function unknownText (price: Price | undefined): string {
  if (!price) return 'what it would cost is not known; write its costs into modelsconfig.yml'
  const flags = Object.keys(price.rates).flatMap((kind) => FLAGS[kind as UsageKind] ?? [])
  const counts = flags.length === 0 ? '' : `, which has them for ${flags.join(', ')}`
  return `what it would cost is not known: something is used that has no cost in the price${counts}`
}
