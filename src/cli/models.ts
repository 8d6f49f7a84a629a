// aibroker models: what can be asked for, from a running broker or from the file it would read.

import { defaultUrl, get } from './broker.ts'
import { readCatalogFile } from './catalog-file.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { CommandFailure } from './failure.ts'
import { modelHealth } from './model-health.ts'
import { rowsOfAnswer, rowsOfCatalog, type ModelRow } from './model-rows.ts'
import { plain, plainJson, table, type Column } from './plain-text.ts'
import type { Terminal } from './terminal.ts'

interface Flags extends JsonFlag {
  readonly url?: string
  readonly config?: string
  readonly health?: boolean
}

interface Listing {
  /** URL or file. */
  readonly source: string
  readonly rows: readonly ModelRow[]
}

interface ModelColumn extends Column {
  /** Left out when no model has it: most files set it for none. */
  readonly isRare?: boolean
  /** Undefined: the model has none. */
  textOf (row: ModelRow): string | undefined
}

const COLUMNS: readonly ModelColumn[] = [
  { title: 'model', align: 'left', textOf: ({ id }) => id },
  { title: 'context', align: 'right', textOf: ({ context_length: tokens }) => tokens?.toString() },
  { title: 'USD/M input', align: 'right', textOf: ({ input_usd: usd }) => usd ?? undefined },
  { title: 'USD/M output', align: 'right', textOf: ({ output_usd: usd }) => usd ?? undefined },
  { title: 'stream', align: 'left', isRare: true, textOf: ({ stream_mode: mode }) => mode ?? undefined },
  { title: 'timeouts s', align: 'left', isRare: true, textOf: timeoutsOf },
  { title: 'providers', align: 'left', textOf: ({ providers }) => providers?.join(' ') ?? '' }
]

export const define: Define = (command, terminal) => {
  command
    .description('Lists the models of a running broker; of modelsconfig.yml when none runs. Prices are those of the ' +
      'cheapest backend, in US dollars per million tokens.')
    .option('--url <url>', 'ask this broker (a key is taken from AIBROKER_KEY)')
    .option('--config <file>', 'read this file, whether or not a broker runs')
    .option('--health', 'show how each backend of a running broker is: resting, being tried, well, never tried')
    .addHelpText('after', examples([
      'aibroker models',
      'aibroker models --health',
      'aibroker models --config ./modelsconfig.yml',
      "aibroker models --json | jq -r '.data[].id'"
    ]))
    .action((flags: Flags) => models(flags, terminal))
}

async function models (flags: Flags, terminal: Terminal): Promise<void> {
  if (flags.health && flags.config !== undefined) {
    throw new CommandFailure('wrong_usage', '--health asks a running broker; a file does not know')
  }
  if (flags.health) return modelHealth(flags, terminal)
  if (flags.url !== undefined && flags.config !== undefined) {
    throw new CommandFailure('wrong_usage', 'give --url or --config, not both')
  }
  const { source, rows } = await list(flags, terminal)
  if (flags.json) return terminal.print(plainJson({ source, data: rows }))
  const columns = COLUMNS.filter(({ isRare, textOf }) => !isRare || rows.some((row) => textOf(row) !== undefined))
  terminal.print(table(columns, rows.map((row) => columns.map(({ textOf }) => textOf(row) ?? '-'))))
  terminal.note(`${rows.length} models, from ${plain(source)}`)
}

/** `connect=5 total=600` */
function timeoutsOf ({ timeouts }: ModelRow): string | undefined {
  return timeouts === null ? undefined : Object.entries(timeouts).map((pair) => pair.join('=')).join(' ')
}

async function list (flags: Flags, terminal: Terminal): Promise<Listing> {
  if (flags.url !== undefined) return askBroker(flags.url, terminal)
  const mayAsk = flags.config === undefined
  const running = mayAsk ? await askBroker(defaultUrl(terminal.env), terminal).catch(ifNobody) : undefined
  if (running) return running
  const { path, catalog } = await readCatalogFile(flags.config, terminal)
  const { AUTO_MODELS } = await import('../catalog/auto-models.ts')
  return { source: path, rows: rowsOfCatalog(catalog, AUTO_MODELS) }
}

async function askBroker (url: string, { env }: Terminal): Promise<Listing> {
  const { status, json } = await get(url, '/v1/models', env['AIBROKER_KEY'])
  if (status === 401) throw new CommandFailure('failed', `${url} wants a client key: set AIBROKER_KEY to one`)
  const rows = status === 200 ? rowsOfAnswer(json) : undefined
  if (rows === undefined) throw new CommandFailure('failed', `${url} answered ${status}, and not as a broker does`)
  return { source: url, rows }
}

/** Nobody answers there: then the file is asked. A broker that wants a key must say so. */
function ifNobody (error: unknown): undefined {
  if (!(error instanceof CommandFailure) || error.message.includes('wants a client key')) throw error
}
