// Starts the broker of dying-broker.ts, and looks at what a killed one left.

import Database from 'better-sqlite3'
import { fork, type ChildProcess } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { compiled } from '../compiled.ts'

export interface DyingBroker {
  /** Base URL, without `/v1`. */
  readonly url: string
  /** Resolves when it has heard: it dies the next time it comes to this point. */
  dieAt (point: string): Promise<void>
  /** Resolves with the signal that ended it; null: it ended by itself. */
  readonly ended: Promise<NodeJS.Signals | null>
  signal (name: NodeJS.Signals): void
}

/** Serves `<home>/modelsconfig.yml`; what an earlier one left is recovered when this resolves. */
export async function dyingBroker (t: Test, home: string): Promise<DyingBroker> {
  const child = fork(await compiledChild(), ['serve', '--port', '0', '--config', join(home, 'modelsconfig.yml')], {
    cwd: home,
    execArgv: [],
    env: { PATH: process.env['PATH'], HOME: home, AIBROKER_HOME: home, AIBROKER_LOG_LEVEL: 'error', AIBROKER_SHED_LAG_MS: '0' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc']
  })
  t.teardown(() => { child.kill('SIGKILL') })
  return {
    url: await addressOf(child),
    async dieAt (point) {
      child.send(point)
      await once(child, 'message')
    },
    ended: once(child, 'exit').then(([, signal]) => signal as NodeJS.Signals | null),
    signal (name) { child.kill(name) }
  }
}

async function addressOf (child: ChildProcess): Promise<string> {
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout as NodeJS.ReadableStream).once('line', resolve)
    child.once('exit', (code, signal) => { reject(new Error(`the broker ended at start: ${code ?? signal}`)) })
  })
  return (JSON.parse(line) as { listen: string }).listen
}

/** The program beside the compiled sources, so that it wraps the very modules the command loads. */
async function compiledChild (): Promise<string> {
  const source = readFileSync(join(import.meta.dirname, 'dying-broker.ts'), 'utf8')
  const root = join(dirname(await compiled('src/cli/main.ts')), '..', '..')
  const name = createHash('sha256').update(source).digest('hex').slice(0, 12)
  const place = join(root, 'test', 'promises', `dying-broker-${name}.js`)
  if (existsSync(place)) return place
  const { default: ts } = await import('typescript')
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      rewriteRelativeImportExtensions: true,
      inlineSourceMap: true
    }
  })
  const draft = `${place}.${randomUUID()}`
  mkdirSync(dirname(place), { recursive: true })
  writeFileSync(draft, outputText)
  renameSync(draft, place) // whole or not at all: test files run at the same time
  return place
}

/** The books as the kill left them, read from a copy: the next broker finds the original untouched. */
export function autopsy<Value> (home: string, look: (sqlite: Database.Database) => Value): Value {
  const folder = mkdtempSync(join(tmpdir(), 'aibroker-autopsy-'))
  try {
    for (const file of ['aibroker.db', 'aibroker.db-wal']) {
      if (existsSync(join(home, file))) cpSync(join(home, file), join(folder, file))
    }
    const sqlite = new Database(join(folder, 'aibroker.db'))
    try {
      return look(sqlite)
    } finally {
      sqlite.close()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
