// The broker as a process of its own, in front of one provider of the test's.

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { verifyLedger } from '../src/ledger/sqlite/verify.ts'
import { start } from './cli/command.ts'
import { look, rowsOf, type ExchangeRow } from './promises/observe.ts'

export interface BrokerProcess {
  /** Base URL, without `/v1`. */
  readonly url: string
  readonly port: number
  readonly home: string
  /** Resident memory now, in bytes. */
  memory (): number
  signal (name?: NodeJS.Signals): void
  /** Exit code, and ms since the first signal. */
  readonly ended: Promise<{ readonly code: number | null, readonly ms: number }>
  /** What is committed now: every exchange, how many are open, and whether all sums are right. */
  books (): { readonly ok: boolean, readonly open: number, readonly rows: readonly ExchangeRow[] }
}

/** Serves the model `m` from the provider at `url`. Logs nothing unless `env` says so. */
export async function brokerProcess (
  t: Test, { url }: { readonly url: string }, env: Readonly<Record<string, string>> = {}
): Promise<BrokerProcess> {
  const home = mkdtempSync(join(tmpdir(), 'aibroker-process-'))
  t.teardown(() => { rmSync(home, { recursive: true, force: true }) })
  const config = join(home, 'modelsconfig.yml')
  writeFileSync(config,
    `providers:\n  test0: {wire: openai-chat, base_url: "${url}", credential: none}\n` +
    'models:\n  m:\n    backends:\n      - {provider: test0, model_id: m, priority: 1, input_cost: 1, output_cost: 2}\n')
  const child = await start(t, ['serve', '--port', '0', '--config', config], {
    home, env: { AIBROKER_LOG_LEVEL: 'silent', ...env }
  })
  child.stderr?.resume()
  const [line] = await once(createInterface(child.stdout as NodeJS.ReadableStream), 'line') as [string]
  const listen = (JSON.parse(line) as { listen: string }).listen
  let signalledMs = 0
  return {
    url: listen,
    port: Number(new URL(listen).port),
    home,
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1_024,
    signal (name = 'SIGTERM') {
      signalledMs ||= performance.now()
      child.kill(name)
    },
    ended: once(child, 'exit').then(([code]) => ({ code: code as number | null, ms: performance.now() - signalledMs })),
    books: () => ({ ...look(home, (sqlite) => verifyLedger(sqlite)), rows: rowsOf(home) })
  }
}
