// The event log: one JSON line per request, in the order of the requests, and never in their way.
//
// DESIGN. `append` only puts a line into memory. Lines that gather while a write runs go out with the next one. A
// write that fails (disk full, folder gone) loses its lines and is counted, nothing else: no request waits for this
// file or fails with it. Whatever cut a line short (a failed write, a killed process), the next one starts on a
// line of its own, because opening the file looks at its last byte. No body, header, query or secret ever gets in.

import { constants } from 'node:fs'
import { open, rename, type FileHandle } from 'node:fs/promises'
import type { Clock } from '../core/clock.ts'

/** `kind` `health` for GET, `request` for the rest; `error` is a code, never a sentence with details. */
export interface BrokerEvent {
  readonly kind: 'health' | 'request'
  /** Path as asked; a query is cut off. */
  readonly path: string
  readonly ok: boolean
  readonly status: number
  readonly mode?: 'dry_run' | 'proxy'
  readonly error?: string
}

export interface EventLog {
  /** Never throws, never waits. */
  append (event: BrokerEvent): void
  /** Resolves when everything appended so far was written or lost. */
  flush (): Promise<void>
  /** Flushes and closes the file; later events are dropped. */
  close (): Promise<void>
  /** Lines lost since the start, and why the last one was. */
  readonly lost: { readonly lines: number, readonly reason: string | undefined }
}

const LARGEST_FILE_BYTES = 10 * 1024 * 1024
/** Lines that may wait in memory for a slow disk. */
const MOST_WAITING = 10_000
const LONGEST_PATH = 512
const NEWLINE = 0x0a

/**
 * Opens the log when the first line is written. A file that would grow beyond 10 MiB becomes `<path>.1` (over an
 * earlier one) and the next one begins. Mode 0600.
 */
export function openEventLog (path: string, clock: Pick<Clock, 'nowMs'>): EventLog {
  return new EventFile(path, clock)
}

class EventFile implements EventLog {
  readonly #path: string
  readonly #clock: Pick<Clock, 'nowMs'>
  #waiting: string[] = []
  #writing: Promise<void> | undefined
  #file: FileHandle | undefined
  #fileBytes = 0
  #isClosed = false
  #lostLines = 0
  #reason: string | undefined

  constructor (path: string, clock: Pick<Clock, 'nowMs'>) {
    this.#path = path
    this.#clock = clock
  }

  get lost () { return { lines: this.#lostLines, reason: this.#reason } }

  append (event: BrokerEvent): void {
    if (this.#isClosed || this.#waiting.length >= MOST_WAITING) {
      return this.#lose(1, this.#isClosed ? 'the log is closed' : 'the disk is too slow')
    }
    this.#waiting.push(lineOf(event, this.#clock.nowMs()))
    this.#writing ??= this.#writeAll()
  }

  async flush (): Promise<void> {
    await this.#writing
  }

  async close (): Promise<void> {
    this.#isClosed = true
    await this.flush()
    await this.#shut()
  }

  async #writeAll (): Promise<void> {
    await turnEnd() // the lines of one turn of the event loop share a write
    while (this.#waiting.length > 0) {
      const lines = this.#waiting
      this.#waiting = []
      try {
        await this.#write(Buffer.from(lines.join('')))
      } catch (error) {
        this.#lose(lines.length, (error as Error).message)
        await this.#shut()
      }
    }
    this.#writing = undefined
  }

  async #write (bytes: Buffer): Promise<void> {
    let file = this.#file ?? await this.#open()
    if (this.#fileBytes > 0 && this.#fileBytes + bytes.length > LARGEST_FILE_BYTES) {
      await this.#shut()
      await rename(this.#path, `${this.#path}.1`)
      file = await this.#open()
    }
    await file.appendFile(bytes)
    this.#fileBytes += bytes.length
  }

  async #open (): Promise<FileHandle> {
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants
    const file = await open(this.#path, O_APPEND | O_CREAT | O_NOFOLLOW | O_RDWR, 0o600)
    this.#file = file
    await file.chmod(0o600) // one that was there already keeps its own mode otherwise
    this.#fileBytes = (await file.stat()).size
    if (this.#fileBytes > 0 && !await endsWithNewline(file, this.#fileBytes)) await file.appendFile('\n')
    return file
  }

  async #shut (): Promise<void> {
    const file = this.#file
    this.#file = undefined
    // A close that fails leaves nothing to do: the descriptor is gone either way.
    await file?.close().catch(() => {})
  }

  #lose (lines: number, reason: string): void {
    this.#lostLines += lines
    this.#reason = reason
  }
}

/** Keys in this order, time in whole seconds UTC. */
function lineOf ({ kind, path, ok, status, mode, error }: BrokerEvent, nowMs: number): string {
  const time = `${new Date(nowMs).toISOString().slice(0, 19)}Z`
  const [bare = ''] = path.split('?', 1)
  return JSON.stringify({ time, kind, path: bare.slice(0, LONGEST_PATH), ok, status, mode, error }) + '\n'
}

async function endsWithNewline (file: FileHandle, size: number): Promise<boolean> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] === NEWLINE
}

function turnEnd (): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve) })
}
