// What really happened, written down by the one who did it: the other side of the broker's ledger.
//
// DESIGN. A JSON line when a request is received, when its answer is whole, and when it is over. Each line is on the
// disk before anything that follows from it: `received` before the first byte of the answer, so that no byte can be
// delivered that the file does not know of, whoever is killed when. Sizes add up; the last line of a call counts.

import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import type { Call } from './call.ts'

export interface Truth {
  received (call: Call): void
  answered (call: Call, atMs: number): void
  closed (call: Call): void
  close (): void
}

const SILENT: Truth = { received () {}, answered () {}, closed () {}, close () {} }

/** Appends to the file; without a path nothing is written. @throws what the system says about the path. */
export function openTruth (path: string | undefined): Truth {
  if (path === undefined) return SILENT
  const file = openSync(path, 'a', 0o600)
  const append = (line: object): void => {
    writeSync(file, `${JSON.stringify(line)}\n`)
    fsyncSync(file)
  }
  return {
    received (call) {
      append({
        event: 'received',
        call: call.number,
        at_ms: call.atMs,
        connection: call.connection,
        play: call.play,
        path: call.path,
        model: call.model,
        stream: call.isStream,
        body_bytes: call.bodyBytes,
        body_sha256: call.bodySha256
      })
    },
    answered (call, atMs) {
      append({ event: 'answered', call: call.number, at_ms: atMs, tokens: call.tokensSent, bytes: call.bytesSent })
    },
    closed ({ number, end, tokensSent, bytesSent }) {
      append({
        event: 'closed',
        call: number,
        at_ms: end?.atMs,
        by: end?.by,
        cancelled: end?.wasCancelled,
        tokens: tokensSent,
        bytes: bytesSent
      })
    },
    close () { closeSync(file) }
  }
}
