// What a command's file gives to the table in main.ts.

import type { Command } from 'commander'
import type { Terminal } from './terminal.ts'

/** Adds description, arguments, flags, examples and the action. `--json` is there already. */
export type Define = (command: Command, terminal: Terminal) => void

export interface CommandRow {
  /** The words on the command line: `usage`, or `token create`. */
  readonly path: readonly [string] | readonly [string, string]
  readonly summary: string
  readonly load: () => Promise<{ readonly define: Define }>
}

/** The flag every command has. */
export interface JsonFlag {
  readonly json?: boolean
}

/** The help's last part. */
export function examples (lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`
}
