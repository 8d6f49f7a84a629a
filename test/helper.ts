// A whole gateway for a test: real settings, real files in a folder of its own, real HTTP on a free port.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import pino from 'pino'
import { buildApp } from '../src/app.ts'
import { systemClock, type Clock } from '../src/core/clock.ts'
import { systemRandom } from '../src/core/ids.ts'
import type { Gateway } from '../src/gateway.ts'
import { openGateway } from '../src/open-gateway.ts'
import { readSettings, type ServeFlags } from '../src/settings.ts'
import type { Owner } from './upstreams/provider.ts'

export interface TestBackend {
  /** Base URL of a test provider. */
  readonly url: string
  /** Extra YAML members of the backend, e.g. `input_cost: 1`. */
  readonly yaml?: string
}

export interface GatewayOptions {
  /** Model names to the test providers that serve them, in order of priority. */
  readonly models?: Readonly<Record<string, readonly TestBackend[]>>
  /** The whole modelsconfig.yml instead. */
  readonly config?: string
  /** Extra YAML members of every model, e.g. `capabilities: [vision]`. */
  readonly modelYaml?: string
  readonly env?: Readonly<Record<string, string>>
  readonly flags?: ServeFlags
  readonly clock?: Clock
  /** The program that counts tokens, compiled; without it nothing is counted. */
  readonly countingThread?: URL
}

export interface TestGateway {
  /** Base URL with `/v1`. */
  readonly url: string
  readonly origin: string
  readonly gateway: Gateway
  readonly home: string
  /** Everything the broker logged so far. */
  log (): string
  /** Settles and closes early; the test's end does it otherwise. */
  close (): Promise<void>
}

/** Prices every test backend has unless it says otherwise: USD 1 and 2 per million tokens. */
const PRICED = 'input_cost: 1\n        output_cost: 2'

export async function gateway (t: Owner, options: GatewayOptions = {}): Promise<TestGateway> {
  const home = mkdtempSync(join(tmpdir(), 'aibroker-test-'))
  const lines: string[] = []
  const sink = new Writable({ write (chunk, _encoding, done) { lines.push(String(chunk)); done() } })
  const config = options.config ?? (options.models ? configOf(options.models, options.modelYaml ?? '') : undefined)
  if (config !== undefined) writeFileSync(join(home, 'modelsconfig.yml'), config)
  const flags: ServeFlags = { home, ...(config !== undefined && { config: join(home, 'modelsconfig.yml') }), ...options.flags }
  // Nothing is shed for a late event loop: test machines are busy, and clocks moved by hand look like one.
  // And no live list is read: a provider of a test hears what the test sends, and nothing else.
  const defaults = {
    AIBROKER_LOG_LEVEL: 'debug', AIBROKER_SHED_LAG_MS: '0', AIBROKER_OPENROUTER_CATALOG: 'off'
  }
  const settings = readSettings(flags, { ...defaults, ...keysOf(options), ...options.env })
  const opened = await openGateway(settings, {
    clock: options.clock ?? systemClock,
    random: systemRandom,
    log: pino({ level: settings.logLevel }, sink),
    countingThread: options.countingThread
  })
  const app = await buildApp({ gateway: opened })
  await app.listen({ host: '127.0.0.1', port: 0 })
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= (async () => {
      app.server.closeAllConnections()
      await app.close()
      await opened.close()
    })()
    return closing
  }
  t.teardown(async () => {
    await close()
    rmSync(home, { recursive: true, force: true })
  })
  const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  return { url: `${origin}/v1`, origin, gateway: opened, home, log: () => lines.join(''), close }
}

/** The credential of test provider `index`: a canary that must never be seen outside of that provider's requests. */
export function canaryKey (index: number): string {
  return `sk-canary-provider-${index}-0123456789abcdef`
}

function keysOf ({ models }: GatewayOptions): Record<string, string> {
  const backends = Object.values(models ?? {}).flat()
  return Object.fromEntries(backends.map((_, index) => [`TEST${index}_KEY`, canaryKey(index)]))
}

function configOf (models: Readonly<Record<string, readonly TestBackend[]>>, modelYaml: string): string {
  const providers: string[] = []
  const rows = Object.entries(models).map(([name, backends]) => {
    const list = backends.map(({ url, yaml = PRICED }, at) => {
      const id = `test${providers.length}`
      providers.push(`  ${id}:\n    wire: openai-chat\n    base_url: ${url}\n    credential: env:TEST${providers.length}_KEY`)
      return `      - provider: ${id}\n        model_id: ${name}-upstream\n        priority: ${at + 1}\n        ${yaml}`
    })
    return `  ${name}:\n    context_window: 128000\n    max_output_tokens: 4096\n${modelYaml === '' ? '' : `    ${modelYaml}\n`}    backends:\n${list.join('\n')}`
  })
  return `providers:\n${providers.join('\n')}\nmodels:\n${rows.join('\n')}\n`
}

/** POSTs JSON and gives back the whole answer. */
export async function post (url: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body)
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) }
}
