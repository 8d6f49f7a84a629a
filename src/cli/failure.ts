// How a command ends when it does not end well: one sentence, one exit code.

import { CommanderError } from 'commander'
import { debuglog } from 'node:util'
import { SettingsError } from '../settings.ts'
import type { Terminal } from './terminal.ts'

/** Exit codes, as documented in the top help. 70 is EX_SOFTWARE of sysexits(3). */
export const EXIT = { ok: 0, failed: 1, wrong_usage: 2, not_found: 3, internal: 70 } as const

/** `failed`: it was tried, or differences were found. `not_found`: or nobody answers there. */
export type FailureKind = Exclude<keyof typeof EXIT, 'ok'>

/** The sentence says what to do where the reader can do something; a line each for several. It holds no secret. */
export class CommandFailure extends Error {
  readonly kind: FailureKind

  constructor (kind: FailureKind, sentence: string, cause?: unknown) {
    super(sentence, { cause })
    this.kind = kind
  }
}

const debug = debuglog('aibroker')

/** Says what went wrong on stderr, one line per mistake or as `{"error": …}`, and gives the exit code. */
export function report (error: unknown, isJson: boolean, terminal: Terminal): number {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok // help or version, printed already
  const { kind, message } = failureOf(error)
  debug('%s', error instanceof Error ? error.stack : error) // NODE_DEBUG=aibroker shows the stack
  const code = EXIT[kind]
  terminal.note(isJson
    ? JSON.stringify({ error: { message, code: kind, exit_code: code } })
    : message.split('\n').map((line) => `aibroker: ${line}`).join('\n'))
  return code
}

function failureOf (error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error
  if (error instanceof SettingsError) return new CommandFailure('wrong_usage', error.message, error)
  if (error instanceof CommanderError) return new CommandFailure('wrong_usage', usageSentence(error), error)
  const message = error instanceof Error ? error.message : String(error)
  if (isRefusedBySystem(error)) return new CommandFailure('failed', oneLine(message), error)
  return new CommandFailure('internal', `internal error: ${oneLine(message)} (NODE_DEBUG=aibroker shows where)`, error)
}

/** A path that may not be read, a full disk: the system's own sentence names what and why. */
function isRefusedBySystem (error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException
  return error instanceof Error && typeof code === 'string' && typeof syscall === 'string'
}

/** Commander's message on one line, without the value of an unknown flag: it could be a key. */
function usageSentence ({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'a command is missing; see the list above'
  const sentence = oneLine(message.replace(/^error: /, '').replace(/\.$/, '')).replace(/(--[\w-]+)=[^\s']*/g, '$1')
  return `${sentence}; --help shows how it is used`
}

function oneLine (text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim()
}
