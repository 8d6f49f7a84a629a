// One broker per database: a lock file naming the process that holds it.
//
// DESIGN. A SQLite lock would also stop readers (`aibroker usage`, the sqlite3 shell), so the lock is a file beside the
// database with the holder's pid and start time. `kill -9` leaves it behind; it is stale when no process of that pid
// and start time runs, so a pid that was given to another program does not keep the broker from starting. The file is
// linked into place whole: it never exists half written.

import { spawnSync } from 'node:child_process'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseRefusal } from './refusal.ts'

export interface Lock {
  /** Idempotent. */
  release (): void
}

interface Holder {
  readonly pid: number
  /** When the process started, spelled as the system does; '' where the system does not say. */
  readonly started: string
}

/** What `link` answers where there are no hard links: exFAT, some network and container mounts. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])
/** Attempts to replace a stale lock before giving up: each lost one means another process was quicker. */
const TRIES = 5

/** @throws DatabaseRefusal naming the pid that holds the database. */
export function lockDatabase (databasePath: string): Lock {
  const path = `${databasePath}.lock`
  const own = JSON.stringify({ pid: process.pid, started: startOf(process.pid) ?? '' } satisfies Holder)
  for (let tries = 0; tries < TRIES; tries++) {
    if (place(path, own)) return { release () { if (read(path) === own) rmSync(path, { force: true }) } }
    const text = read(path)
    const holder = text === undefined ? undefined : holderOf(text)
    if (holder && isRunning(holder)) throw new DatabaseRefusal(heldBy(holder, databasePath))
    if (text !== undefined) removeStale(path, text)
  }
  throw new DatabaseRefusal(`${path} is being changed by other processes; try again.`)
}

function heldBy ({ pid }: Holder, databasePath: string): string {
  const who = pid === process.pid ? 'this process' : `another broker, pid ${pid}`
  return `${databasePath} is in use by ${who}. Stop it first, or give this one its own --home or --database.`
}

function place (path: string, text: string): boolean {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, text, { mode: 0o600 })
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (NO_LINKS.has(code)) return placeDirectly(path, text)
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** For file systems without hard links: as exclusive, but for a moment the file is there and empty. */
function placeDirectly (path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { mode: 0o600, flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Two processes may find the same stale file: only what was judged stale goes, a fresh lock is put back. */
function removeStale (path: string, judged: string): void {
  const aside = `${path}.stale.${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const moved = read(aside)
  if (moved !== undefined && moved !== judged) place(path, moved)
  rmSync(aside, { force: true })
}

function read (path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Undefined: not a lock of ours (cut short by a full disk, say), so nobody holds it. */
function holderOf (text: string): Holder | undefined {
  try {
    const { pid, started } = JSON.parse(text) as Partial<Holder>
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : undefined
  } catch {
    return undefined // not JSON
  }
}

function isRunning ({ pid, started }: Holder): boolean {
  const found = startOf(pid)
  return found !== undefined && (found === '' || started === '' || found === started)
}

/** The start time of a process; '' when it runs but the system does not say; undefined when it does not run. */
function startOf (pid: number): string | undefined {
  if (!isAlive(pid)) return undefined
  if (process.platform === 'linux') return linuxStartOf(pid)
  if (process.platform === 'win32') return ''
  return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? ''
}

function isAlive (pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' // it runs, as another user
  }
}

/** Ticks since boot (field 22 of proc(5) stat) and the boot's id: after a reboot equal ticks are another process. */
function linuxStartOf (pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name in front may hold spaces and brackets
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined // dead, not yet collected by its parent
  return `${read('/proc/sys/kernel/random/boot_id')?.trim() ?? ''} ${fields[19] ?? ''}`
}
