// Where a command reads and writes: answers on stdout, everything said to people about them on stderr.

import type { ReadStream } from 'node:tty'

/** What reading a secret needs of stdin. */
export type Input = Pick<ReadStream, 'isTTY' | 'setRawMode' | 'resume' | 'pause' | 'on' | 'off'> &
  AsyncIterable<Buffer | string>

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly input: Input
  /** Columns, when stdout is a terminal. */
  readonly width?: number | undefined
  /** The answer; a newline is added. */
  print (text: string): void
  /** One line for people on stderr; a newline is added. */
  note (text: string): void
  /** On stderr without a newline. */
  prompt (text: string): void
}

export const systemTerminal: Terminal = {
  env: process.env,
  input: process.stdin,
  get width () { return process.stdout.isTTY ? process.stdout.columns : undefined },
  print (text) { process.stdout.write(`${text}\n`) },
  note (text) { process.stderr.write(`${text}\n`) },
  prompt (text) { process.stderr.write(text) }
}
