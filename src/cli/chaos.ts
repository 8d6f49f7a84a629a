// aibroker chaos: a provider that misbehaves on purpose, for seeing one's own failover work before it has to.

import { examples, type Define, type JsonFlag } from './command.ts'
import { CommandFailure } from './failure.ts'
import { listenFailure } from './listen-failure.ts'
import { plain, plainJson, table, type Column } from './plain-text.ts'
import type { Terminal } from './terminal.ts'

interface Flags extends JsonFlag {
  readonly host: string
  readonly port: string
  readonly play: string
  readonly truth?: string
  readonly list?: boolean
}

const HIGHEST_PORT = 65_535
/** What the snippet's first backend does when the server's own play is `well`. */
const STAGED_PLAY = 'down'
const COLUMNS: readonly Column[] = [
  { title: 'play', align: 'left' }, { title: 'fault', align: 'right' }, { title: 'what it does', align: 'left' }
]

export const define: Define = (command, terminal) => {
  command
    .description('Starts a provider with OpenAI\'s chat API that misbehaves on purpose, for staging a failover. A model ' +
      'named chaos/<play> gets that play, any other the one of --play. One line of JSON on stdout says where it ' +
      'listens; on a terminal a modelsconfig.yml to try it with follows. SIGTERM and Ctrl-C end it.')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on; 0 picks a free one', '8792')
    .option('--play <name>', 'what models get whose name is no play', 'well')
    .option('--truth <file>', 'append what really happened, a JSON line per event, each on the disk before it shows')
    .option('--list', 'list the plays and end')
    .addHelpText('after', examples([
      'aibroker chaos --list                       what it can do',
      'aibroker chaos                              http://127.0.0.1:8792/v1',
      'aibroker chaos --play dies --port 0         every answer breaks after 40 of 60 tokens',
      'aibroker chaos --truth truth.jsonl          to compare with what the broker booked',
      "curl -N http://127.0.0.1:8792/v1/chat/completions -d '{\"model\":\"chaos/stalls\",\"stream\":true}'"
    ]))
    .action((flags: Flags) => chaos(flags, terminal))
}

/** Resolves when it listens; the process then lives until a signal ends it. */
async function chaos (flags: Flags, terminal: Terminal): Promise<void> {
  if (flags.list) return await list(flags, terminal)
  const { startChaos } = await import('../chaos/server.ts')
  await refuseUnknown(flags.play)
  const { host, play, truth } = flags
  const port = readPort(flags.port)
  const server = await startChaos({ host, port, play, ...truth !== undefined && { truthPath: truth } })
    .catch((error: unknown) => { throw listenFailure(error) ?? error })
  terminal.print(JSON.stringify({ ok: true, listen: server.url.replace(/\/v1$/, '') }))
  if (process.stderr.isTTY) await showSnippet(server.url, play, terminal)
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => server.close())
}

async function list ({ json }: Flags, terminal: Terminal): Promise<void> {
  const { PLAYS } = await import('../chaos/plays.ts')
  const rows = [...PLAYS].map(([name, { says, faults }]) => ({ name, faults, says }))
  if (json) return terminal.print(plainJson({ data: rows }))
  terminal.print(table(COLUMNS, rows.map(({ name, faults, says }) => [name, faults.join(' '), says])))
  terminal.note(`${rows.length} plays; numbers are those of the sixteen faults in docs/chaos.md`)
}

async function showSnippet (url: string, play: string, terminal: Terminal): Promise<void> {
  const { failoverSnippet, STAGED_MODEL } = await import('../chaos/snippet.ts')
  const staged = play === 'well' ? STAGED_PLAY : play
  terminal.note(`\n# aibroker serve --config chaos.yml, then ask for "${STAGED_MODEL}"; chaos.yml:\n\n${failoverSnippet(url, staged)}`)
}

async function refuseUnknown (play: string): Promise<void> {
  const { PLAYS } = await import('../chaos/plays.ts')
  if (PLAYS.has(play)) return
  const { nearestNames } = await import('../catalog/nearest.ts')
  const [near] = nearestNames(play, PLAYS.keys(), 1)
  const hint = near === undefined ? '' : ` (did you mean ${near}?)`
  throw new CommandFailure('wrong_usage', `no play is called "${plain(play)}"${hint}; --list shows them all`)
}

function readPort (text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= HIGHEST_PORT) return port
  throw new CommandFailure('wrong_usage', `--port must be a whole number from 0 to ${HIGHEST_PORT}`)
}
