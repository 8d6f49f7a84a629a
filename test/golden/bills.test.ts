// Bills as providers would write them. Each case in bills/*.json names the price page it follows, has the costs as an
// operator writes them in modelsconfig.yml, the usage as that provider sends it, and the bill, worked out by line:
// `input: 3000 x 2.5 / 1000000 = 0.007500000`. Nothing in those files was made by the code they test.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Backend } from '../../src/catalog/catalog.ts'
import { readCatalog } from '../../src/catalog/modelsconfig.ts'
import { formatUsd, readUsd } from '../../src/core/money.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { CostGrade, Measured } from '../../src/core/usage.ts'
import { measure } from '../../src/exchange/measure.ts'
import { costOf } from '../../src/metering/cost.ts'
import { lineItemsText } from '../../src/metering/line-items.ts'
import { withServiceTier } from '../../src/wire/circumstances.ts'
import { readPageUsage, readRerankUsage } from '../../src/wire/openai-other/usage.ts'
import { envelope } from '../routing/samples.ts'

interface Golden {
  readonly name: string
  /** The provider's page that the costs, or the meaning of the counts, are from. */
  readonly page: string
  readonly reader: 'chat' | 'embedding' | 'image' | 'transcription' | 'speech' | 'moderation' | 'rerank' | 'ocr'
  readonly envelope?: object
  /** Null: the price is not known. */
  readonly price: { readonly [key: string]: unknown } | null
  /** What stands beside the usage in the answer. */
  readonly answer?: JsonObject
  readonly usage: JsonObject
  readonly grade: CostGrade
  readonly bill?: readonly string[]
  /** Without: the sum of the bill. */
  readonly total?: string
  /** Our own sum, where the provider told another one. */
  readonly computed?: string
  /** The lines of that sum; for the reader of the file. */
  readonly sum?: readonly string[]
  /** What of the price was applied, as line items begin. */
  readonly applied?: string
  readonly markup?: string
}

const FOLDER = join(import.meta.dirname, 'bills')
const CEILING = 123_456_789n
const WHOLE_LINE = /^(\w+): (\d+) x ([\d.]+(?: x [\d.]+)*)(?: \/ (\d+))? = (\d+\.\d{9})$/

const families = readdirSync(FOLDER).map((file) => ({
  file, cases: JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Golden[]
}))

function measured ({ reader, usage, answer = {}, ...rest }: Golden): Measured {
  if (reader === 'ocr') return readPageUsage(usage)
  if (reader === 'rerank') return readRerankUsage(usage)
  return measure(reader, withServiceTier(usage, answer), envelope({ bodyBytes: 2_000_000, ...rest.envelope }))
}

function backendWith (costs: Golden['price']): Backend | undefined {
  const backend = { provider: 'golden', model_id: 'm', ...costs }
  const { catalog, warnings } = readCatalog(JSON.stringify({ models: { m: { backends: [backend] } } }), 'golden', 0)
  if (warnings.length > 0) throw new Error(warnings.join('\n'))
  return catalog.models.get('m')?.backends[0]
}

/** As the ledger has it: `input:3000:7500000;…`. */
function itemsOf ({ bill, applied }: Golden): string | undefined {
  if (!bill || bill.length === 0) return undefined
  const lines = bill.map((line) => {
    const [, kind, count, , , usd = ''] = WHOLE_LINE.exec(line) ?? []
    return `${kind}:${count}:${readUsd(usd)}`
  })
  return [...applied ? [applied] : [], ...lines].join(';')
}

for (const { file, cases } of families) {
  t.test(`golden bills: ${file}`, async (t) => {
    for (const golden of cases) {
      const backend = backendWith(golden.price)
      const bounds = { ceiling: CEILING, isFree: false, markup: backend?.markup }
      const cost = costOf(measured(golden), backend?.price, bounds)
      const total = golden.grade === 'bounded' ? formatUsd(CEILING) : golden.total
      const usd = (amount: bigint | undefined) => amount === undefined ? undefined : formatUsd(amount)
      t.same({
        grade: cost.grade,
        total: usd(cost.amount),
        items: lineItemsText(cost.lines, cost.applied),
        computed: usd(cost.computed),
        markup: usd(cost.markup)
      }, {
        grade: golden.grade, total, items: itemsOf(golden), computed: golden.computed, markup: golden.markup
      }, golden.name)
    }
  })
}

t.test('the files are what they say: lines multiply out, bills add up, pages are named, names are different', async (t) => {
  const all = families.flatMap(({ cases }) => cases)
  t.ok(all.length >= 150, `${all.length} cases`)
  t.equal(new Set(all.map(({ name }) => name)).size, all.length)
  for (const { name, page, bill, sum, total, computed } of all) {
    t.match(page, /^https:\/\//, name)
    const lines = (bill ?? sum ?? []).map((line) => WHOLE_LINE.exec(line) ?? t.fail(line))
    const amounts = lines.map((line) => Array.isArray(line) ? readUsd(line[5] ?? '') : 0n)
    if (lines.length > 0) t.equal(formatUsd(amounts.reduce((sum, amount) => sum + amount, 0n)), computed ?? total, name)
    for (const line of lines) {
      if (!Array.isArray(line)) continue
      const [text, , count, factors = '', per = '1', usd] = line
      const product = factors.split(' x ').reduce((product, factor) => product * Number(factor), Number(count))
      t.ok(Math.abs(product / Number(per) - Number(usd)) < 1e-9, text)
    }
  }
})
