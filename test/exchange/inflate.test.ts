// Providers that compress although nobody asked: whatever the coding, the answer is heard as if it were plain.

import { constants, createBrotliCompress, createDeflate, createGzip, gzipSync } from 'node:zlib'
import t from 'tap'
import { provider, rawBytes, rawHead } from '../upstreams.ts'
import { answering, BODY, CODED, Ear, hear, listen, upstreamOf } from './ear.ts'

t.test('an answer in any coding is heard as the plain one, whole or a byte at a time', async (t) => {
  for (const [name, coding, encode] of CODED) {
    const bytes = encode(BODY)
    const byByte = Array.from(bytes.subarray(0, 40), (byte) => Buffer.of(byte))
    for (const pieces of [[bytes], [...byByte, bytes.subarray(40)]]) {
      const ear = await hear(t, answering(coding, pieces))
      t.ok(ear.body.equals(BODY), name)
      t.match(ear, { status: 200, ends: 1, failure: undefined })
      t.equal(ear.headers['content-type'], 'application/json')
      t.equal(ear.headers['content-length'], undefined)
      if (coding.length > 2 || coding === 'br') t.notMatch(ear.headers['content-encoding'], /gzip|deflate|br/i)
    }
  }
})

t.test('a body without a byte is an empty answer in every coding', async (t) => {
  for (const [name, coding] of CODED) {
    t.match(await hear(t, answering(coding, [])), { ends: 1, failure: undefined, chunks: [] }, name)
  }
})

t.test('each event of a compressed stream is heard before the next is sent', async (t) => {
  const encoders = {
    gzip: () => createGzip({ flush: constants.Z_SYNC_FLUSH }),
    deflate: () => createDeflate({ flush: constants.Z_SYNC_FLUSH }),
    br: () => createBrotliCompress({ flush: constants.BROTLI_OPERATION_FLUSH })
  }
  for (const [coding, open] of Object.entries(encoders)) {
    let heard = 0
    let next = () => {}
    const ear = await listen(t, async ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': coding })
      const encoder = open()
      encoder.pipe(response)
      for (let event = 1; event <= 50; event++) {
        const isHeard = new Promise<void>((resolve) => { next = resolve })
        encoder.write(`data: {"n":${event}}\n\n`)
        await isHeard
      }
      encoder.end()
    })
    ear.onChunk = (chunk) => {
      for (let at = chunk.indexOf('\n\n'); at !== -1; at = chunk.indexOf('\n\n', at + 1)) heard++
      next()
    }
    await ear.over
    t.equal(heard, 50, coding)
    t.equal(ear.failure, undefined)
  }
})

t.test('an answer that is corrupt, cut or of another coding never looks whole', async (t) => {
  for (const [name, coding, encode] of CODED.slice(0, 5)) {
    const bytes = encode(BODY)
    const spoiled = Buffer.from(bytes)
    spoiled.fill(0xff, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 8)
    for (const pieces of [[spoiled], [bytes.subarray(0, -1)], [bytes.subarray(0, 4)], [BODY]]) {
      const ear = await hear(t, answering(coding, pieces))
      t.match(ear, { ends: 1, failure: { kind: 'broken', reason: / that cannot be read$/ } }, name)
    }
  }
})

t.test('a cut at any byte of the coded body is a failure', async (t) => {
  const bytes = gzipSync('{"a":1}')
  for (let length = 1; length < bytes.length; length++) {
    t.match(await hear(t, answering('gzip', [bytes.subarray(0, length)])), { failure: { kind: 'broken' } }, `${length}`)
  }
})

t.test('codings that are unknown or stacked are refused, and their connection is closed', async (t) => {
  for (const coding of ['zstd', 'compress', 'gzip, br', 'gzip, gzip', 'gzip\tx', 'x'.repeat(1_000)]) {
    const upstream = await provider(t, ({ response }) => {
      response.writeHead(200, { 'content-encoding': coding })
      response.write('x'.repeat(1_000))
    })
    const ear = new Ear()
    upstreamOf(t).send({ method: 'GET', url: new URL(upstream.url), headers: [], body: Buffer.alloc(0) }, ear)
    await ear.over
    t.match(ear, { status: 200, chunks: [], failure: { kind: 'broken' } })
    t.match(ear.failure?.reason, /^answered in [a-z,]{1,40}, which was not asked for$/)
    await upstream.closed()
  }
})

t.test('a refusal keeps its status, with as many of its words as could be read', async (t) => {
  const words = Buffer.from('{"error":{"message":"slow down"}}')
  const whole = await hear(t, answering('gzip', [gzipSync(words)], { status: 429 }))
  t.match(whole, { status: 429, failure: undefined })
  t.ok(whole.body.equals(words))
  for (const [coding, bytes] of [['gzip', gzipSync(words).subarray(0, 12)], ['zstd', words], ['gzip', words]] as const) {
    t.match(await hear(t, answering(coding, [bytes], { status: 429 })), { status: 429, ends: 1, failure: undefined })
  }
})

t.test('a connection that breaks is told as that, after everything that came before', async (t) => {
  const bytes = gzipSync(BODY)
  const ear = await hear(t, rawBytes([
    rawHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip', 'content-length': '100000' }), bytes
  ]))
  t.ok(ear.body.equals(BODY))
  t.match(ear, { ends: 1, failure: { kind: 'broken', reason: /^broke the connection/ } })
})

t.test('a call that is cancelled is not heard again, and its connection is closed', async (t) => {
  const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH })
  const upstream = await provider(t, ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
    gzip.pipe(response)
    gzip.write('data: {}\n\n')
  })
  const ear = new Ear()
  const isHeard = new Promise<void>((resolve) => { ear.onChunk = () => { resolve() } })
  ear.handle = upstreamOf(t).send({ method: 'GET', url: new URL(upstream.url), headers: [], body: Buffer.alloc(0) }, ear)
  await isHeard
  ear.handle.cancel()
  ear.handle.cancel()
  await upstream.closed()
  t.match(ear, { ends: 0, chunks: { length: 1 } })
})

t.test('a listener that fails on a chunk ends its call, not the process', async (t) => {
  const ear = await listen(t, answering('gzip', [gzipSync(BODY)]))
  ear.onChunk = () => { throw new TypeError('a bug') }
  await ear.over
  t.match(ear, { ends: 1, failure: { kind: 'broken', reason: 'sent an answer that could not be read' } })
})
