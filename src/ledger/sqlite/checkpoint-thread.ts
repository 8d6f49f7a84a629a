// The thread that copies committed pages from the write-ahead log into the database file, and waits for the disk.
//
// What must hold: it writes no row and decides nothing. A passive checkpoint waits for no lock and makes nobody wait
// (https://www.sqlite.org/c3ref/wal_checkpoint_v2.html), so the broker stays the only writer of its database.

import Database from 'better-sqlite3'
import { parentPort, workerData } from 'node:worker_threads'

/** `copy` is answered with a CopyReport; after `stop` the file is closed and the thread ends. */
export type CheckpointOrder = 'copy' | 'stop'

/** The error's sentence when the disk refused; undefined: everything that could be copied was. */
export interface CopyReport {
  readonly failure: string | undefined
}

const sqlite = new Database(String(workerData), { fileMustExist: true, timeout: 0 })
sqlite.pragma('synchronous = NORMAL') // the log before the copy and the file after it: what a checkpoint needs
sqlite.pragma('mmap_size = 0')
const copy = sqlite.prepare('PRAGMA wal_checkpoint(PASSIVE)')

parentPort?.on('message', (order: CheckpointOrder) => {
  if (order === 'copy') return parentPort?.postMessage(runCopy())
  sqlite.close()
  parentPort?.close()
})

function runCopy (): CopyReport {
  try {
    copy.all()
    return { failure: undefined }
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) }
  }
}
