// A few bytes can become gigabytes: what a compressed answer may grow to, and who waits for whom.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createGzip, gzipSync } from 'node:zlib'
import t from 'tap'
import { answering, CODED, hear, listen } from './ear.ts'

const MIB = 1024 * 1024

t.test('a bomb is stopped little above a mebibyte, whatever its coding', async (t) => {
  const zeros = Buffer.alloc(64 * MIB)
  for (const [name, coding, encode] of CODED.slice(0, 5)) {
    for (const type of ['application/json', 'text/event-stream']) {
      const ear = await hear(t, answering(coding, [encode(zeros)], { type }))
      t.match(ear, { ends: 1, failure: { kind: 'broken', reason: / grows more than 200 times$/ } }, name)
      // Of 64 KiB that came at once, 200 times as much may have gone through.
      t.ok(ear.body.length <= 200 * 64 * 1024 + 64 * 1024, `${name}: ${ear.body.length}`)
    }
  }
})

t.test('an answer that is held whole has an end, a stream has none', async (t) => {
  const limits = { mostBytes: 2 * MIB, mostRatio: 200, ratioFromBytes: MIB }
  const bytes = gzipSync(randomBytes(3 * MIB))
  const plain = await hear(t, answering('gzip', [bytes]), limits)
  t.match(plain, { failure: { kind: 'broken', reason: 'sent more than 2097152 bytes of gzip' } })
  t.ok(plain.body.length <= 2 * MIB)
  const stream = await hear(t, answering('gzip', [bytes], { type: 'text/event-stream' }), limits)
  t.match(stream, { failure: undefined })
  t.equal(stream.body.length, 3 * MIB)
})

t.test('a short answer of spaces may grow as it likes', async (t) => {
  const spaces = Buffer.from(`{}${' '.repeat(900_000)}`)
  const ear = await hear(t, answering('gzip', [gzipSync(spaces)]))
  t.ok(ear.body.equals(spaces))
})

t.test('a listener that pauses holds up the provider: memory does not follow what is sent', async (t) => {
  const block = Buffer.from(`data: ${randomBytes(96).toString('base64')}\n\n`.repeat(100))
  const total = 32 * MIB
  let written = 0
  const ear = await listen(t, async ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
    const gzip = createGzip({ level: 1 })
    gzip.pipe(response)
    while (written < total) {
      written += block.length
      if (!gzip.write(block)) await once(gzip, 'drain')
    }
    gzip.end()
  })
  let pauses = 0
  let heardWhilePaused = 0
  let isPaused = false
  let heard = 0
  ear.onChunk = (chunk) => {
    heard += chunk.length
    ear.chunks.length = 0
    if (isPaused) heardWhilePaused++
    if (heard < MIB * (pauses + 1)) return
    pauses++
    isPaused = true
    ear.handle?.pause()
    let turns = 0
    const wait = () => {
      if (turns++ < 20) return setImmediate(wait)
      isPaused = false
      ear.handle?.resume()
    }
    wait()
  }
  await ear.over
  t.equal(heard, written)
  t.equal(ear.failure, undefined)
  t.equal(heardWhilePaused, 0, 'nothing comes while paused')
  t.ok(pauses > 20)
})

t.test('a listener that never reads again leaves the provider waiting, and both sides small', async (t) => {
  const block = randomBytes(64 * 1024)
  let written = 0
  let stuck = () => {}
  const isStuck = new Promise<void>((resolve) => { stuck = resolve })
  const ear = await listen(t, async ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' })
    const gzip = createGzip({ level: 0 })
    gzip.pipe(response)
    for (;;) {
      written += block.length
      if (gzip.write(block)) continue
      const drained = once(gzip, 'drain').then(() => true)
      // Nothing moves although the loop turned thousands of times: every buffer on the way is full.
      if (!await Promise.race([drained, turns(5_000).then(() => false)])) break
    }
    stuck()
    response.destroy()
  })
  ear.onChunk = () => { ear.handle?.pause() }
  await isStuck
  t.ok(ear.body.length < 256 * 1024, `${ear.body.length} bytes were heard`)
  t.ok(written < 64 * MIB, `${written} bytes were written`)
  ear.handle?.cancel()
  t.equal(ear.ends, 0, 'after cancel nothing is heard')
})

async function turns (count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => { setImmediate(resolve) })
}
