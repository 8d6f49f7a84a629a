// Files that hold keys: read only when nobody else can, written so that a crash leaves the file as it was or whole.

import {
  closeSync, constants, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync
} from 'node:fs'
import { randomUUID } from 'node:crypto'
import { dirname } from 'node:path'
import { SettingsError } from '../settings.ts'

const LARGEST_BYTES = 64 * 1024
const OTHERS = 0o077

/**
 * The text of a file of mode 0600 or stricter; undefined: there is none.
 * @throws SettingsError when others can reach it, or when it cannot be read.
 */
export function readPrivateFile (path: string): string | undefined {
  const file = open(path)
  if (file === undefined) return undefined
  try {
    // The opened file is asked, not the path: the path could be another file by now.
    const { mode, size } = fstatSync(file)
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw new SettingsError(`${path} is not a file`)
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      throw new SettingsError(`${path} holds keys, but other users can reach it. Run: chmod 600 ${path}`)
    }
    if (size > LARGEST_BYTES) throw new SettingsError(`${path} is larger than ${LARGEST_BYTES} bytes: it cannot be a list of keys`)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

/** Replaces the file (0600) in one step and waits until it is on the disk; makes its folder (0700) when missing. */
export function writePrivateFile (path: string, text: string): void {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomUUID()}`
  try {
    const file = openSync(draft, 'wx', 0o600)
    try {
      writeFileSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
  syncFolder(folder)
}

function open (path: string): number | undefined {
  try {
    // O_NONBLOCK: a pipe nobody writes to would hold up the start for ever.
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new SettingsError(`${path} cannot be read (${code ?? 'unknown error'})`)
  }
}

/** The name lives in the folder: without this a power cut could bring the earlier file back. */
function syncFolder (folder: string): void {
  if (process.platform === 'win32') return // folders cannot be opened there
  const file = openSync(folder, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
