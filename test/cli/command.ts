// Runs the real command in a process of its own, in an empty folder and with an environment that holds nothing else.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { compiled } from '../compiled.ts'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  /** Working directory and AIBROKER_HOME; without it a folder of the command's own. */
  readonly home?: string
  readonly env?: Readonly<Record<string, string>>
  /** What is piped to stdin. */
  readonly input?: string
}

export function emptyHome (t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'aibroker-cli-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  return folder
}

/** Starts the command; the test ends it. */
export async function start (t: Test, args: readonly string[], options: CommandOptions = {}): Promise<ChildProcess> {
  const home = options.home ?? emptyHome(t)
  const child = spawn(process.execPath, [await compiled('src/cli/main.ts'), ...args], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home, AIBROKER_HOME: home, ...options.env },
    stdio: 'pipe'
  })
  t.teardown(() => { child.kill('SIGKILL') })
  return child
}

/** Runs the command to its end. */
export async function aibroker (t: Test, args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const child = await start(t, args, options)
  const ended = collect(child)
  child.stdin?.end(options.input ?? '')
  return ended
}

export async function collect (child: ChildProcess): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  const [code] = await once(child, 'close') as [number | null]
  return { code, stdout, stderr }
}
