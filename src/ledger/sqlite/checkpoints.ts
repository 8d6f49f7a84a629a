// Checkpoints off the event loop: a thread copies the write-ahead log into the database file and waits for the disk.
//
// DESIGN. SQLite's own checkpoint runs inside the commit that makes the log too long and syncs two files: 9 to 12 ms of
// event loop were measured for 4,000 pages, against 0.04 ms for a commit. So:
// - Half a second after a commit the length of the log is looked at. From WORTH_PAGES on, the thread copies; it is
//   started when there is something to copy for the first time, so that an idle broker has no thread.
// - The log begins anew only when all of it is copied, which under constant load never happens by itself. From
//   RESTART_PAGES on, commits are held while the thread copies the few pages it has just missed (1 ms; the loop goes
//   on meanwhile), and the next commit begins a new log.
// - Nothing depends on the thread. When it dies, commits checkpoint by themselves as they would without it; until then
//   they do so only at BACKSTOP_PAGES.

import type { Database } from 'better-sqlite3'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { CheckpointOrder, CopyReport } from './checkpoint-thread.ts'
import type { OutageParts } from './outage.ts'

export interface CheckpointParts extends Pick<OutageParts, 'clock' | 'alarm'> {
  readonly sqlite: Database
  /** No commit is made between the two. */
  readonly hold: () => void
  readonly release: () => void
  /** The program of the thread. */
  readonly thread: URL
}

export const LOOK_MS = 500
/** 16 MiB. Pages that change all the time are copied every time, and a log begun anew costs a sync. */
export const WORTH_PAGES = 4_000
/** 32 MiB. Growing the file costs a commit three times as much as writing over it. */
export const RESTART_PAGES = 8_000
export const BACKSTOP_PAGES = 16_000
/** A disk that takes longer is waited for by the thread alone. */
export const LONGEST_HOLD_MS = 100
/** The thread may be waiting for the disk when it is told to stop. */
const LONGEST_STOP_MS = 1_000

/** One small program that keeps no JavaScript: less than this and V8 does not start. */
const MEMORY = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 }

/** Compiled beside this file, or as it is where Node reads TypeScript. */
export const CHECKPOINT_THREAD = new URL(`./checkpoint-thread${extname(import.meta.url)}`, import.meta.url)

interface LogLength {
  /** Pages in the log. */
  readonly log: number
  /** How many of them are in the database file already. */
  readonly checkpointed: number
}

export class Checkpoints {
  readonly #parts: CheckpointParts
  readonly #length: () => LogLength
  readonly #ownPages: unknown
  #worker: Worker | undefined
  #state: 'idle' | 'copying' | 'holding' | 'over' = 'idle'
  #restartAt = RESTART_PAGES
  #hasFailed = false
  #cancelLook: (() => void) | undefined
  #cancelHold: (() => void) | undefined

  constructor (parts: CheckpointParts) {
    const { sqlite } = parts
    this.#parts = parts
    const length = sqlite.prepare<[], LogLength>('PRAGMA wal_checkpoint(NOOP)')
    this.#length = () => length.get() ?? { log: 0, checkpointed: 0 }
    this.#ownPages = sqlite.pragma('wal_autocheckpoint', { simple: true })
    sqlite.pragma(`wal_autocheckpoint = ${BACKSTOP_PAGES}`)
  }

  /** A transaction was committed. */
  noteCommit (): void {
    if (this.#cancelLook !== undefined || this.#state === 'over') return
    this.#cancelLook = this.#parts.clock.after(LOOK_MS, () => {
      this.#cancelLook = undefined
      this.#look()
    })
  }

  /** Resolves when the thread has closed the file, or did not in time. */
  async stop (): Promise<void> {
    const worker = this.#worker
    this.#end()
    if (!worker) return
    worker.ref()
    await new Promise<void>((resolve) => {
      const giveUp = this.#parts.clock.after(LONGEST_STOP_MS, resolve)
      worker.once('exit', () => {
        giveUp()
        resolve()
      })
      worker.postMessage('stop' satisfies CheckpointOrder)
    })
  }

  #look (): void {
    if (this.#state !== 'idle') return
    const { log, checkpointed } = this.#length()
    if (log - checkpointed >= WORTH_PAGES) this.#copy('copying')
  }

  #copy (state: 'copying' | 'holding'): void {
    this.#state = state
    this.#worker ??= this.#start()
    this.#worker.postMessage('copy' satisfies CheckpointOrder)
  }

  #start (): Worker {
    const { sqlite: { name: workerData }, thread } = this.#parts
    // Nothing of the process around it: no preloaded modules, and no environment, which is where credentials are.
    const options = { name: 'checkpoints', execArgv: [], env: {}, resourceLimits: MEMORY }
    const worker = new Worker(thread, { ...options, workerData })
    worker.unref()
    worker.on('message', (report: CopyReport) => { this.#copied(report) })
    let cause: Error | undefined
    worker.on('error', (error) => { cause = error })
    worker.on('exit', () => { this.#died(cause) })
    return worker
  }

  #copied ({ failure }: CopyReport): void {
    if (this.#state === 'over') return
    this.#tell(failure)
    const wasHeld = this.#state === 'holding'
    this.#state = 'idle'
    const { log, checkpointed } = this.#length()
    if (wasHeld) {
      // A reader that stays (somebody's export) keeps the log from beginning anew: asked again when it has grown.
      this.#restartAt = RESTART_PAGES + (checkpointed < log ? log : 0)
      this.#release()
    } else if (log >= this.#restartAt && checkpointed < log) {
      this.#hold()
    }
  }

  #hold (): void {
    this.#parts.hold()
    this.#cancelHold = this.#parts.clock.after(LONGEST_HOLD_MS, () => { this.#release() })
    this.#copy('holding')
  }

  #release (): void {
    if (!this.#cancelHold) return
    this.#cancelHold()
    this.#cancelHold = undefined
    this.#parts.release()
  }

  #tell (failure: string | undefined): void {
    if (failure !== undefined && !this.#hasFailed) {
      this.#parts.alarm('the log of the ledger could not be copied into its file; it grows until it can be', new Error(failure))
    }
    this.#hasFailed = failure !== undefined
  }

  #died (cause: Error | undefined): void {
    if (this.#state === 'over') return
    this.#end()
    this.#parts.sqlite.pragma(`wal_autocheckpoint = ${String(this.#ownPages)}`)
    this.#parts.alarm('the thread that writes checkpoints of the ledger ended; commits write them again, and are slower now and then',
      cause ?? new Error('it ended by itself'))
  }

  #end (): void {
    this.#state = 'over'
    this.#worker = undefined
    this.#cancelLook?.()
    this.#cancelLook = undefined
    this.#release()
  }
}
