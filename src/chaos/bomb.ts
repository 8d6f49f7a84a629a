// A small body that inflates to a large one.

import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const MEMBER_BYTES = 1024 * 1024

/** Pieces that inflate to about `bytes` spaces: gzip as a row of equal members, Brotli as one stream. */
export function * bombOf (coding: 'gzip' | 'br', bytes: number): Generator<Buffer> {
  if (coding === 'br') {
    yield brotliCompressSync(Buffer.alloc(bytes, ' '), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })
    return
  }
  const member = gzipSync(Buffer.alloc(MEMBER_BYTES, ' '))
  for (let sent = 0; sent < bytes; sent += MEMBER_BYTES) yield member
}
