// Counts tokens beside the event loop, where a provider told none or somebody asks what a request would cost.
//
// DESIGN. Nothing depends on a count: whoever gets none goes by the bounds. So everything that could take long is given
// up: more than MOST_CHARACTERS, more than MOST_WAITING at a time or MOST_EACH of one key or address, a count that
// takes longer than LONGEST_MS, a thread that says nothing for STUCK_MS. The thread gets one count at a time, from each
// key in turn: who asks for much waits behind who asks for little. It is started at the first need, loads for 0.2
// seconds, counts English at 5 million characters a second and the worst text at 100,000, and is ended after a minute
// without work: its tables take 60 MB. One that breaks is started again after a rest that doubles each time.

import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../core/clock.ts'
import type { CountOrder, CountReport } from './counting-thread.ts'
import type { Encoding } from './encodings.ts'
import { FairTurns } from './fair-turns.ts'

export interface TokenCounter {
  /** Tokens of all texts together, never less than there are; undefined: not counted. Never rejects. */
  count (encoding: Encoding, texts: readonly string[]): Promise<number | undefined>
}

/** One counter for everybody. */
export interface SharedCounter {
  /** What counts for one of them: a key, or an address where there is none. */
  of (holder: string): TokenCounter
}

export interface CounterParts {
  readonly clock: Pick<Clock, 'after'>
  /** The program of the thread. */
  readonly thread: URL
}

/** Of all texts of one count. */
const MOST_CHARACTERS = 200_000
const MOST_WAITING = 32
const MOST_EACH = 8
export const LONGEST_MS = 2_000
/** From a count that was given up to the last hope. */
export const STUCK_MS = 10_000
export const IDLE_MS = 60_000
/** After a thread that broke; doubled with every further one without a count between. */
export const FIRST_REST_MS = 1_000
export const LONGEST_REST_MS = 10 * 60_000
const MEMORY = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 }

/** Compiled beside this file, or as it is where Node reads TypeScript. */
export const COUNTING_THREAD = new URL(`./counting-thread${extname(import.meta.url)}`, import.meta.url)

type Answer = (tokens: number | undefined) => void

export class ThreadedCounter implements SharedCounter {
  readonly #parts: CounterParts
  readonly #waiting = new Map<number, Answer>()
  readonly #turns = new FairTurns<CountOrder>(MOST_EACH)
  /** The thread has an order that it has not answered. */
  #isCounting = false
  #worker: Worker | undefined
  #lastId = 0
  /** False: no tokenizer is installed, or it is over. */
  #isUsable = true
  /** Threads that broke in a row. */
  #broken = 0
  /** Set while it rests after one. */
  #cancelRest: (() => void) | undefined
  #cancelIdle: (() => void) | undefined
  #cancelStuck: (() => void) | undefined

  constructor (parts: CounterParts) {
    this.#parts = parts
  }

  of (holder: string): TokenCounter {
    return { count: (encoding, texts) => this.count(encoding, texts, holder) }
  }

  /** As TokenCounter.count, for that one. */
  async count (encoding: Encoding, texts: readonly string[], holder = ''): Promise<number | undefined> {
    const characters = texts.reduce((sum, text) => sum + text.length, 0)
    if (!this.#isReady || characters > MOST_CHARACTERS) return undefined
    const id = ++this.#lastId
    if (!this.#turns.add(holder, { id, encoding, texts })) return undefined
    this.#cancelIdle?.()
    this.#worker ??= this.#start()
    const worker = this.#worker
    worker.ref()
    const tokens = await new Promise<number | undefined>((resolve) => {
      const giveUp = this.#parts.clock.after(LONGEST_MS, () => { this.#giveUp(worker, id) })
      this.#waiting.set(id, (tokens) => {
        giveUp()
        this.#waiting.delete(id)
        resolve(tokens)
      })
      this.#send(worker)
    })
    if (this.#waiting.size === 0 && this.#worker === worker) this.#rest(worker)
    return tokens
  }

  /** What is being counted stays uncounted. */
  close (): void {
    this.#isUsable = false
    this.#cancelRest?.()
    this.#end(this.#worker)
  }

  get #isReady (): boolean {
    const isFull = Math.max(this.#waiting.size, this.#turns.size) >= MOST_WAITING
    return this.#isUsable && this.#cancelRest === undefined && !isFull
  }

  /** The next order that somebody still waits for, once the thread is free. */
  #send (worker: Worker): void {
    while (!this.#isCounting) {
      const order = this.#turns.next()
      if (!order) return
      if (!this.#waiting.has(order.id)) continue
      this.#isCounting = true
      worker.postMessage(order)
    }
  }

  #giveUp (worker: Worker, id: number): void {
    this.#waiting.get(id)?.(undefined)
    this.#cancelStuck ??= this.#parts.clock.after(STUCK_MS, () => { this.#end(worker) })
  }

  #rest (worker: Worker): void {
    worker.unref()
    this.#cancelIdle?.()
    this.#cancelIdle = this.#parts.clock.after(IDLE_MS, () => { this.#end(worker) })
  }

  #start (): Worker {
    // Nothing of the process around it: no preloaded modules, and no environment, which is where credentials are.
    const worker = new Worker(this.#parts.thread, { name: 'tokens', execArgv: [], env: {}, resourceLimits: MEMORY })
    worker.unref()
    worker.on('message', ({ id, tokens }: CountReport) => {
      this.#notStuck()
      this.#broken = 0
      this.#isCounting = false
      if (tokens === undefined) this.#isUsable = false
      this.#waiting.get(id)?.(tokens)
      this.#send(worker)
    })
    worker.on('error', () => { this.#breakOff(worker) }) // it does not start here, or a text was too much for it
    worker.on('exit', () => { this.#breakOff(worker) })
    return worker
  }

  #breakOff (worker: Worker): void {
    if (this.#worker !== worker) return
    const restMs = Math.min(FIRST_REST_MS * 2 ** this.#broken++, LONGEST_REST_MS)
    this.#cancelRest = this.#parts.clock.after(restMs, () => { this.#cancelRest = undefined })
    this.#end(worker)
  }

  #notStuck (): void {
    this.#cancelStuck?.()
    this.#cancelStuck = undefined
  }

  /** Whoever waits for this thread gets nothing from it; the next one starts another. */
  #end (worker: Worker | undefined): void {
    if (!worker || this.#worker !== worker) return
    this.#worker = undefined
    this.#isCounting = false
    this.#turns.clear()
    this.#cancelIdle?.()
    this.#notStuck()
    for (const answer of [...this.#waiting.values()]) answer(undefined)
    worker.terminate() // it has nothing to lose, so nobody waits
  }
}
