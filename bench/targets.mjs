// The programs that are measured and how each is started: same core, same provider, same bytes asked of all of them.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { brokerConfig } from './broker-config.mjs'
import { TARGET_CORE, LOAD_CORE, cpuMsOf, freePort, isListening, rssBytesOf, spawnNode, stopProcess } from './machine.mjs'

const root = join(import.meta.dirname, '..')
const START_TIMEOUT_MS = 20_000
const POLL_MS = 4
const UNLIMITED = '100000000'

/** Where the compiled broker is; another build can be measured by naming its main.js. */
const brokerMain = process.env.BENCH_BROKER ?? join(root, 'dist/src/cli/main.js')
const portkeyMain = join(root, 'node_modules/@portkey-ai/gateway/build/start-server.js')

/**
 * @typedef {object} Recipe
 * @property {string} name
 * @property {string} title how the report calls it
 * @property {string} file without it the target cannot be measured
 * @property {(place: Place) => Start} prepare
 *
 * @typedef {{ port: number, origin: string, folder: string }} Place
 * @typedef {{ args: string[], env: Record<string, string>, headers: Record<string, string> }} Start
 */

/** @type {Recipe} */
const bare = {
  name: 'bare',
  title: 'bare node:http + undici',
  file: join(root, 'bench/bare-proxy.mjs'),
  prepare: ({ port, origin }) => ({
    args: [join(root, 'bench/bare-proxy.mjs'), String(port), origin],
    env: {},
    headers: { authorization: 'Bearer sk-bench-0123456789abcdef0123456789abcdef' }
  })
}

/** @type {Recipe} A second process of the same program: its distance from `bare` is the error of the bench. */
const control = { ...bare, name: 'control', title: 'bare, second process' }

/** @type {Recipe} */
const aibroker = {
  name: 'aibroker',
  title: 'aibroker',
  file: brokerMain,
  prepare ({ port, origin, folder }) {
    const config = join(folder, 'modelsconfig.yml')
    const home = join(folder, 'home')
    mkdirSync(home, { recursive: true, mode: 0o700 })
    writeFileSync(config, brokerConfig)
    return {
      args: [brokerMain, 'serve', '--port', String(port), '--home', home, '--config', config],
      env: {
        OPENAI_API_KEY: 'sk-bench-provider-openai',
        OPENAI_BASE_URL: `${origin}/v1`,
        GROQ_API_KEY: 'gsk-bench-provider-groq',
        GROQ_BASE_URL: `${origin}/v1`,
        AIBROKER_RATE_LIMIT_RPM: UNLIMITED,
        AIBROKER_MAX_IN_FLIGHT: '100000'
      },
      headers: { authorization: `Bearer ${clientKey(home)}` }
    }
  }
}

/** @type {Recipe} https://github.com/Portkey-AI/gateway */
const portkey = {
  name: 'portkey',
  title: '@portkey-ai/gateway',
  file: portkeyMain,
  prepare: ({ port, origin }) => ({
    args: ['--import', join(root, 'bench/portkey-streams.mjs'), portkeyMain, '--headless', `--port=${port}`],
    env: {},
    headers: {
      authorization: 'Bearer sk-bench-0123456789abcdef0123456789abcdef',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `${origin}/v1`
    }
  })
}

export const RECIPES = { bare, control, aibroker, portkey }

/** A client key with a limit of its own, so that every check has something to check. */
function clientKey (home) {
  const args = [brokerMain, 'token', 'create', '--home', home, '--json', '--name', 'bench', '--rpm', UNLIMITED]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: START_TIMEOUT_MS })).token
}

const running = new Set()

/**
 * The provider itself, asked directly: what the path costs with nothing between.
 * @returns {Promise<Provider>}
 *
 * @typedef {{ name: 'direct', port: number, headers: Record<string, string>, cpuMs: () => number,
 *   finishHeld: () => void, stop: () => Promise<void> }} Provider
 */
export async function startProvider () {
  const child = spawnNode(LOAD_CORE, [join(root, 'bench/upstream.mjs')], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  running.add(child)
  const port = await new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message.port))
    child.once('exit', (code) => reject(new Error(`the provider of the bench ended with code ${code}`)))
  })
  return {
    name: 'direct',
    port,
    headers: bare.prepare({ port, origin: '', folder: '' }).headers,
    cpuMs: () => cpuMsOf(child.pid),
    finishHeld () { child.send('finish') },
    stop: () => stopChild(child)
  }
}

/**
 * Starts a target on its core and waits until it accepts connections.
 * @param {Recipe} recipe @param {number} providerPort
 *
 * @typedef {{ name: string, title: string, port: number, headers: Record<string, string>, startMs: number,
 *   cpuMs: () => number, rssBytes: () => number, pid: number, stop: () => Promise<void> }} Target
 * @returns {Promise<Target>}
 */
export async function startTarget (recipe, providerPort) {
  if (!existsSync(recipe.file)) throw new Error(`${recipe.file} does not exist`)
  const folder = mkdtempSync(join(tmpdir(), 'aibroker-bench-'))
  const port = await freePort()
  const { args, env, headers } = recipe.prepare({ port, origin: `http://127.0.0.1:${providerPort}`, folder })
  const log = openSync(join(folder, 'log'), 'a')
  const beganMs = performance.now()
  const child = spawnNode(TARGET_CORE, args, { cwd: folder, env: { ...cleanEnv(), ...env }, stdio: ['ignore', log, log] })
  closeSync(log)
  running.add(child)
  try {
    await untilListening(child, port)
  } catch (error) {
    await stopChild(child)
    throw new Error(`${recipe.title} ${error.message}; its last words:\n${lastWords(folder)}`)
  }
  return {
    name: recipe.name,
    title: recipe.title,
    port,
    headers,
    startMs: performance.now() - beganMs,
    cpuMs: () => cpuMsOf(child.pid),
    rssBytes: () => rssBytesOf(child.pid),
    pid: child.pid,
    async stop () {
      await stopChild(child)
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** Ends what is still running, at once: the last thing the bench does when it fails. */
export function killAll () {
  for (const child of running) child.kill('SIGKILL')
}

async function untilListening (child, port) {
  const deadlineMs = performance.now() + START_TIMEOUT_MS
  while (!await isListening(port)) {
    if (child.exitCode !== null) throw new Error(`ended with code ${child.exitCode} before it listened`)
    if (performance.now() > deadlineMs) throw new Error(`did not listen within ${START_TIMEOUT_MS} ms`)
    await sleep(POLL_MS)
  }
}

async function stopChild (child) {
  await stopProcess(child)
  running.delete(child)
}

function lastWords (folder) {
  return readFileSync(join(folder, 'log'), 'utf8').slice(-2_000)
}

/** No provider key, proxy or setting of the caller's shell may reach a target. */
function cleanEnv () {
  return { PATH: process.env.PATH ?? '', HOME: tmpdir(), NODE_ENV: 'production', LANG: 'C.UTF-8' }
}
