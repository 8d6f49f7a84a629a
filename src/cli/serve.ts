// aibroker serve: the broker itself. The flags are those of settings.ts.

import { readSettings, type ServeFlags } from '../settings.ts'
import { examples, type Define } from './command.ts'
import { CommandFailure } from './failure.ts'
import { listenFailure } from './listen-failure.ts'
import { plain } from './plain-text.ts'
import type { Terminal } from './terminal.ts'

export const define: Define = (command, terminal) => {
  command
    .description('Starts the broker. One line of JSON on stdout says where it listens; its log is on stderr. ' +
      'Without any provider key it answers from the built-in dry run. SIGHUP reloads modelsconfig.yml and keys; ' +
      'SIGTERM and Ctrl-C finish what is running and end it.')
    .option('--host <host>', 'address to listen on (AIBROKER_HOST, 127.0.0.1)')
    .option('--address <host>', 'the same as --host, together with --port')
    .option('--port <port>', 'port to listen on; 0 picks a free one (AIBROKER_PORT, 8791)')
    .option('--socket-dir <folder>', 'also listen on a Unix socket in this folder (AIBROKER_SOCKET_DIR)')
    .option('--no-tcp', 'listen on the Unix socket only')
    .option('--config <file>', 'models and prices (MODELS_CONFIG_PATH, ./modelsconfig.yml, the packaged one)')
    .option('--home <folder>', 'where the broker keeps its files (AIBROKER_HOME, ~/.aibroker)')
    .option('--database <url>', 'sqlite:<file> (DATABASE_URL, <home>/aibroker.db)')
    .option('--dry-run', 'answer every request without calling a provider (AIBROKER_DRY_RUN)')
    .option('--open', 'serve other machines without client keys (AIBROKER_OPEN)')
    .option('--log-level <level>', 'fatal, error, warn, info, debug, trace or silent (AIBROKER_LOG_LEVEL, info)')
    .addHelpText('after', examples([
      'aibroker                                    http://127.0.0.1:8791',
      'OPENAI_API_KEY=… aibroker serve --port 0    any free port',
      'aibroker serve --host 0.0.0.0               for other machines; clients then need a key',
      'aibroker serve --socket-dir /run/aibroker --no-tcp',
      'aibroker serve --dry-run                    nothing leaves this machine'
    ]))
    .action((flags: ServeFlags) => serve(flags, terminal))
}

/** Resolves when the broker listens; the process then lives as long as the broker does. */
async function serve (flags: ServeFlags, terminal: Terminal): Promise<void> {
  const settings = readSettings(flags, terminal.env)
  const { startServer } = await import('../server.ts')
  try {
    await startServer(settings)
  } catch (error) {
    throw await failureOf(error)
  }
}

/** The sentence for the operator where the error is one of theirs; else the error itself. */
async function failureOf (error: unknown): Promise<unknown> {
  const { ConfigError } = await import('../catalog/config-error.ts')
  const { DatabaseRefusal } = await import('../ledger/sqlite/refusal.ts')
  if (error instanceof ConfigError) return new CommandFailure('wrong_usage', error.mistakes.map(plain).join('\n'), error)
  if (isWrongList(error)) return new CommandFailure('wrong_usage', error.message, error)
  if (error instanceof DatabaseRefusal) return new CommandFailure('failed', error.message, error)
  return listenFailure(error) ?? error
}

/** Lists of addresses and origins are read where they are used, and refused there by the variable's name. */
function isWrongList (error: unknown): error is RangeError {
  return error instanceof RangeError && error.message.startsWith('AIBROKER_')
}
