// Forms are the same request when their parts are, whatever boundary stands between them.

import t from 'tap'
import { FormDigest } from '../../src/exchange/form-digest.ts'
import { createRandom } from '../ledger/random.ts'

const SEED = 7

function form (boundary: string, parts: readonly string[]): Buffer {
  return Buffer.from(`${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`)
}

function digest (boundary: string, chunks: readonly Buffer[]): string {
  const hash = new FormDigest(boundary)
  for (const chunk of chunks) hash.push(chunk)
  return hash.end().toString('hex')
}

const PARTS = [
  'Content-Disposition: form-data; name="model"\r\n\r\nm',
  'Content-Disposition: form-data; name="file"; filename="a"\r\n\r\n\r\n--\r\n--not-the-boundary\r\n----'
]

t.test('neither the boundary nor the way the bytes arrive changes the digest', async (t) => {
  const random = createRandom(SEED)
  const expected = digest('a', [form('a', PARTS)])
  for (const boundary of ['b', '--x', '----WebKitFormBoundary0123456789', 'formdata-undici-012345678901']) {
    const bytes = form(boundary, PARTS)
    t.equal(digest(boundary, [bytes]), expected)
    t.equal(digest(boundary, [...bytes].map((byte) => Buffer.of(byte))), expected, 'byte by byte')
    for (let round = 0; round < 20; round++) {
      const chunks: Buffer[] = []
      for (let at = 0; at < bytes.length;) {
        const length = 1 + random.upTo(40)
        chunks.push(bytes.subarray(at, at + length))
        at += length
      }
      t.equal(digest(boundary, chunks), expected)
    }
  }
})

t.test('any other part, or another order, is another request', async (t) => {
  const [first = '', second = ''] = PARTS
  const all = [PARTS, [second, first], [first], [first, `${second} `], [first, second, second]]
  t.equal(new Set(all.map((parts) => digest('a', [form('a', parts)]))).size, all.length)
})
