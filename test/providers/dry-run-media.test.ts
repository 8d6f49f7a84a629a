// The answers of a dry run that are not text: vectors, sound, transcripts, and forms that come in pieces.

import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { answerTo, callOf, dryRun, eventsTo, hear } from './dry-run-call.ts'

const EMBEDDINGS = '/v1/embeddings'
const TRANSCRIPTIONS = '/v1/audio/transcriptions'
const FORM = ['content-type', 'multipart/form-data; boundary="a b"']

async function vectors (input: unknown, more: object = {}): Promise<number[][]> {
  const answer = await answerTo(EMBEDDINGS, { model: 'm', input, ...more })
  return (answer['data'] as JsonObject[]).map(({ embedding }) => embedding as number[])
}

t.test('a vector has length one and depends on the input alone', async (t) => {
  const [one = [], two, again] = await vectors(['one', 'two', 'one'])
  const [short = []] = await vectors('one', { dimensions: 8 })

  t.ok(Math.abs(Math.hypot(...one) - 1) < 1e-6)
  t.ok(Math.abs(Math.hypot(...short) - 1) < 1e-6)
  t.same(again, one)
  t.notSame(two, one)
  t.equal(short.length, 8)
})

t.test('a list of token ids is one input, a list of lists is several', async (t) => {
  t.equal((await vectors([1, 2, 3])).length, 1)
  t.equal((await vectors([[1, 2], [3]])).length, 2)
})

t.test('base64 is float32 with the low byte first', async (t) => {
  const answer = await answerTo(EMBEDDINGS, { model: 'm', input: 'one', dimensions: 3, encoding_format: 'base64' })
  const [{ embedding }] = answer['data'] as [JsonObject]
  const bytes = Buffer.from(embedding as string, 'base64')

  t.same([[0, 4, 8].map((at) => bytes.readFloatLE(at))], await vectors('one', { dimensions: 3 }))
})

t.test('more vectors than fit into one answer are refused', async (t) => {
  const many = Array.from({ length: 2049 }, () => 'a')
  t.match(await answerTo(EMBEDDINGS, { model: 'm', input: many }), { error: { message: /2049/, param: 'input' } })
  t.match(await answerTo('/v1/completions', { model: 'm', prompt: many }), { error: { param: 'prompt' } })
})

async function sound (format?: string) {
  const heard = await hear(dryRun().upstream, callOf('/v1/audio/speech', { model: 'm', input: 'a', response_format: format }))
  return { type: heard.headers['content-type'], bytes: Buffer.concat(heard.chunks) }
}

t.test('without a format speech is MP3: whole frames of 96 bytes', async (t) => {
  const { type, bytes } = await sound()
  t.equal(type, 'audio/mpeg')
  t.equal(bytes.length % 96, 0)
  for (let at = 0; at < bytes.length; at += 96) t.equal(bytes.readUInt32BE(at), 0xfffb14c0)
})

t.test('WAV says how long it is, and PCM is the same without the header', async (t) => {
  const { type, bytes } = await sound('wav')
  t.equal(type, 'audio/wav')
  t.equal(bytes.toString('latin1', 0, 4) + bytes.toString('latin1', 8, 12), 'RIFFWAVE')
  t.equal(bytes.readUInt32LE(4), bytes.length - 8)
  t.equal(bytes.readUInt32LE(40), bytes.length - 44)
  t.same((await sound('pcm')).bytes, bytes.subarray(44))
})

t.test('AAC frames say their own length', async (t) => {
  const { type, bytes } = await sound('aac')
  t.equal(type, 'audio/aac')
  for (let at = 0; at < bytes.length; at += 11) {
    t.equal(bytes.readUInt16BE(at) >> 4, 0xfff)
    t.equal((bytes.readUIntBE(at + 3, 3) >> 5) & 0x1fff, 11)
  }
})

t.test('the checksums inside FLAC and Opus are right', async (t) => {
  const flac = (await sound('flac')).bytes
  const frame = flac.subarray(flac.indexOf('fff8', 'hex'))
  t.equal(flac.toString('latin1', 0, 4), 'fLaC')
  t.equal(checksum(frame.subarray(0, 5), 0x07, 8), frame[5])
  t.equal(checksum(frame.subarray(0, -2), 0x8005, 16), frame.readUInt16BE(frame.length - 2))

  const { type, bytes } = await sound('opus')
  t.equal(type, 'audio/ogg')
  const pages = bytes.toString('latin1').split(/(?=OggS)/).map((page) => Buffer.from(page, 'latin1'))
  t.equal(pages.length, 3)
  for (const page of pages) {
    const expected = page.readUInt32LE(22)
    page.writeUInt32LE(0, 22)
    t.equal(checksum(page, 0x04c11db7, 32), expected)
    t.equal(page.length, 28 + (page[27] ?? 0))
  }
})

