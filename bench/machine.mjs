// What the bench asks of the machine: pinned processes, CPU time and memory out of /proc, free ports, file descriptors.

import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { availableParallelism, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** Linux counts CPU time for user space in hundredths of a second (USER_HZ), whatever the kernel's own tick is. */
export const MS_PER_TICK = 10
const STOP_MS = 4_000

export const TARGET_CORE = 0
export const LOAD_CORE = 1

const hasTaskset = canRun('taskset', ['--version'])
export const cores = availableParallelism()
/** False: the processes run where the scheduler puts them, and the figures mix the target with its load. */
export const isPinned = hasTaskset && cores > 1
export const hasProc = existsSync('/proc/self/stat')

/** Puts this process, with all its threads, on the core of the load. */
export function pinSelf () {
  if (isPinned) execFileSync('taskset', ['-a', '-c', '-p', String(LOAD_CORE), String(process.pid)], { stdio: 'ignore' })
}

/**
 * @param {number} core
 * @param {readonly string[]} args of node
 * @param {import('node:child_process').SpawnOptions} options
 */
export function spawnNode (core, args, options) {
  const command = isPinned ? ['taskset', '-c', String(core), process.execPath] : [process.execPath]
  return spawn(command[0], [...command.slice(1), ...args], options)
}

/** CPU time the process has used with all its threads, user and system, in ms. @param {number} pid */
export function cpuMsOf (pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
}

/** Resident memory in bytes. @param {number} pid */
export function rssBytesOf (pid) {
  const line = /\nVmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))
  if (line === null) throw new Error(`process ${pid} has no resident memory: it has ended`)
  return Number(line[1]) * 1_024
}

/** Samples until the memory has stopped falling and rising for a while: an idle V8 gives pages back late. */
export async function settledRssBytes (pid, { stepMs = 250, calmSteps = 6, timeoutMs = 6_000 } = {}) {
  let seen = rssBytesOf(pid)
  let calm = 0
  for (let waitedMs = 0; calm < calmSteps && waitedMs < timeoutMs; waitedMs += stepMs) {
    await sleep(stepMs)
    const bytes = rssBytesOf(pid)
    calm = Math.abs(bytes - seen) < 256 * 1_024 ? calm + 1 : 0
    seen = bytes
  }
  return seen
}

/** How many files a child may open; Node raises its own soft limit to the hard one when it starts. */
export function fileLimit () {
  const line = /\nMax open files\s+(\d+|unlimited)\s+(\d+|unlimited)/.exec(readFileSync('/proc/self/limits', 'latin1'))
  const limit = line?.[2] ?? 'unlimited'
  return limit === 'unlimited' ? Infinity : Number(limit)
}

/** @returns {Promise<number>} a port that was free a moment ago */
export function freePort () {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** True when something accepts connections at the port. */
export function isListening (port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const end = (answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}

/** Ends a process this bench has started, politely first. @param {import('node:child_process').ChildProcess} child */
export async function stopProcess (child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => { child.once('exit', resolve) })
  child.kill('SIGTERM')
  const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await gone
  clearTimeout(patience)
}

/** One line about the machine, without its name. */
export function describeMachine () {
  const model = /model name\s*:\s*(.+)/.exec(existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'latin1') : '')
  const memoryGib = Math.round(totalmem() / 2 ** 30)
  return `${cores} cores (${model?.[1]?.trim() ?? process.arch}), ${memoryGib} GiB, ${process.platform}, ` +
    `Node ${process.version.slice(1)}`
}

function canRun (command, args) {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
