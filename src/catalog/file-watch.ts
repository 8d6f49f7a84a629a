// Hears when a file has changed and has come to rest. Never keeps the process alive.
//
// Editors write a second file and rename it, deployments swap a symbolic link, containers mount folders that report
// nothing: so the folder is watched and not the file, a slow look backs it up, and what counts is what `stat` says.
// Half-written files are skipped by waiting until two looks in a row see the same.

import { realpathSync, statSync, watch, type FSWatcher } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../core/clock.ts'

export interface FileWatch {
  readonly path: string
  readonly clock: Clock
  /** Called after the file changed and was left alone for SETTLE_MS; also when it disappeared. */
  changed (): void
}

/** How long a file must stay as it is before it is read. */
export const SETTLE_MS = 100
/** How often the file is looked at when nothing is heard. */
export const LOOK_MS = 5_000

/** Watches until the returned function is called. What was there before is not reported. */
export function watchFile ({ path, clock, changed }: FileWatch): () => void {
  let known = stampOf(path)
  let waiting: string | undefined
  let cancelLook: (() => void) | undefined
  let cancelRound = clock.after(LOOK_MS, round)

  function look (): void {
    cancelLook = undefined
    const stamp = stampOf(path)
    if (stamp === known) {
      waiting = undefined
    } else if (stamp === waiting) {
      known = stamp
      waiting = undefined
      changed()
    } else {
      waiting = stamp
      lookSoon()
    }
  }

  // A look that is due is not put off: a folder where something always happens would put it off for ever.
  function lookSoon (): void {
    cancelLook ??= clock.after(SETTLE_MS, look)
  }

  function round (): void {
    cancelRound = clock.after(LOOK_MS, round)
    if (cancelLook === undefined) look()
  }

  const watchers = foldersOf(path).map((folder) => watchFolder(folder, lookSoon))
  return () => {
    cancelRound()
    cancelLook?.()
    for (const watcher of watchers) watcher?.close()
  }
}

/** Same stamp, same content: writing changes a time, replacing changes the inode. */
function stampOf (path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat ? `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}` : 'missing'
}

/** The folder of the path and, behind a symbolic link, the folder of the file itself. */
function foldersOf (path: string): string[] {
  const folders = new Set([dirname(path)])
  try {
    folders.add(dirname(realpathSync(path)))
  } catch {
    // Not there yet: its folder is watched, and that is where it will appear.
  }
  return [...folders]
}

/** Undefined when the system has no watch to give (limits, network file systems): the slow look remains. */
function watchFolder (folder: string, heard: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, heard)
    watcher.on('error', () => { watcher.close() })
    return watcher
  } catch {
    return undefined
  }
}