t.test('speech as events is the same sound in base64, with usage at the end', async (t) => {
  const events = await eventsTo('/v1/audio/speech', { model: 'm', input: 'a', stream_format: 'sse' })
  const last = events.pop()

  t.same(Buffer.concat(events.map(({ audio }) => Buffer.from(audio as string, 'base64'))), (await sound()).bytes)
  t.match(last, { type: 'speech.audio.done', mode: 'dry_run', usage: { input_tokens: Number } })
})

t.test('a format nobody knows is refused, also one named like a member of every object', async (t) => {
  for (const format of ['midi', 'constructor']) t.match((await sound(format)).bytes.toString(), /must be one of mp3/)
})

/** A CRC as both formats define it: high bit first, starting at zero. */
function checksum (bytes: Buffer, polynomial: number, bits: number): number {
  const top = 1n << BigInt(bits - 1)
  let rest = 0n
  for (const byte of bytes) {
    rest ^= BigInt(byte) << BigInt(bits - 8)
    for (let bit = 0; bit < 8; bit++) {
      rest = (rest & top ? (rest << 1n) ^ BigInt(polynomial) : rest << 1n) & ((top << 1n) - 1n)
    }
  }
  return Number(rest)
}

const form = Buffer.concat([
  Buffer.from('--a b\r\nContent-Disposition: form-data; name="file"; filename="s.mp3"\r\nContent-Type: audio/mpeg\r\n\r\n'),
  Buffer.from('\r\n--a \r\n-'),
  Buffer.from('\r\n--a b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1'),
  Buffer.from('\r\n--a b\r\ncontent-disposition: form-data; name="include[]"\r\n\r\na'),
  Buffer.from('\r\n--a b\r\nContent-Disposition: form-data; name="include[]"\r\n\r\n'),
  Buffer.from('\r\n--a b--\r\nwhat follows is nobody\'s')
])

t.test('a form is read the same however its bytes are cut', async (t) => {
  for (let size = 1; size <= form.length; size++) {
    const chunks = Array.from({ length: Math.ceil(form.length / size) }, (_, index) =>
      form.subarray(index * size, (index + 1) * size))
    const heard = await hear(dryRun().upstream, callOf(TRANSCRIPTIONS, Readable.from(chunks), FORM))
    const { request } = JSON.parse(heard.text) as JsonObject
    const expected = {
      file: { filename: 's.mp3', content_type: 'audio/mpeg', bytes: 9 }, model: 'whisper-1', 'include[]': ['a', '']
    }
    if (JSON.stringify(request) !== JSON.stringify(expected)) return t.same(request, expected, `in pieces of ${size}`)
  }
})

t.test('a large file flows by and is only measured', async (t) => {
  const megabyte = Buffer.alloc(1024 * 1024, createHash('sha256').update('noise').digest())
  const body = Readable.from((function * () {
    yield form.subarray(0, form.indexOf('\r\n\r\n') + 4)
    for (let sent = 0; sent < 32; sent++) yield megabyte
    yield form.subarray(form.indexOf('\r\n--a b\r\n', 10))
  })())
  const heard = await hear(dryRun().upstream, callOf(TRANSCRIPTIONS, body, FORM))

  t.match(JSON.parse(heard.text), { request: { model: 'whisper-1', file: { bytes: 32 * megabyte.length } } })
  t.ok(heard.text.length < 1024)
})

t.test('subtitles carry the times of the sound', async (t) => {
  const upload = { model: 'm', input_audio: { data: 'A'.repeat(40_000), format: 'mp3' } }
  const subtitles = async (format: string) =>
    (await hear(dryRun().upstream, callOf(TRANSCRIPTIONS, { ...upload, response_format: format }))).text

  t.match(await subtitles('srt'), /^1\n00:00:00,000 --> 00:00:01,880\n\[dry run\].*\n\n$/)
  t.match(await subtitles('vtt'), /^WEBVTT\n\n00:00:00\.000 --> 00:00:01\.880\n\[dry run\].*\n\n$/)
})
