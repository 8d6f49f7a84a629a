// The reader of requests: where one ends and the next begins, however the bytes come.

import t from 'tap'
import { RequestReader } from '../../src/chaos/request-reader.ts'

interface Read {
  readonly method: string
  readonly path: string
  readonly body: string
  readonly host: string | undefined
}

function readAll (pieces: readonly Buffer[]): Read[] {
  const found: Read[] = []
  let head = { method: '', path: '', host: undefined as string | undefined }
  const reader = new RequestReader({
    onHead ({ method, path, headers }) { head = { method, path, host: headers.get('host') } },
    onBody (body) { found.push({ ...head, body: body.toString() }) }
  })
  for (const piece of pieces) reader.push(piece)
  return found
}

const TWO = Buffer.from(
  'POST /a?b=c HTTP/1.1\r\nHost: one\r\nContent-Length: 5\r\n\r\nhello' +
  'POST /d HTTP/1.1\r\nhost:two\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nx-sum: 1\r\n\r\n' +
  'GET /e HTTP/1.1\r\nhost: three\r\n\r\n'
)
const READ = [
  { method: 'POST', path: '/a?b=c', body: 'hello', host: 'one' },
  { method: 'POST', path: '/d', body: 'abcde', host: 'two' },
  { method: 'GET', path: '/e', body: '', host: 'three' }
]

t.test('requests are the same whatever pieces they come in', async (t) => {
  t.same(readAll([TWO]), READ)
  t.same(readAll(Array.from(TWO, (_, at) => TWO.subarray(at, at + 1))), READ)
  for (let at = 1; at < TWO.length; at += 7) t.same(readAll([TWO.subarray(0, at), TWO.subarray(at)]), READ, `cut at ${at}`)
})

t.test('a large body in many packets is read in good time', async (t) => {
  const packets = Array.from({ length: 1_000 }, () => Buffer.alloc(64 * 1024, 'x'))
  const [read] = readAll([Buffer.from(`POST / HTTP/1.1\r\ncontent-length: ${64 * 1024 * 1_000}\r\n\r\n`), ...packets])
  t.equal(read?.body.length, 64 * 1024 * 1_000)
})

t.test('the head is told before the body has come', async (t) => {
  const heads: string[] = []
  const reader = new RequestReader({ onHead: ({ path }) => { heads.push(path) }, onBody () { t.fail('no body came') } })
  reader.push(Buffer.from('POST /early HTTP/1.1\r\ncontent-length: 5\r\n\r\nhe'))
  t.same(heads, ['/early'])
})

t.test('what is not HTTP is refused', async (t) => {
  const wrong: ReadonlyArray<readonly [text: string, message: RegExp]> = [
    ['hello\r\n\r\n', /request line/],
    ['POST / HTTP/2\r\n\r\n', /request line/],
    ['POST / HTTP/1.1\r\ncontent-length: many\r\n\r\n', /content-length/],
    ['POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', /no size/],
    ['x'.repeat(70_000), /too long/]
  ]
  for (const [text, message] of wrong) t.throws(() => readAll([Buffer.from(text)]), { message })
})
