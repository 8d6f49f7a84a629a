// Where modelsconfig.yml is, how messages call it, and its text.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { ConfigError } from './config-error.ts'

/** Larger files are refused before they are parsed. */
export const LARGEST_FILE_BYTES = 10 * 1024 * 1024

export interface FileText {
  readonly text: string
  /** Unix seconds. */
  readonly changedAtS: number
}

/** The operator's path, else `modelsconfig.yml` in `folder`, else the packaged file. */
export function chooseConfigPath (given: string | undefined, folder: string, packaged: string): string {
  if (given !== undefined) return resolve(folder, given)
  const local = join(folder, 'modelsconfig.yml')
  return existsSync(local) ? local : packaged
}

/** @throws ConfigError when there is no readable UTF-8 file of a sensible size. */
export function readConfigText (path: string, name: string): FileText {
  const wrong = (reason: string, cause?: unknown) => new ConfigError([`${name}:1: ${reason}`], cause)
  try {
    const stat = statSync(path)
    if (!stat.isFile()) throw wrong('is not a file')
    if (stat.size > LARGEST_FILE_BYTES) throw wrong(`is larger than ${LARGEST_FILE_BYTES} bytes`)
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path))
    return { text, changedAtS: Math.floor(stat.mtimeMs / 1000) }
  } catch (error) {
    if (error instanceof ConfigError) throw error
    if (error instanceof TypeError) throw wrong('is not UTF-8 text', error)
    const { code } = error as NodeJS.ErrnoException
    throw wrong(code === 'ENOENT' ? 'there is no such file' : `cannot be read: ${code ?? String(error)}`, error)
  }
}

/** Short where it can be: `modelsconfig.yml` in the working directory, the whole path elsewhere. */
export function nameOfPath (path: string, folder: string): string {
  const name = relative(folder, path)
  return name === '' || name.startsWith('..') ? path : name
}
