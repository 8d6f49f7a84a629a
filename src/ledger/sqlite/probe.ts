// A write that changes nothing: it finds out whether the store takes writes when nobody has anything to write.

import type { Database } from 'better-sqlite3'

/** As long as a large plan: a disk that has room for less refuses the next request anyway. */
const TEXT = ' '.repeat(16_384)
const NO_DIGEST = Buffer.alloc(1)

/** To be run inside a transaction that is committed. */
export function createProbe (sqlite: Database): () => void {
  const insert = sqlite.prepare('INSERT INTO plans (digest, text) VALUES (?, ?)')
  const remove = sqlite.prepare('DELETE FROM plans WHERE digest = ?')
  return () => {
    insert.run(NO_DIGEST, TEXT)
    remove.run(NO_DIGEST)
  }
}
