// aibroker health: is a running broker well? For people, scripts and container health checks.

import { defaultUrl, get } from './broker.ts'
import { examples, type Define, type JsonFlag } from './command.ts'
import { CommandFailure } from './failure.ts'
import { plain, plainJson } from './plain-text.ts'
import type { Terminal } from './terminal.ts'

interface Flags extends JsonFlag {
  readonly url?: string
}

/** What the broker says of itself on GET /health. */
interface Health {
  readonly ok?: unknown
  readonly ready?: unknown
  readonly mode?: unknown
  readonly version?: unknown
  readonly models?: unknown
}

export const define: Define = (command, terminal) => {
  command
    .description('Asks GET /health of a running broker. Exit code 0: well; 1: not, or nobody answers.')
    .option('--url <url>', 'http://host:port or unix:<socket> (AIBROKER_HOST and AIBROKER_PORT, http://127.0.0.1:8791)')
    .addHelpText('after', examples([
      'aibroker health',
      'aibroker health --url http://10.0.0.7:8791 --json',
      'aibroker health --url unix:/run/aibroker/rest.sock && echo well'
    ]))
    .action((flags: Flags) => health(flags, terminal))
}

async function health (flags: Flags, terminal: Terminal): Promise<void> {
  const url = flags.url ?? defaultUrl(terminal.env)
  const { status, json } = await ask(url)
  const told = (typeof json === 'object' && json !== null ? json : {}) as Health
  if (status !== 200 || told.ok !== true) {
    throw new CommandFailure('failed', `${url} is not well: it answered ${status}${told.ok === undefined ? ', and not as a broker does' : ''}`)
  }
  if (told.ready === false) throw new CommandFailure('failed', `${url} is shutting down`)
  if (flags.json) return terminal.print(plainJson({ url, ...told }))
  terminal.print(plain(`${url} is well: version ${told.version}, mode ${told.mode}, ${told.models} models`))
}

/** Here nobody answering is the answer "no", not a missing thing: container health checks know 0 and 1 only. */
async function ask (url: string) {
  try {
    return await get(url, '/health', undefined)
  } catch (error) {
    if (error instanceof CommandFailure && error.kind === 'not_found') throw new CommandFailure('failed', error.message, error)
    throw error
  }
}
