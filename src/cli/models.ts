// aibroker models: what can be asked for, from a running broker or from the file it would read.

import { defaultUrl, get } from './broker.ts'
import { readCatalogFile } from './catalog-file.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { CommandFailure } from './failure.ts'
import { rowsOfAnswer, rowsOfCatalog, type ModelRow } from './model-rows.ts'
import { plain, plainJson, table, type Column } from './plain-text.ts'
import type { Terminal } from './terminal.ts'

interface Flags extends JsonFlag {
  readonly url?: string
  readonly config?: string
}

interface Listing {
  /** URL or file. */
  readonly source: string
  readonly rows: readonly ModelRow[]
}

const COLUMNS: readonly Column[] = [
  { title: 'model', align: 'left' },
  { title: 'context', align: 'right' },
  { title: 'USD/M input', align: 'right' },
  { title: 'USD/M output', align: 'right' },
  { title: 'providers', align: 'left' }
]

export const define: Define = (command, terminal) => {
  command
    .description('Lists the models of a running broker; of modelsconfig.yml when none runs. Prices are those of the ' +
      'cheapest backend, in US dollars per million tokens.')
    .option('--url <url>', 'ask this broker (a key is taken from AIBROKER_KEY)')
    .option('--config <file>', 'read this file, whether or not a broker runs')
    .addHelpText('after', examples([
      'aibroker models',
      'aibroker models --config ./modelsconfig.yml',
      "aibroker models --json | jq -r '.data[].id'"
    ]))
    .action((flags: Flags) => models(flags, terminal))
}

async function models (flags: Flags, terminal: Terminal): Promise<void> {
  if (flags.url !== undefined && flags.config !== undefined) {
    throw new CommandFailure('wrong_usage', 'give --url or --config, not both')
  }
  const { source, rows } = await list(flags, terminal)
  if (flags.json) return terminal.print(plainJson({ source, data: rows }))
  terminal.print(table(COLUMNS, rows.map(cellsOf)))
  terminal.note(`${rows.length} models, from ${plain(source)}`)
}

function cellsOf (row: ModelRow): string[] {
  const { id, context_length: context, input_usd: input, output_usd: output, providers } = row
  return [id, String(context ?? '-'), input ?? '-', output ?? '-', providers?.join(' ') ?? '']
}

async function list (flags: Flags, terminal: Terminal): Promise<Listing> {
  if (flags.url !== undefined) return askBroker(flags.url, terminal)
  const mayAsk = flags.config === undefined
  const running = mayAsk ? await askBroker(defaultUrl(terminal.env), terminal).catch(ifNobody) : undefined
  if (running) return running
  const { path, catalog } = await readCatalogFile(flags.config, terminal)
  return { source: path, rows: rowsOfCatalog(catalog) }
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
